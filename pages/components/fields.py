"""The field of a form for a feature."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.events import ValueChangeEventArguments

from mlapp.schemas import ColumnType, Feature
from mlapp.services.wording import figure

BOOLEANS = {True: "true", False: "false"}
STYLE = "outlined dense debounce=250"


def field_for(feature: Feature, changed: Callable[[ValueChangeEventArguments[Any]], Any]) -> Element:
    """Return the field for a feature, filled in with the example; empty stands for a missing value."""
    field = _field(feature, feature.example, changed)
    # Set apart from the other props, for a name may hold what a string of props would take for another one.
    field.props["label"] = feature.name
    field.props["hint"] = _hint(feature)
    return field.props(STYLE).classes("w-full pb-4")


def _field(feature: Feature, value: Any, changed: Callable[[ValueChangeEventArguments[Any]], Any]) -> Element:
    if feature.type is ColumnType.BOOLEAN:
        return ui.select(BOOLEANS, value=value, on_change=changed, clearable=True)
    if feature.type is ColumnType.CATEGORY:
        return ui.select(feature.categories or [], value=value, on_change=changed, clearable=True, with_input=True)
    if feature.type is ColumnType.DATETIME:
        return _date(ui.input(value=value, on_change=changed))
    return ui.number(value=value, on_change=changed)


def _date(field: ui.input) -> ui.input:
    """Add a calendar to a field; a time of day is typed."""
    with field.add_slot("append"):
        button = ui.button(icon="event").props('flat round dense aria-label="Choose a date"')
    with button, ui.menu():
        ui.date().bind_value(field, backward=lambda text: (text or "")[:10])
    return field


def _hint(feature: Feature) -> str:
    if feature.type is ColumnType.CATEGORY:
        return f"{len(feature.categories or [])} values seen in training"
    if feature.type is ColumnType.BOOLEAN:
        return "true or false"
    low, high = (_bound(value) for value in (feature.min, feature.max))
    return f"{low} to {high} in training"


def _bound(value: float | datetime | None) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else figure(value or 0)
