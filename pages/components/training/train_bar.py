"""The Train button, with what it makes, and the estimated duration or the reason why nothing can be trained."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from mlapp.errors import shorten
from mlapp.presentation.formats import expected_duration
from mlapp.schemas import TableColumn, TablePreview
from pages.components.warnings import error_line
from pages.session.column_choices import ColumnChoices, Role
from pages.theme import MUTED, TRAIN_BAR

NO_TARGET = "Choose the column to predict."
NO_NAME = "Correct the name of the model."
MAX_NAMES = 3
CLICK_ONCE = """
(event) => {{
  if (event.detail > 1) return;
  getHtmlElement({id}).disabled = true;
  emit();
}}
"""
"""Ignores the second click of a double click. The browser disables the button at once, as another click could arrive
before the server disables it."""
ENABLE = """
const button = getHtmlElement({id});
button.disabled = false;
if (document.activeElement === document.body) button.focus({{preventScroll: true}});
"""
"""Enables the button and restores its focus, which a disabled button loses."""


class TrainBar:
    """A bar that stays at the bottom of the window while the form is longer than it."""

    def __init__(
        self,
        choices: ColumnChoices,
        on_start: Callable[[], Awaitable[None]],
        on_change: Callable[[], None],
        details: ui.element,
    ) -> None:
        """Draw the bar.

        `on_change` is called after it has changed the choices; `details` say why callers would break.
        """
        self.choices, self.options, self.on_start, self.on_change = choices, choices.options, on_start, on_change
        self.found: TablePreview | str | None = None
        self._starting = False
        # What has the focus is neither behind the bar nor behind the header.
        ui.query("html").style("scroll-padding: 5rem 0 9rem")
        with ui.row().classes(TRAIN_BAR).mark("train-bar"):
            self.button = ui.button("Train", icon="model_training").mark("train")
            self.button.on("click", self._start, args=[], js_handler=CLICK_ONCE.format(id=self.button.id))
            with ui.column().classes("flex-1 min-w-0 gap-0").props("aria-live=polite"):
                with ui.row().classes("w-full items-center gap-x-2 gap-y-0"):
                    self.title = ui.label().classes("text-sm font-medium [overflow-wrap:anywhere]").mark("train-title")
                    self.breaking = ui.label().classes("text-sm text-warning").mark("train-breaking")
                    why = ui.button("Why?", on_click=lambda: details.run_method("scrollIntoView")).mark("why")
                    why.props("flat dense size=12px padding='0 6px'").bind_visibility_from(self.breaking, "text", bool)
                self.reason = error_line("train-reason")
                with ui.row().classes("w-full items-center gap-x-2 gap-y-0"):
                    self.leaks = ui.label().classes("text-sm text-warning break-words").mark("train-leaks")
                    self.leave_out = ui.button(on_click=self._leave_out).mark("leave-leaks-out")
                    self.leave_out.props("flat dense size=12px padding='0 6px'")
                self.duration = ui.label().classes(MUTED).mark("duration")
            with ui.row().classes("items-center gap-2 flex-nowrap").mark("checking") as self.checking:
                ui.spinner(size="1.2em")
                ui.label("Checking the table").classes(f"{MUTED} max-sm:hidden")
        self.checking.set_visibility(False)

    def show(self, found: TablePreview | str) -> None:
        """Show what a preview says, or why there is none."""
        self.found = found
        self.checking.set_visibility(False)
        self.update()

    def show_destination(self, title: str, warning: str) -> None:
        """Show what a training makes, such as `Version 4 of churn`, and what becomes of it."""
        self.title.set_text(title)
        self.breaking.set_text(warning)
        self.update()

    def update(self) -> None:
        """Show whether a version can be trained with the current options, and how long it takes."""
        error = self.found.error if isinstance(self.found, TablePreview) else self.found
        reason = error if error or self.options.get("target") else NO_TARGET
        reason = reason or (None if self.title.text else NO_NAME)
        self.reason.set_text(reason or "")
        self.button.set_enabled(not reason)
        estimates = {} if reason or not isinstance(self.found, TablePreview) else self.found.estimates
        seconds = estimates.get(self.options["estimator"])
        self.leaks.set_text(self._too_good() if not reason else "")
        leaking = [] if reason else self._leaking()
        self.leave_out.set_visibility(bool(leaking))
        self.leave_out.set_text("Leave it out" if len(leaking) == 1 else "Leave them out")
        self.duration.set_text(f"Training {expected_duration(seconds)} (estimate)." if seconds else "")

    def _too_good(self) -> str:
        """Return why the scores would be too good."""
        suggestions = self.found.suggestions if isinstance(self.found, TablePreview) else []
        dependent = [f"Rows depend on each other by '{shorten(each.column, 40)}'." for each in suggestions]
        return " ".join(filter(None, [self._leaks(), *dependent]))

    def _leaks(self) -> str:
        """Return which of the used columns may give the target away."""
        names = [f"'{shorten(column.name, 40)}'" for column in self._leaking()]
        target = f"'{shorten(self.choices.target or '', 40)}'"
        return f"{', '.join(names[:MAX_NAMES])} may give {target} away." if names else ""

    def _leaking(self) -> list[TableColumn]:
        return [column for column in self.choices.columns if column.leaks and self.choices.role(column) is Role.FEATURE]

    def _leave_out(self) -> None:
        for column in self._leaking():
            self.choices.set_role(column, Role.IGNORED)
        self.on_change()

    async def _start(self) -> None:
        if self._starting:
            return
        self._starting = True
        self.button.props("loading")
        try:
            await self.on_start()
        finally:
            self._starting = False
            # The form may have been replaced meanwhile.
            if not self.button.is_deleted:
                self.button.props(remove="loading")
                self.button.client.run_javascript(ENABLE.format(id=self.button.id))
