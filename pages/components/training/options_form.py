"""The form of the estimator and the advanced training options."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from mlapp.schemas import ColumnType, EstimatorInfo, TablePreview
from pages.theme import FIELD, GRID, MUTED

SORTABLE = (ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER)
"""Types of columns that rows can be sorted by."""


class OptionsForm:
    """Estimator and advanced options; they are set in `options` as they are changed."""

    def __init__(
        self,
        options: dict[str, Any],
        estimators: Sequence[EstimatorInfo],
        on_estimator: Callable[[], None],
        on_time_column: Callable[[], None],
    ) -> None:
        """Draw the form; a function is called when the estimator or the time column has changed."""
        self.options, self.on_time_column = options, on_time_column
        descriptions = {known.name: known.description for known in estimators}
        options["estimator"] = options["estimator"] if options.get("estimator") in descriptions else "auto"
        with ui.element("div").classes(f"{GRID} items-center"):
            estimator = ui.select(list(descriptions), label="Estimator", value="auto")
            self._bind(estimator, "estimator").on_value_change(on_estimator)
            description = ui.label().classes(MUTED)
        description.bind_text_from(estimator, "value", lambda name: descriptions[name])
        self._advanced()

    def show(self, found: TablePreview) -> None:
        """Offer the columns of a preview."""
        ordered = [column.name for column in found.columns if column.type in SORTABLE]
        if ordered != self.time_column.options:
            chosen = self.options.get("time_column")
            self.time_column.set_options(ordered, value=chosen if chosen in ordered else None)

    def _advanced(self) -> None:
        with ui.expansion("Advanced", icon="tune").classes("w-full").mark("advanced"):
            with ui.element("div").classes(f"{GRID} pt-2"):
                self.time_column = ui.select([], label="Time column: evaluate on the latest rows", clearable=True)
                self.time_column.on_value_change(self._set_time_column)
                self.time_column.props(FIELD).classes("w-full").mark("time_column")
                self._bind(ui.number("Time budget of auto, in seconds", value=60, min=1, max=86_400), "budget_s")
                self._bind(ui.number("Interval coverage", value=0.9, min=0.5, max=0.99, step=0.05), "coverage")
                self._bind(ui.number("Seed", value=0, min=0, precision=0), "seed")
                self._bind(ui.input("Note"), "note").props("maxlength=2000")
            switch = ui.switch("Activate the model after training", value=self.options.get("activate", True))
            switch.bind_value_to(self.options, "activate").mark("activate")

    def _set_time_column(self) -> None:
        if self.time_column.value != self.options.get("time_column"):
            self.options["time_column"] = self.time_column.value
            self.on_time_column()

    def _bind(self, field: Any, option: str) -> Any:
        field.set_value(self.options.get(option, field.value))
        return field.bind_value_to(self.options, option).props(FIELD).classes("w-full").mark(option)
