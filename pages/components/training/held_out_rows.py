"""How rows will be held out: suggestions of the preview, each with a button that follows it, and what was chosen."""

from collections.abc import Callable

from nicegui import ui

from mlapp.presentation.evaluation.held_out import action, judged
from mlapp.schemas import RowOption, TablePreview
from pages.components.warnings import notes, warnings
from pages.session.column_choices import ColumnChoices
from pages.theme import SMALL_BUTTON

HELD_OUT_BY: tuple[RowOption, ...] = ("group_column", "time_column")


class HeldOutRows:
    """Sentences about groups and time, updated with each preview."""

    def __init__(self, choices: ColumnChoices, on_change: Callable[[], None]) -> None:
        """Draw nothing yet; `on_change` is called after an option was set or cleared."""
        self.choices, self.on_change = choices, on_change
        self.shown: tuple[object, ...] = ()
        self.content = ui.column().classes("w-full gap-2").props("aria-live=polite").mark("held-out-rows")

    def show(self, found: TablePreview) -> None:
        """Draw the suggestions of a preview and the chosen options, unless they are drawn already."""
        chosen = [(option, self.choices.options.get(option)) for option in HELD_OUT_BY]
        shown = (*chosen, *((each.option, each.column, each.detail) for each in found.suggestions))
        if shown == self.shown:
            return
        self.shown = shown
        self.content.clear()
        with self.content:
            for option, column in chosen:
                if column:
                    notes(f"judged-{option}", [judged(option, column)])
                    self._button("Judge on random rows", option, None)
            for each in found.suggestions:
                warnings([each.detail])
                self._button(action(each), each.option, each.column)
        self.content.set_visibility(bool(found.suggestions) or any(column for _, column in chosen))

    def _button(self, text: str, option: RowOption, column: str | None) -> None:
        def follow() -> None:
            self.choices.set_row_option(option, column)
            self.on_change()

        mark = f"follow-{option}" if column else f"leave-{option}"
        with ui.row().classes("pl-7"):
            ui.button(text, on_click=follow).props(SMALL_BUTTON).mark(mark)
