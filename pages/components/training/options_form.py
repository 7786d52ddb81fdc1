"""The form of the estimator and the advanced training options."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from mlapp.schemas import ActivationPolicy, ColumnType, EstimatorInfo, TablePreview
from pages.theme import FIELD, GRID, MUTED

SORTABLE = (ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER)
"""Types of columns that rows can be sorted by."""


ACTIVATION = {
    ActivationPolicy.AUTO: "Unless callers would break",
    ActivationPolicy.ALWAYS: "Always, even if callers break",
    ActivationPolicy.NEVER: "Never, store it only",
}


class OptionsForm:
    """Estimator and advanced options; they are set in `options` as they are changed."""

    def __init__(
        self,
        options: dict[str, Any],
        estimators: Sequence[EstimatorInfo],
        on_estimator: Callable[[], None],
        on_time_column: Callable[[], None],
        on_activation: Callable[[], None],
    ) -> None:
        """Draw the form; a function is called when the estimator, the time column or the activation has changed."""
        self.options, self.on_time_column, self.on_activation = options, on_time_column, on_activation
        self.policy = ActivationPolicy.AUTO
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

    def show_policy(self, policy: ActivationPolicy) -> None:
        """Show whether the version becomes active."""
        self.policy = policy
        self.activate.set_value(policy.value)

    def _advanced(self) -> None:
        expansion = ui.expansion("Advanced", icon="tune").classes("w-full").mark("advanced")
        with expansion, ui.element("div").classes(f"{GRID} pt-2"):
            self.time_column = ui.select([], label="Time column: evaluate on the latest rows", clearable=True)
            self.time_column.on_value_change(self._set_time_column)
            self.time_column.props(FIELD).classes("w-full").mark("time_column")
            self._bind(ui.number("Time budget of auto, in seconds", value=60, min=1, max=86_400), "budget_s")
            self._bind(ui.number("Interval coverage", value=0.9, min=0.5, max=0.99, step=0.05), "coverage")
            self._bind(ui.number("Seed", value=0, min=0, precision=0), "seed")
            self._bind(ui.input("Note"), "note").props("maxlength=2000")
            labels = {policy.value: text for policy, text in ACTIVATION.items()}
            self.activate = ui.select(labels, label="Activate the new version", value=self.policy.value)
            self.activate.props(FIELD).classes("w-full").mark("activate")
            self.activate.on_value_change(self._set_activation)

    def _set_time_column(self) -> None:
        if self.time_column.value != self.options.get("time_column"):
            self.options["time_column"] = self.time_column.value
            self.on_time_column()

    def _set_activation(self) -> None:
        if self.activate.value != self.policy:
            self.options["activate"] = self.activate.value
            self.on_activation()

    def _bind(self, field: Any, option: str) -> Any:
        field.set_value(self.options.get(option, field.value))
        return field.bind_value_to(self.options, option).props(FIELD).classes("w-full").mark(option)
