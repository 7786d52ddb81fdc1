"""The column to predict, and the task where the target allows both."""

from collections.abc import Callable

from nicegui import ui

from mlapp.presentation.decisions.sentences import class_name
from mlapp.presentation.formats import format_count
from mlapp.presentation.tables.preview import TASKS
from mlapp.schemas import Scalar, TablePreview, Task
from pages.session.column_choices import ColumnChoices, Role
from pages.theme import FIELD, MUTED


class TargetPicker:
    """A list of columns and, for whole-number codes, the choice of the task."""

    def __init__(self, choices: ColumnChoices, on_change: Callable[[], None]) -> None:
        """Draw it; `on_change` is called after each change of the choices."""
        self.choices, self.on_change = choices, on_change
        self.detected: Task | None = None
        self.default: Scalar | None = None
        """The value of interest that is shown."""
        with ui.column().classes("w-full gap-2"):
            self.target = ui.select([], label="Column to predict", with_input=True, on_change=self._pick)
            self.target.props(FIELD).classes("w-full").mark("target")
            with ui.row().classes("items-center gap-2") as self.choice:
                ui.label("Its values are").classes(MUTED)
                self.task = ui.toggle({task.value: text for task, text in TASKS.items()}, on_change=self._set_task)
                self.task.props("role=group unelevated dense no-caps toggle-color=primary padding='2px 10px'")
                self.task.mark("task").props["aria-label"] = "Task"
                self.summary = ui.label().classes(MUTED).mark("classes")
                self.positive = ui.select([], label="Value of interest", on_change=self._set_positive).mark("positive")
                self.positive.props(f"{FIELD} options-dense").classes("min-w-[9rem]")
                self.positive.tooltip("The value that matters: what is to be found, and to be missed or alarmed about")

    def show(self, found: TablePreview) -> None:
        """Show the columns of a preview, and the task of its target."""
        names = [column.name for column in found.columns]
        if names != self.target.options:
            self.target.set_options(names, value=self.choices.target)
        self.show_choices()
        target = next((column for column in found.columns if column.name == self.choices.target), None)
        self.choice.set_visibility(target is not None)
        self.detected = found.task
        self.task.set_value(self._task())
        self.summary.set_text(
            format_count(target.distinct, "value") if target and found.task is Task.CLASSIFICATION else ""
        )
        self.default = found.two_classes[-1] if found.two_classes else None
        self.positive.set_options({label: class_name(label) for label in found.two_classes}, value=self.default)
        self.positive.set_visibility(bool(found.two_classes))

    def show_choices(self) -> None:
        """Show the target, before the next preview."""
        self.target.set_value(self.choices.target)

    def _pick(self) -> None:
        name = self.target.value
        column = next((column for column in self.choices.columns if column.name == name), None)
        if column and name != self.choices.target:
            self.choices.set_role(column, Role.TARGET)
            self.on_change()

    def _set_positive(self) -> None:
        if self.positive.value is not None and self.positive.value != self.default:
            self.choices.options["positive"] = self.default = self.positive.value
            self.on_change()

    def _task(self) -> str | None:
        """Return the task that the user chose, or else the one that the target implies."""
        chosen: str | None = self.choices.options.get("task")
        return chosen or (self.detected.value if self.detected else None)

    def _set_task(self) -> None:
        if self.task.value and self.task.value != self._task():
            self.choices.set_task(self.task.value)
            self.on_change()
