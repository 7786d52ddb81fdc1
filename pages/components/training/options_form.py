"""The form of the estimator and the advanced training options."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from nicegui import ui

from mlapp.presentation.metrics import METRICS
from mlapp.schemas import (
    SELECTION_METRICS,
    ActivationPolicy,
    ClassWeight,
    ColumnType,
    EstimatorInfo,
    Loss,
    TablePreview,
    Task,
)
from pages.session.column_choices import ColumnChoices
from pages.theme import FIELD, GRID, MUTED

COLUMN_TYPES: dict[str, Collection[ColumnType]] = {
    "time_column": (ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER),
    "group_column": tuple(ColumnType),
    "weight_column": (ColumnType.INTEGER, ColumnType.NUMBER),
}
"""The types of columns that an option can name."""
TASK_CHOICES: dict[str, dict[Task, dict[str, str]]] = {
    "class_weight": {Task.CLASSIFICATION: {ClassWeight.BALANCED.value: "All classes count alike in a fit"}},
    "loss": {
        Task.REGRESSION: {
            Loss.SQUARED_ERROR.value: "Squared error: predict means",
            Loss.ABSOLUTE_ERROR.value: "Absolute error: predict medians, against outliers",
            Loss.POISSON.value: "Poisson: for counts and other values from 0",
        }
    },
    "metric": {
        task: {metric.value: METRICS[metric][0] for metric in metrics} for task, metrics in SELECTION_METRICS.items()
    },
}
"""The values of options by task; an option without values for a task is not offered."""

ACTIVATION = {
    ActivationPolicy.AUTO: "Unless callers would break",
    ActivationPolicy.ALWAYS: "Always, even if callers break",
    ActivationPolicy.NEVER: "Never, store it only",
}


class OptionsForm:
    """Estimator and advanced options; they are set in `options` as they are changed."""

    def __init__(
        self,
        choices: ColumnChoices,
        estimators: Sequence[EstimatorInfo],
        on_estimator: Callable[[], None],
        on_change: Callable[[], None],
        on_activation: Callable[[], None],
    ) -> None:
        """Draw the form.

        A function is called when the estimator, an option that the preview depends on, or the activation has changed.
        """
        self.choices, self.options = choices, choices.options
        self.on_change, self.on_activation = on_change, on_activation
        self.columns: dict[str, ui.select] = {}
        """The fields of options that name a column."""
        self.choices_of_task: dict[str, ui.select] = {}
        """The fields of options whose values depend on the task."""
        options = choices.options
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
        for option, field in self.columns.items():
            types, chosen = COLUMN_TYPES[option], self.options.get(option)
            names = [column.name for column in found.columns if column.type in types]
            if names != field.options:
                field.set_options(names, value=chosen if chosen in names else None)
        if found.task:
            self._show_task(found.task)
        self.show_choices()

    def show_choices(self) -> None:
        """Show the columns that the options name, before the next preview."""
        for option, field in self.columns.items():
            field.set_value(self.options.get(option))

    def show_policy(self, policy: ActivationPolicy) -> None:
        """Show whether the version becomes active."""
        self.policy = policy
        self.activate.set_value(policy.value)

    def _advanced(self) -> None:
        expansion = ui.expansion("Advanced", icon="tune").classes("w-full").mark("advanced")
        with expansion, ui.element("div").classes(f"{GRID} pt-2"):
            self._column("time_column", "Time column: evaluate on the latest rows")
            self._column("group_column", "Group column: evaluate on new groups")
            self._column("weight_column", "Weight column: how much each row counts")
            self._choice("class_weight", "Weights of classes")
            self._choice("loss", "Loss: what fits minimize")
            self._choice("metric", "Metric: by what auto chooses one estimator")
            self._bind(ui.number("Time budget of auto, in seconds", value=60, min=1, max=86_400), "budget_s")
            self._bind(ui.number("Interval coverage", value=0.9, min=0.5, max=0.99, step=0.05), "coverage")
            self._bind(ui.number("Seed", value=0, min=0, precision=0), "seed")
            self._bind(ui.input("Note"), "note").props("maxlength=2000")
            labels = {policy.value: text for policy, text in ACTIVATION.items()}
            self.activate = ui.select(labels, label="Activate the new version", value=self.policy.value)
            self.activate.props(FIELD).classes("w-full").mark("activate")
            self.activate.on_value_change(self._set_activation)

    def _column(self, option: str, label: str) -> None:
        """Draw the field of an option that names a column."""

        def change() -> None:
            if field.value != self.options.get(option):
                self.choices.set_row_option(option, field.value)
                self.on_change()

        field = self.columns[option] = ui.select([], label=label, clearable=True, on_change=change)
        field.props(FIELD).classes("w-full").mark(option)

    def _choice(self, option: str, label: str) -> None:
        """Draw the field of an option whose values depend on the task; it shows once the task is known."""

        def change() -> None:
            self.options[option] = field.value

        field = self.choices_of_task[option] = ui.select({}, label=label, clearable=True, on_change=change)
        field.props(FIELD).classes("w-full").mark(option).set_visibility(False)

    def _show_task(self, task: Task) -> None:
        for option, field in self.choices_of_task.items():
            values, chosen = TASK_CHOICES[option].get(task, {}), self.options.get(option)
            if values != field.options:
                field.set_options(values, value=chosen if chosen in values else None)
            field.set_visibility(bool(values))

    def _set_activation(self) -> None:
        if self.activate.value != self.policy:
            self.options["activate"] = self.activate.value
            self.on_activation()

    def _bind(self, field: Any, option: str) -> Any:
        field.set_value(self.options.get(option, field.value))
        return field.bind_value_to(self.options, option).props(FIELD).classes("w-full").mark(option)
