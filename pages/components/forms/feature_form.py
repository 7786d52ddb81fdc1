"""The fields of a form: for each feature its control, what training saw of it, and what is unusual about its value."""

from collections.abc import Callable, Sequence
from datetime import datetime

from nicegui import ui

from mlapp.presentation.sentences import format_number
from mlapp.schemas import ColumnType, Feature, Model
from pages.components.forms.controls import Value, control
from pages.theme import GRID, SMALL

AT_ONCE = 12
"""Features that are all shown; of more, the ones that matter most."""
FIELD = "w-full gap-0 min-w-0"
NOTE = "items-start gap-1 flex-nowrap w-full"


class Field:
    """A feature's value, as a visitor sets it; None stands for a missing one."""

    def __init__(self, feature: Feature, mark: str, changed: Callable[[], None]) -> None:
        self.feature, self.value = feature, feature.example
        self._changed = changed
        with ui.column().classes(FIELD):
            self._put = control(feature, mark, self._take)
            ui.label(_hint(feature)).classes(SMALL)
            with ui.row().classes(NOTE).props("aria-live=polite") as self._note:
                self._icon = ui.icon("warning_amber").classes("text-base")
                self._said = ui.label().classes("text-sm break-words min-w-0").mark("warning")
        self._icon.set_visibility(False)

    def put(self, value: Value) -> None:
        """Set the value; nobody is told."""
        self.value = value
        self._put(value)

    def say(self, sentences: Sequence[str], *, wrong: bool = False) -> None:
        """Show what is unusual, or wrong, about the value."""
        said = "; ".join(sentences)
        if said == self._said.text:
            return
        self._said.set_text(said)
        self._icon.set_visibility(bool(said))
        tone = ("text-negative", "text-warning") if wrong else ("text-warning", "text-negative")
        self._note.classes(tone[0], remove=tone[1])

    def _take(self, value: Value) -> None:
        if value != self.value:
            self.value = value
            self._changed()


class Form:
    """The fields of all features of a model; of many features, those that matter less are folded away."""

    def __init__(self, model: Model, changed: Callable[[], None]) -> None:
        marks = {feature.name: f"feature-{place}" for place, feature in enumerate(model.features)}
        ordered = _ordered(model)
        self._fields: dict[str, Field] = {}
        shown, rest = (ordered, []) if len(ordered) <= AT_ONCE else (ordered[:AT_ONCE], ordered[AT_ONCE:])
        self._draw(shown, marks, changed)
        if rest:
            fold = ui.expansion(f"{len(rest)} more feature{'' if len(rest) == 1 else 's'}").classes("w-full")
            with fold.props("dense header-class='px-0 text-sm font-medium'").mark("more-features"):
                self._draw(rest, marks, changed)
        self._examples = model.examples
        self._names = list(marks)
        self._next = 1

    def _draw(self, features: Sequence[Feature], marks: dict[str, str], changed: Callable[[], None]) -> None:
        with ui.element("div").classes(f"{GRID} gap-x-6"):
            for feature in features:
                self._fields[feature.name] = Field(feature, marks[feature.name], changed)

    @property
    def record(self) -> dict[str, Value]:
        """The present values, as a row of JSON, in the order of the model's features."""
        return {name: self._fields[name].value for name in self._names}

    def reset(self) -> None:
        """Go back to the values that the form began with."""
        self._next = 1
        for field in self._fields.values():
            field.put(field.feature.example)

    def another(self) -> None:
        """Fill in the next real row of the training table."""
        row = self._examples[self._next % len(self._examples)]
        self._next += 1
        for name, value in zip(self._names, row, strict=True):
            self._fields[name].put(value)

    def say(self, notes: dict[str, list[str]], *, wrong: bool = False) -> None:
        """Show what there is to say about features, by their names."""
        for name, field in self._fields.items():
            field.say(notes.get(name, []), wrong=wrong)


def _ordered(model: Model) -> list[Feature]:
    """Return the features as they are shown: of many, the most important first."""
    if len(model.features) <= AT_ONCE:
        return model.features
    weight = {entry.feature: entry.mean for entry in model.importance}
    return sorted(model.features, key=lambda feature: -weight.get(feature.name, 0))


def _hint(feature: Feature) -> str:
    if feature.type is ColumnType.BOOLEAN:
        return "true or false"
    if feature.min is not None and feature.max is not None:
        return f"{_bound(feature.min)} to {_bound(feature.max)} in training"
    count = len(feature.categories or []) or "no"
    return f"{count} value{'' if count == 1 else 's'} in training"


def _bound(value: float | datetime) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else format_number(value)
