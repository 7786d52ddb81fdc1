"""What can be set for a training, what speaks against the choice, and how long it will take."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from mlapp.errors import MlappError
from mlapp.presentation.sentences import expected_duration
from mlapp.schemas import ColumnType, EstimatorInfo, TablePreview
from pages.components.cards import card, working
from pages.components.warnings import warnings
from pages.session.form_state import Choice
from pages.theme import GRID, MUTED

Look = Callable[[], Awaitable[TablePreview | None]]
"""Looks at the table for the present choice; gives None when nobody wants to know any more."""
CLICK = """
(event) => {{
  if (event.detail > 1) return;
  getHtmlElement({id}).disabled = true;
  emit();
}}
"""
"""The second click of a double click counts for none, however soon the first is answered; and until then the button is
disabled in the browser, since a further click would come before the server could do so."""
ENABLE = """
const button = getHtmlElement({id});
button.disabled = false;
if (document.activeElement === document.body) button.focus({{preventScroll: true}});
"""
"""A button that is disabled loses the focus, and with it the place of those who use a keyboard."""
FIELD = "outlined dense"
ORDERED = (ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER)
"""Types of columns that rows can be put in order by."""


class Settings:
    """The second step: target, estimator, the rest in a fold; each change is checked against the table."""

    def __init__(self, choice: Choice, found: TablePreview, estimators: Sequence[EstimatorInfo], look: Look) -> None:
        self.choice, self.found, self.look = choice, found, look
        self.names = [column.name for column in found.columns]
        self.described = {known.name: known.description for known in estimators}
        wanted = choice.options.get("estimator")
        choice.options["estimator"] = wanted if wanted in self.described else "auto"
        self.targeted: Callable[[str], None] = lambda _: None
        """Is called with the column to predict when another is chosen here."""
        self._starting = False

    def build(self, start: Callable[[], Awaitable[None]]) -> None:
        """Draw them; `start` is called when training is to begin."""
        with card("2 · Model", mark="settings"):
            with ui.element("div").classes(GRID):
                self.target = ui.select(
                    self.names, label="Column to predict", value=self.found.target, with_input=len(self.names) > 10
                )
                self._bind(self.target, "target").on_value_change(self._target_changed)
                self.estimator = ui.select(list(self.described), label="Estimator", value="auto")
                self._bind(self.estimator, "estimator").on_value_change(self._say_expected)
            about = ui.label().classes(MUTED)
            about.bind_text_from(self.estimator, "value", lambda name: self.described[name])
            self._more()
            self.doubts = ui.column().classes("w-full gap-2").props("aria-live=polite").mark("doubts")
            with ui.row().classes("w-full items-center gap-4"):
                self.button = ui.button("Train", icon="model_training").mark("train")
                self.button.on("click", lambda: self._start(start), args=[], js_handler=CLICK.format(id=self.button.id))
                self.expected = ui.label().classes(MUTED).mark("expected")
        self._show(self.found)

    def pick(self, target: str) -> None:
        """Choose the column to predict."""
        self.target.set_value(target)

    def _more(self) -> None:
        ordered = [column.name for column in self.found.columns if column.type in ORDERED]
        with ui.expansion("Advanced", icon="tune").classes("w-full").mark("advanced"):
            with ui.element("div").classes(f"{GRID} pt-2"):
                features = ui.select(
                    self.names, label="Features (all others when empty)", multiple=True, value=[], with_input=True
                )
                self._bind(features, "features").on_value_change(self._doubt)
                features.props("use-chips")
                times = ui.select(ordered, label="Judge by the latest rows of this column", clearable=True)
                self._bind(times, "time_column")
                self._number("Time for auto, in seconds", "budget_s", value=60, min=1, max=86_400)
                self._number("Coverage of intervals", "coverage", value=0.9, min=0.5, max=0.99, step=0.05)
                self._number("Seed", "seed", value=0, min=0, precision=0)
                self._bind(ui.input("Note, kept with the model"), "note").props("maxlength=2000")
            switch = ui.switch("Answers from the new model at once", value=self.choice.options.get("activate", True))
            switch.bind_value_to(self.choice.options, "activate").mark("activate")

    def _number(self, label: str, option: str, **limits: Any) -> None:
        self._bind(ui.number(label, **limits), option)

    def _bind(self, field: Any, option: str) -> Any:
        field.set_value(self.choice.options.get(option, field.value))
        return field.bind_value_to(self.choice.options, option).props(FIELD).classes("w-full").mark(option)

    async def _target_changed(self, event: ValueChangeEventArguments[str]) -> None:
        self.targeted(event.value)
        await self._doubt()

    async def _doubt(self) -> None:
        """Show what speaks against the present choice."""
        self.doubts.clear()
        self.expected.set_text("")
        with self.doubts:
            working("Checking the table for this choice")
        try:
            found = await self.look()
        except MlappError as error:
            found = self.found.model_copy(update={"warnings": [error.detail], "estimates": {}})
        if found:
            self._show(found)

    def _show(self, found: TablePreview) -> None:
        self.found = found
        self.doubts.clear()
        with self.doubts:
            warnings(found.warnings)
        self._say_expected()

    def _say_expected(self) -> None:
        seconds = self.found.estimates.get(self.estimator.value)
        self.expected.set_text(f"It {expected_duration(seconds)}, at a guess." if seconds else "")

    async def _start(self, start: Callable[[], Awaitable[None]]) -> None:
        if self._starting:
            return
        self._starting = True
        self.button.props("loading")
        try:
            await start()
        finally:
            self._starting = False
            # Another table may have been chosen meanwhile.
            if not self.button.is_deleted:
                self.button.props(remove="loading")
                self.button.client.run_javascript(ENABLE.format(id=self.button.id))
