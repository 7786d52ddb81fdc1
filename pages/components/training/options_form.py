"""The form of training options, with data-quality warnings and the estimated duration."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from mlapp.errors import MlappError
from mlapp.presentation.formats import expected_duration
from mlapp.schemas import ColumnType, EstimatorInfo, TablePreview
from pages.components.cards import card, loading
from pages.components.warnings import warnings
from pages.session.form_state import FormState
from pages.theme import GRID, MUTED

Preview = Callable[[], Awaitable[TablePreview | None]]
"""Previews the table with the current options; returns None if the result is outdated."""
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
FIELD = "outlined dense"
SORTABLE = (ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER)
"""Types of columns that rows can be sorted by."""


class OptionsForm:
    """Target, estimator and advanced options; each change of the columns is checked against the table."""

    def __init__(
        self, state: FormState, found: TablePreview, estimators: Sequence[EstimatorInfo], preview: Preview
    ) -> None:
        self.state, self.found, self.preview = state, found, preview
        self.names = [column.name for column in found.columns]
        self.descriptions = {known.name: known.description for known in estimators}
        estimator = state.options.get("estimator")
        state.options["estimator"] = estimator if estimator in self.descriptions else "auto"
        self.on_target: Callable[[str], None] = lambda _: None
        """Is called with the target when it changes."""
        self._starting = False

    def build(self, on_start: Callable[[], Awaitable[None]]) -> None:
        """Draw the form; `on_start` is called when the user clicks Train."""
        with card("2 · Model", mark="settings"):
            with ui.element("div").classes(GRID):
                self.target = ui.select(
                    self.names, label="Column to predict", value=self.found.target, with_input=len(self.names) > 10
                )
                self._bind(self.target, "target").on_value_change(self._target_changed)
                self.estimator = ui.select(list(self.descriptions), label="Estimator", value="auto")
                self._bind(self.estimator, "estimator").on_value_change(self._show_duration)
            description = ui.label().classes(MUTED)
            description.bind_text_from(self.estimator, "value", lambda name: self.descriptions[name])
            self._advanced()
            self.warnings = ui.column().classes("w-full gap-2").props("aria-live=polite").mark("warnings")
            with ui.row().classes("w-full items-center gap-4"):
                self.button = ui.button("Train", icon="model_training").mark("train")
                self.button.on(
                    "click", lambda: self._start(on_start), args=[], js_handler=CLICK_ONCE.format(id=self.button.id)
                )
                self.duration = ui.label().classes(MUTED).mark("duration")
        self._show(self.found)

    def set_target(self, target: str) -> None:
        """Set the column to predict."""
        self.target.set_value(target)

    def _advanced(self) -> None:
        ordered = [column.name for column in self.found.columns if column.type in SORTABLE]
        with ui.expansion("Advanced", icon="tune").classes("w-full").mark("advanced"):
            with ui.element("div").classes(f"{GRID} pt-2"):
                features = ui.select(
                    self.names, label="Features (all others when empty)", multiple=True, value=[], with_input=True
                )
                self._bind(features, "features").on_value_change(self._check)
                features.props("use-chips")
                time_column = ui.select(ordered, label="Time column: evaluate on the latest rows", clearable=True)
                self._bind(time_column, "time_column")
                self._bind(ui.number("Time budget of auto, in seconds", value=60, min=1, max=86_400), "budget_s")
                self._bind(ui.number("Interval coverage", value=0.9, min=0.5, max=0.99, step=0.05), "coverage")
                self._bind(ui.number("Seed", value=0, min=0, precision=0), "seed")
                self._bind(ui.input("Note"), "note").props("maxlength=2000")
            switch = ui.switch("Activate the model after training", value=self.state.options.get("activate", True))
            switch.bind_value_to(self.state.options, "activate").mark("activate")

    def _bind(self, field: Any, option: str) -> Any:
        field.set_value(self.state.options.get(option, field.value))
        return field.bind_value_to(self.state.options, option).props(FIELD).classes("w-full").mark(option)

    async def _target_changed(self, event: ValueChangeEventArguments[str]) -> None:
        self.on_target(event.value)
        await self._check()

    async def _check(self) -> None:
        """Check the table for the current options, and show its warnings."""
        self.warnings.clear()
        self.duration.set_text("")
        with self.warnings:
            loading("Checking the table")
        try:
            found = await self.preview()
        except MlappError as error:
            found = self.found.model_copy(update={"warnings": [error.detail], "estimates": {}})
        if found:
            self._show(found)

    def _show(self, found: TablePreview) -> None:
        self.found = found
        self.warnings.clear()
        with self.warnings:
            warnings([found.error, *found.warnings] if found.error else found.warnings)
        self._show_duration()

    def _show_duration(self) -> None:
        seconds = self.found.estimates.get(self.estimator.value)
        self.duration.set_text(f"Training {expected_duration(seconds)} (estimate)." if seconds else "")

    async def _start(self, on_start: Callable[[], Awaitable[None]]) -> None:
        if self._starting:
            return
        self._starting = True
        self.button.props("loading")
        try:
            await on_start()
        finally:
            self._starting = False
            # The form may have been replaced meanwhile.
            if not self.button.is_deleted:
                self.button.props(remove="loading")
                self.button.client.run_javascript(ENABLE.format(id=self.button.id))
