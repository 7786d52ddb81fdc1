"""The form of feature values: for each feature a control, its training range and warnings about its value."""

from collections.abc import Callable, Sequence

from nicegui import ui

from mlapp.presentation.formats import PERCENT, format_count, format_value
from mlapp.presentation.sentences import unit_of
from mlapp.schemas import ColumnType, Feature, VersionInfo
from pages.components.forms.controls import Value, control
from pages.theme import GRID, SMALL

MAX_VISIBLE = 12
"""Features that are visible at first: the most important ones."""
FIELD = "w-full gap-0 min-w-0"
NOTE = "items-start gap-1 flex-nowrap w-full"


class FeatureField:
    """The control and the value of a feature; None is a missing value."""

    def __init__(self, feature: Feature, mark: str, on_change: Callable[[], None]) -> None:
        self.feature, self.value = feature, feature.example
        self._on_change = on_change
        with ui.column().classes(f"{FIELD} {'col-span-full' if feature.type is ColumnType.TEXT else ''}"):
            self._set_control = control(feature, mark, self._changed)
            ui.label(_hint(feature)).classes(SMALL)
            with ui.row().classes(NOTE).props("aria-live=polite") as self._note:
                icon = ui.icon("warning_amber").classes("text-base")
                self._message = ui.label().classes("text-sm break-words min-w-0").mark("warning")
        icon.bind_visibility_from(self._message, "text", bool)

    def set_value(self, value: Value) -> None:
        """Set the value without calling `on_change`."""
        self.value = value
        self._set_control(value)

    def show_messages(self, messages: Sequence[str], *, error: bool = False) -> None:
        """Show warnings or errors about the value."""
        self._message.set_text("; ".join(messages))
        self._note.classes(replace=f"{NOTE} {'text-negative' if error else 'text-warning'}")

    def _changed(self, value: Value) -> None:
        if value != self.value:
            self.value = value
            self._on_change()


class FeatureForm:
    """The fields of all features of a version; less important ones are folded if there are many."""

    def __init__(self, info: VersionInfo, on_change: Callable[[], None]) -> None:
        self._examples, self._next = info.examples, 1
        self._names = [feature.name for feature in info.features]
        self._fields: dict[str, FeatureField] = {}
        self._on_change = on_change
        ordered = _ordered(info)
        self._draw(ordered[:MAX_VISIBLE])
        if rest := ordered[MAX_VISIBLE:]:
            fold = ui.expansion(format_count(len(rest), "more column")).classes("w-full")
            with fold.props("dense header-class='px-0 text-sm font-medium'").mark("more-features"):
                self._draw(rest)

    def _draw(self, features: Sequence[Feature]) -> None:
        with ui.element("div").classes(f"{GRID} gap-x-6"):
            for feature in features:
                mark = f"feature-{self._names.index(feature.name)}"
                self._fields[feature.name] = FeatureField(feature, mark, self._on_change)

    @property
    def record(self) -> dict[str, Value]:
        """The current values as a JSON record, in the order of the version's features."""
        return {name: self._fields[name].value for name in self._names}

    def reset(self) -> None:
        """Restore the initial values."""
        self._next = 1
        for field in self._fields.values():
            field.set_value(field.feature.example)
        self._on_change()

    def show_next_example(self) -> None:
        """Fill in the next example row of the training table."""
        row = self._examples[self._next % len(self._examples)]
        self._next += 1
        for name, value in zip(self._names, row, strict=True):
            self._fields[name].set_value(value)
        self._on_change()

    def show_messages(self, messages: dict[str, list[str]], *, error: bool = False) -> None:
        """Show warnings or errors by feature name, and clear all others."""
        for name, field in self._fields.items():
            field.show_messages(messages.get(name, []), error=error)


def _ordered(info: VersionInfo) -> list[Feature]:
    """Return the features in their own order, or the most important first if there are many."""
    if len(info.features) <= MAX_VISIBLE:
        return info.features
    weight = {entry.feature: entry.mean for entry in info.importance}
    return sorted(info.features, key=lambda feature: -weight.get(feature.name, 0))


def _hint(feature: Feature) -> str:
    if feature.type is ColumnType.BOOLEAN:
        return "true or false"
    if feature.min is not None and feature.max is not None:
        fraction = "; 0.5 is 50%" if unit_of(feature) == PERCENT else ""
        of = " characters" if feature.type is ColumnType.TEXT else ""
        # Percentages are typed as fractions.
        low, high = (format_value(end) for end in (feature.min, feature.max))
        return f"{low} to {high}{of} in training{fraction}"
    count = len(feature.categories or [])
    return f"{format_count(count, 'value') if count else 'no values'} in training"
