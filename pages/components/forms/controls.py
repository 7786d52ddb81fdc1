"""Input controls for features: number and slider, select, toggle, switch, date, text area."""

import math
from collections.abc import Callable
from typing import Any

from nicegui import ui

from mlapp.presentation.formats import PERCENT
from mlapp.presentation.sentences import unit_of
from mlapp.schemas import ColumnType, Feature, Scalar
from pages.theme import SMALL

Value = Scalar | None
Setter = Callable[[Any], object]
"""Is called with a value."""

STYLE = "outlined dense stack-label clearable debounce=150 placeholder=missing"
MAX_TOGGLE_CATEGORIES, MAX_TOGGLE_CHARACTERS = 4, 20
"""More categories, or longer ones in total, are a list instead of a toggle."""
MISSING = "missing"
MIN_POWER, MAX_POWER = -6, 12
"""Powers of ten that a slider can have as its step."""


class Slider(ui.slider):
    """A slider that the server does not echo: an echo would move the handle back while it is being dragged."""

    LOOPBACK = False


def control(feature: Feature, mark: str, on_change: Setter) -> Setter:
    """Draw the control of a feature with its example value, and return a function that sets its value.

    `on_change` is called with the values that the user sets.
    """
    draw = {
        ColumnType.BOOLEAN: _switch,
        ColumnType.CATEGORY: _toggle if _fit_toggle(feature.categories or []) else _select,
        ColumnType.DATETIME: _date,
        ColumnType.TEXT: _text_area,
    }.get(feature.type, _number)
    return draw(feature, mark, on_change)


def _fit_toggle(categories: list[str]) -> bool:
    return 0 < len(categories) <= MAX_TOGGLE_CATEGORIES and len("".join(categories)) <= MAX_TOGGLE_CHARACTERS


def _number(feature: Feature, mark: str, on_change: Setter) -> Setter:
    """Draw a number field, and a slider over the range of the training data."""

    def typed() -> None:
        if slider and field.value is not None:
            slider.set_value(_clamped(slider, field.value))
        on_change(_as_json(feature, field.value))

    field = ui.number(feature.name, value=_float(feature.example), on_change=typed)
    field.props(STYLE).classes("w-full").mark(mark)
    # Percentages are typed as fractions.
    if (unit := unit_of(feature)) and unit != PERCENT:
        field.props["suffix"] = unit
    slider = _slider(feature)
    if slider:

        def moved() -> None:
            """Copy the slider's value to the field, unless the slider was clamped to follow the field."""
            if slider.value is not None and (field.value is None or _clamped(slider, field.value) != slider.value):
                field.set_value(_as_json(feature, slider.value))

        slider.mark(f"{mark}-slider").on_value_change(moved)
    return field.set_value


def _slider(feature: Feature) -> ui.slider | None:
    """Draw a slider with 100 to 1,000 decimal steps; None if the feature has no suitable range."""
    low, high = _float(feature.min), _float(feature.max)
    if low is None or high is None or not low < high:
        return None
    power = math.floor(math.log10((high - low) / 100))
    if feature.type is ColumnType.INTEGER:
        power = max(power, 0)
    if not MIN_POWER <= power <= MAX_POWER:
        return None
    step = 10.0**power
    # Multiples of the step within the training range, so that the ends of the slider cause no warning.
    first, last = (round(end * step, max(0, -power)) for end in (math.ceil(low / step), math.floor(high / step)))
    slider = Slider(min=first, max=last, step=round(step, max(0, -power)))
    slider.set_value(_clamped(slider, _float(feature.example) or first))
    # Not a label: the field has the label.
    slider.props["title"] = feature.name
    return slider.props("dense").classes("w-full px-2")


def _clamped(slider: ui.slider, value: float) -> float:
    return min(max(value, float(slider.props["min"])), float(slider.props["max"]))


def _float(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def _as_json(feature: Feature, value: float | None) -> float | None:
    """Return whole numbers of an integer feature as such."""
    if feature.type is ColumnType.INTEGER and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _select(feature: Feature, mark: str, on_change: Setter) -> Setter:
    """Draw a searchable list; other values can be typed."""
    categories = list(feature.categories or [])
    field = ui.select(
        categories,
        label=feature.name,
        clearable=True,
        new_value_mode="add-unique",
        on_change=lambda event: on_change(event.value),
    )
    field.props(STYLE).classes("w-full").mark(mark)

    def set_value(value: Value) -> None:
        if value is not None and value not in categories:
            categories.append(str(value))
            field.set_options(categories)
        field.set_value(value)

    set_value(feature.example)
    return set_value


def _toggle(feature: Feature, mark: str, on_change: Setter) -> Setter:
    """Draw all categories side by side, and `missing`."""
    categories = feature.categories or []

    def index(value: Value) -> int:
        return categories.index(str(value)) if value in categories else len(categories)

    def changed() -> None:
        on_change(categories[field.value] if field.value in range(len(categories)) else None)

    ui.label(feature.name).classes(f"{SMALL} break-words max-w-full")
    # Options are indices, as a category may be called `missing` itself.
    field = ui.toggle(dict(enumerate([*categories, MISSING])), value=index(feature.example), on_change=changed)
    field.props["aria-label"] = feature.name
    field.props("role=group unelevated dense no-caps toggle-color=primary padding='0.2rem 0.6rem'").mark(mark)
    field.classes("rounded-md border border-slate-300 dark:border-slate-600")
    return lambda value: field.set_value(index(value))


def _switch(feature: Feature, mark: str, on_change: Setter) -> Setter:
    """Draw a switch, and a button that sets it to missing."""

    def changed() -> None:
        state.set_text(MISSING if field.value is None else str(field.value).lower())
        on_change(field.value)

    with ui.row().classes("w-full items-center gap-2 flex-nowrap"):
        example = feature.example if isinstance(feature.example, bool) else None
        field = ui.switch(feature.name, value=example, on_change=changed)
        field.classes("min-w-0").mark(mark)
        state = ui.label().classes("text-sm font-medium flex-1")
        ui.button(MISSING, on_click=lambda: field.set_value(None)).props("flat dense size=sm").mark(f"{mark}-missing")
    changed()
    return field.set_value


def _date(feature: Feature, mark: str, on_change: Setter) -> Setter:
    """Draw a date field with a calendar; a time of day can be typed and is kept when the date changes."""
    field = ui.input(feature.name, value=_text(feature.example), on_change=lambda event: on_change(event.value or None))
    field.props(STYLE).classes("w-full").mark(mark)

    def pick(day: str | None) -> None:
        if day and day != (field.value or "")[:10]:
            field.set_value(day + (field.value or "")[10:])

    with field.add_slot("append"):
        button = ui.button(icon="event").props('flat round dense aria-label="Choose a date"')
    with button, ui.menu():
        calendar = ui.date(on_change=lambda event: pick(event.value)).mark(f"{mark}-calendar")
        calendar.bind_value_from(field, "value", lambda text: (text or "")[:10])
    return lambda value: field.set_value(_text(value))


def _text_area(feature: Feature, mark: str, on_change: Setter) -> Setter:
    """Draw a field that grows with its lines."""
    field = ui.textarea(
        feature.name, value=_text(feature.example), on_change=lambda event: on_change(event.value or None)
    )
    field.props(f"{STYLE} autogrow input-class='min-h-12 max-h-48'").classes("w-full").mark(mark)
    return lambda value: field.set_value(_text(value))


def _text(value: object) -> str:
    return "" if value is None else str(value)
