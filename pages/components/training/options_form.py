"""The form of the estimator and the advanced training options."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from mlapp.presentation.estimators import estimator_name
from mlapp.presentation.metrics import METRICS
from mlapp.presentation.training_choices import MEANINGS
from mlapp.schemas import (
    SELECTION_METRICS,
    ActivationPolicy,
    ClassWeight,
    EstimatorInfo,
    Loss,
    TablePreview,
    Task,
)
from pages.theme import FIELD, GRID, MUTED

TASK_CHOICES: dict[str, dict[Task, dict[str, str]]] = {
    "class_weight": {Task.CLASSIFICATION: {ClassWeight.BALANCED.value: "All classes count alike"}},
    "loss": {
        Task.REGRESSION: {
            Loss.SQUARED_ERROR.value: "Averages",
            Loss.ABSOLUTE_ERROR.value: "Medians, which outliers hardly change",
            Loss.POISSON.value: "For counts and other values from 0",
        }
    },
    "metric": {
        task: {metric.value: METRICS[metric][0] for metric in metrics} for task, metrics in SELECTION_METRICS.items()
    },
}
"""The values of options by task; an option without values for a task is not offered."""

ACTIVATION = {
    ActivationPolicy.AUTO: "Unless programs that use the model would break",
    ActivationPolicy.ALWAYS: "Always, even if they break",
    ActivationPolicy.NEVER: "Never: only store it",
}


class OptionsForm:
    """Estimator and advanced options; they are set in `options` as they are changed."""

    def __init__(
        self,
        options: dict[str, Any],
        estimators: Sequence[EstimatorInfo],
        on_estimator: Callable[[], None],
        on_activation: Callable[[], None],
    ) -> None:
        """Draw the form; a function is called when the estimator or the activation has changed."""
        self.options, self.on_activation = options, on_activation
        self.choices_of_task: dict[str, ui.select] = {}
        """The fields of options whose values depend on the task."""
        self.policy = ActivationPolicy.AUTO
        descriptions = {known.name: known.description for known in estimators}
        options["estimator"] = options["estimator"] if options.get("estimator") in descriptions else "auto"
        expansion = ui.expansion("Advanced").classes("w-full").mark("advanced")
        expansion.props("dense header-class='px-0 text-sm font-medium'")
        with expansion, ui.element("div").classes(f"{GRID} items-center pt-2"):
            estimator = ui.select(
                {name: estimator_name(name) for name in descriptions}, label="Estimator", value="auto"
            )
            self._bind(estimator, "estimator").on_value_change(on_estimator)
            description = ui.label().classes(MUTED)
            self._advanced()
        description.bind_text_from(estimator, "value", lambda name: descriptions[name])

    def show(self, found: TablePreview) -> None:
        """Offer what the task of a preview allows."""
        if found.task:
            self._show_task(found.task)

    def show_policy(self, policy: ActivationPolicy) -> None:
        """Show whether the version becomes active."""
        self.policy = policy
        self.activate.set_value(policy.value)

    def _advanced(self) -> None:
        self._choice("class_weight", "Weights of rare and frequent values")
        self._choice("loss", "Predict")
        self._choice("metric", "Choose the best estimator by")
        self._bind(ui.number("Longest search for the best, in seconds", value=60, min=1, max=86_400), "budget_s")
        self._bind(ui.number("Coverage", value=0.9, min=0.5, max=0.99, step=0.05), "coverage")
        self._bind(ui.number("Random seed", value=0, min=0, precision=0), "seed")
        self._bind(ui.input("Note"), "note").props("maxlength=2000")
        labels = {policy.value: text for policy, text in ACTIVATION.items()}
        self.activate = ui.select(labels, label="Activate the new version", value=self.policy.value)
        self.activate.props(FIELD).classes("w-full").mark("activate")
        self.activate.on_value_change(self._set_activation)

    def _choice(self, option: str, label: str) -> None:
        """Draw the field of an option whose values depend on the task; it shows once the task is known."""

        def change() -> None:
            self.options[option] = field.value

        field = self.choices_of_task[option] = ui.select({}, label=label, clearable=True, on_change=change)
        field.props(FIELD).classes("w-full").mark(option).set_visibility(False)
        _explain(field, option)

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
        _explain(field, option)
        return field.bind_value_to(self.options, option).props(FIELD).classes("w-full").mark(option)


def _explain(field: Any, option: str) -> None:
    if meaning := MEANINGS.get(option):
        field.props["hint"] = meaning
