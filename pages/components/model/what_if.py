"""What-if charts: how the prediction changes with one feature."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.sentences import format_number, format_value
from mlapp.schemas import ColumnType, Model, Scalar, WhatIf
from mlapp.services import Services
from pages.components.cards import card
from pages.components.charts.base import Options, axis, band, bars, chart, dots, grid, legend, line
from pages.components.forms.coalescing import CoalescedTask
from pages.theme import FAINT, INK, MUTED, SERIES

PAUSE_S = 0.3
"""Pause before a curve is redrawn, so that predictions come first."""
MANY_CATEGORIES = 8
"""With more categories, the chart is higher."""
LABEL = {"color": FAINT, "fontSize": 11, "width": 110, "overflow": "truncate"}
PERCENT = {"color": FAINT, "fontSize": 11, "formatter": "{value}%"}


class WhatIfView:
    """The curve of the selected feature for the current record, redrawn as the record changes."""

    def __init__(self, services: Services, model: Model, record: Callable[[], dict[str, Any]]) -> None:
        self.services, self.model, self.record = services, model, record
        self.task = CoalescedTask(self._draw, PAUSE_S)
        self.colours: dict[str, int] = {}
        self.chart: ui.echart | None = None
        self.drawn: tuple[str, int] | None = None
        with card("What if", mark="what-if"):
            with ui.row().classes("w-full items-center gap-3"):
                ui.label(f"How {model.target} changes with").classes(f"{MUTED} break-words min-w-0")
                names = [feature.name for feature in model.features]
                self.feature = ui.select(names, value=_most_important(model), on_change=self.task.schedule)
                self.feature.props('outlined dense aria-label="Feature"').classes("min-w-[12rem] max-w-full")
                self.feature.mark("what-if-feature")
            self.area = ui.column().classes("w-full")
            self.description = ui.label().classes(MUTED).mark("what-if-description")

    def schedule(self) -> None:
        """Redraw the curve soon."""
        self.task.schedule()

    async def _draw(self) -> None:
        name, record = self.feature.value, self.record()
        try:
            found = await self.services.prediction.what_if(record, name, self.model.version)
        except MlappError as error:
            self._show(None, error.detail)
            return
        self._show(found, _description(found, self.model.target))
        self._update(found, record[name])

    def _show(self, found: WhatIf | None, description: str) -> None:
        self.area.set_visibility(found is not None)
        self.description.set_text(description)

    def _update(self, found: WhatIf, current: Scalar | None) -> None:
        """Update the chart in place, or replace it if feature or series differ."""
        options = self._options(found, current)
        kind = (found.feature, len(options["series"]))
        if self.chart is None or kind != self.drawn:
            self.area.clear()
            with self.area:
                high = len(found.values) > MANY_CATEGORIES and found.type is ColumnType.CATEGORY
                self.chart = chart(_title(found, self.model.target), options, height="h-96" if high else "h-64")
                self.chart.mark("curve")
            self.drawn = kind
        else:
            self.chart.options.update(options)
            self.chart.update()

    def _options(self, found: WhatIf, current: Scalar | None) -> Options:
        if found.type in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
            return self._category_options(found, current)
        x = axis(found.feature, "time" if found.type is ColumnType.DATETIME else "value", splitLine={"show": False})
        series = self._lines(found)
        series[-1]["markLine"] = _current_value_line(current)
        # The ends are training values, with too many digits for a label.
        x["axisLabel"] |= {"showMinLabel": False, "showMaxLabel": False}
        ends = {"min": "dataMin", "max": "dataMax"}
        return self._frame(found, {"xAxis": x | ends, "yAxis": self._prediction_axis(), "series": series})

    def _lines(self, found: WhatIf) -> list[Options]:
        if found.probabilities:
            return [
                line(name, _points(found, [100 * share for share in shares]), self._colour(name))
                for name, shares in found.probabilities.items()
            ]
        interval = band("interval", found.values, found.lower or [], found.upper or [])
        return [*interval, line(self.model.target, _points(found, found.predictions))]

    def _category_options(self, found: WhatIf, current: Scalar | None) -> Options:
        names = [format_value(value) for value in found.values]
        now = None if current is None else format_value(current)
        # The current value is bold.
        labels = [
            {"value": name, "textStyle": {"color": INK, "fontWeight": "bold"} if name == now else {"color": FAINT}}
            for name in names
        ]
        series = self._bars(found, names.index(now) if now in names else None)
        y = axis("", "category", data=labels, inverse=True, axisLabel=LABEL)
        return self._frame(found, {"xAxis": self._prediction_axis(), "yAxis": y, "series": series})

    def _bars(self, found: WhatIf, current: int | None) -> list[Options]:
        if found.probabilities:
            return [
                bars(name, [100 * share for share in shares], self._colour(name), stack="classes", barMaxWidth=22)
                for name, shares in found.probabilities.items()
            ]
        stacked: Options = {"stack": "interval", "stackStrategy": "all", "silent": True, "barMaxWidth": 14}
        lower, upper = found.lower or [], found.upper or []
        width = [high - low for low, high in zip(lower, upper, strict=True)]
        shown = [
            {"value": [value, index], "symbolSize": 14 if index == current else 9}
            for index, value in enumerate(found.predictions)
        ]
        return [
            bars("from", lower, **stacked, itemStyle={"opacity": 0}),
            bars("to", width, **stacked, itemStyle={"opacity": 0.2, "borderRadius": 6}),
            dots(self.model.target, [], data=shown, itemStyle={"opacity": 1}),
        ]

    def _prediction_axis(self) -> Options:
        """Return the axis of values or probabilities."""
        return axis(scale=True) if self.model.classes is None else axis(min=0, max=100, axisLabel=PERCENT)

    def _frame(self, found: WhatIf, options: Options) -> Options:
        classes = found.probabilities is not None
        options_of_legend = (
            {"legend": legend(list(found.probabilities or {}))} if classes else {"legend": {"show": False}}
        )
        return {
            "grid": grid(legend=classes) | {"top": 48 if classes else 30},
            "tooltip": {"show": False},
            **options_of_legend,
            **options,
        }

    def _colour(self, name: str) -> int:
        """Return the colour index of a class, the same in all charts."""
        return self.colours.setdefault(name, len(self.colours)) % len(SERIES)


def _most_important(model: Model) -> str:
    known = {feature.name for feature in model.features}
    ranked = [entry for entry in model.importance if entry.feature in known]
    return max(ranked, key=lambda entry: entry.mean).feature if ranked else model.features[0].name


def _points(found: WhatIf, predictions: list[Any]) -> list[list[Any]]:
    return [list(point) for point in zip(found.values, predictions, strict=True)]


def _current_value_line(current: Scalar | None) -> Options:
    return {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"color": INK, "type": "dashed"},
        "label": {"formatter": "current", "color": INK, "fontSize": 11},
        "data": [] if current is None else [{"xAxis": current}],
    }


def _title(found: WhatIf, target: str) -> str:
    return f"How {target} changes with {found.feature}"


def _description(found: WhatIf, target: str) -> str:
    """Describe the chart, for screen readers too."""
    discrete = found.type in (ColumnType.CATEGORY, ColumnType.BOOLEAN)
    mark = "the current value is bold" if discrete else "the dashed line marks the current value"
    rest = f"All other features keep their values; {mark}."
    if found.probabilities:
        return f"Probabilities of the most likely classes. {rest}"
    values = [float(value) for value in found.predictions]
    return f"{target} ranges from {format_number(min(values))} to {format_number(max(values))}. {rest}"
