"""The control that fits the type of a feature; each function draws one, and returns what sets it."""

import math
from collections.abc import Callable
from typing import Any

from nicegui import ui

from mlapp.schemas import ColumnType, Feature, Scalar
from pages.theme import SMALL

Value = Scalar | None
Take = Callable[[Any], object]
"""Takes a value: one that a visitor has set, or one to be shown."""

STYLE = "outlined dense stack-label clearable debounce=150 placeholder=missing"
FEW, SHORT = 4, 20
"""Categories, and characters of them in all, up to which all stand beside each other."""
MISSING = "missing"
FINEST, COARSEST = -6, 12
"""Powers of ten between which a slider can count."""


class _Slider(ui.slider):
    """A slider that moves in the browser at once: an echo of the server would throw back whoever is faster than it."""

    LOOPBACK = False


def control(feature: Feature, mark: str, take: Take) -> Take:
    """Draw the control for a feature, filled in with the example; `take` is told of what a visitor sets."""
    draw = {
        ColumnType.BOOLEAN: _switch,
        ColumnType.CATEGORY: _toggle if _are_few(feature.categories or []) else _select,
        ColumnType.DATETIME: _date,
    }.get(feature.type, _number)
    return draw(feature, mark, take)


def _are_few(categories: list[str]) -> bool:
    return 0 < len(categories) <= FEW and len("".join(categories)) <= SHORT


def _number(feature: Feature, mark: str, take: Take) -> Take:
    """Draw a field for any number, and a slider over those that training saw."""

    def typed() -> None:
        if slider and field.value is not None:
            slider.set_value(_within(slider, field.value))
        take(_as_json(feature, field.value))

    field = ui.number(value=_float(feature.example), on_change=typed)
    # Set apart from the other props, for a name may hold what a string of props would take for another one.
    field.props["label"] = feature.name
    field.props(STYLE).classes("w-full").mark(mark)
    slider = _slider(feature)
    if slider:
        slider.mark(f"{mark}-slider").on_value_change(lambda: _slid(feature, slider, field))
    return field.set_value


def _slid(feature: Feature, slider: ui.slider, field: ui.number) -> None:
    """Take the slider's value into the field, unless it is the slider that followed the field to its end."""
    if slider.value is not None and (field.value is None or _within(slider, field.value) != slider.value):
        field.set_value(_as_json(feature, slider.value))


def _slider(feature: Feature) -> ui.slider | None:
    """Draw a slider in decimal steps, a hundred to a thousand of them; None where there is no range for one."""
    low, high = _float(feature.min), _float(feature.max)
    if low is None or high is None or not low < high:
        return None
    power = math.floor(math.log10((high - low) / 100))
    if feature.type is ColumnType.INTEGER:
        power = max(power, 0)
    if not FINEST <= power <= COARSEST:
        return None
    step = 10.0**power
    # Multiples of the step within what was seen, for the ends of a slider should not be warned of.
    first, last = (round(end * step, max(0, -power)) for end in (math.ceil(low / step), math.floor(high / step)))
    slider = _Slider(min=first, max=last, step=round(step, max(0, -power)))
    slider.set_value(_within(slider, _float(feature.example) or first))
    # A title, not a label: the label is the field's.
    slider.props["title"] = feature.name
    return slider.props("dense").classes("w-full px-2")


def _within(slider: ui.slider, value: float) -> float:
    low, high = float(slider.props["min"]), float(slider.props["max"])
    return min(max(value, low), high)


def _float(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def _as_json(feature: Feature, value: float | None) -> float | None:
    whole = feature.type is ColumnType.INTEGER and isinstance(value, float) and value.is_integer()
    return int(value) if whole and value is not None else value


def _select(feature: Feature, mark: str, take: Take) -> Take:
    """Draw a list to search; what is not in it can be typed."""
    seen = list(feature.categories or [])
    field = ui.select(seen, clearable=True, new_value_mode="add-unique", on_change=lambda event: take(event.value))
    field.props["label"] = feature.name
    field.props(STYLE).classes("w-full").mark(mark)

    def put(value: Value) -> None:
        if value is not None and value not in seen:
            seen.append(str(value))
            field.set_options(seen)
        field.set_value(value)

    put(feature.example)
    return put


def _toggle(feature: Feature, mark: str, take: Take) -> Take:
    """Draw all categories beside each other, and one more for none of them."""
    names = [*(feature.categories or []), MISSING]
    gap = len(names) - 1

    def place(value: Value) -> int:
        return names.index(str(value), 0, gap) if value in names[:gap] else gap

    ui.label(feature.name).classes(f"{SMALL} break-words max-w-full")
    # By their places, for a category may be called as what stands for none.
    options = dict(enumerate(names))
    field = ui.toggle(
        options, value=place(feature.example), on_change=lambda event: take(_category(names, gap, event.value))
    )
    field.props["aria-label"] = feature.name
    field.props("role=group unelevated dense no-caps toggle-color=primary padding='0.2rem 0.6rem'").mark(mark)
    field.classes(f"rounded-md border {'border-slate-300 dark:border-slate-600'}")
    return lambda value: field.set_value(place(value))


def _category(names: list[str], gap: int, place: int | None) -> str | None:
    return None if place is None or place == gap else names[place]


def _switch(feature: Feature, mark: str, take: Take) -> Take:
    """Draw a switch, and a button for neither."""

    def changed() -> None:
        said.set_text(MISSING if field.value is None else str(field.value).lower())
        take(field.value)

    with ui.row().classes("w-full items-center gap-2 flex-nowrap"):
        field = ui.switch(feature.name, value=_bool(feature.example), on_change=changed)
        field.classes("min-w-0").mark(mark)
        said = ui.label().classes("text-sm font-medium flex-1")
        ui.button(MISSING, on_click=lambda: field.set_value(None)).props("flat dense size=sm").mark(f"{mark}-missing")
    changed()
    return field.set_value


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(feature: Feature, mark: str, take: Take) -> Take:
    """Draw a field for a moment, with a calendar; a time of day is typed, and kept when the day is changed."""
    field = ui.input(value=_text(feature.example), on_change=lambda event: take(event.value or None))
    field.props["label"] = feature.name
    field.props(STYLE).classes("w-full").mark(mark)

    def chosen(day: str | None) -> None:
        if day and day != (field.value or "")[:10]:
            field.set_value(day + (field.value or "")[10:])

    with field.add_slot("append"):
        button = ui.button(icon="event").props('flat round dense aria-label="Choose a date"')
    with button, ui.menu():
        calendar = ui.date(on_change=lambda event: chosen(event.value)).mark(f"{mark}-calendar")
        calendar.bind_value_from(field, "value", lambda text: (text or "")[:10])
    return lambda value: field.set_value(_text(value))


def _text(value: object) -> str:
    return "" if value is None else str(value)
