"""What-if charts: how the prediction changes with one feature."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.decisions.sentences import class_title
from mlapp.presentation.explanations.what_if import DISCRETE, unverified_parts, what_if_description
from mlapp.presentation.formats import format_value
from mlapp.presentation.sentences import target_title, titled, unit_of
from mlapp.schemas import ColumnType, Scalar, VersionInfo, WhatIf
from mlapp.services import Services
from pages.components.cards import card
from pages.components.charts.base import (
    HIDDEN,
    LABEL,
    Options,
    axis,
    band,
    bars,
    category_axis,
    chart,
    dots,
    floating_bars,
    line,
    plot,
    redraw,
)
from pages.components.forms.coalescing import CoalescedTask
from pages.theme import FAINT, INK, MUTED, SERIES

PAUSE_S = 0.3
"""Pause before a curve is redrawn, so that predictions come first."""
MANY_CATEGORIES = 8
"""With more categories, the chart is higher."""
UNVERIFIED = {"color": "#94a3b8", "opacity": 0.25}
"""Style of parts of a curve without rows like them in the training table."""
THIN = {"barMaxWidth": 22}


class WhatIfView:
    """The curve of the selected feature for the current record, redrawn as the record changes."""

    chart: ui.echart

    def __init__(self, services: Services, info: VersionInfo, record: Callable[[], dict[str, Any]]) -> None:
        self.services, self.info, self.record = services, info, record
        self.schedule = CoalescedTask(self._draw, PAUSE_S).schedule
        """Redraws the curve soon."""
        self.units = {feature.name: unit_of(feature) for feature in info.features}
        self.colours: dict[str, int] = {}
        self.drawn: tuple[str, int] | None = None
        """Feature and number of series of the chart."""
        with card("What if", mark="what-if"):
            with ui.row().classes("w-full items-center gap-3"):
                ui.label(f"How {info.target} changes with").classes(f"{MUTED} break-words min-w-0")
                names = [feature.name for feature in info.features]
                self.feature = ui.select(names, value=_most_important(info), on_change=self.schedule)
                self.feature.props('outlined dense aria-label="Column"').classes("min-w-[12rem] max-w-full")
                self.feature.mark("what-if-feature")
            self.area = ui.column().classes("w-full")
            self.description = ui.label().classes(MUTED).mark("what-if-description")

    async def _draw(self) -> None:
        name, record = self.feature.value, self.record()
        try:
            found = await self.services.prediction.trials.what_if(record, name, self.info.model, self.info.version)
        except MlappError as error:
            self.area.set_visibility(False)
            self.description.set_text(error.detail)
            return
        self.area.set_visibility(True)
        self.description.set_text(what_if_description(self.info, found))
        self._update(found, record[name])

    def _update(self, found: WhatIf, current: Scalar | None) -> None:
        """Update the chart in place, or replace it if feature or series differ."""
        options = self._categories(found, current) if found.type in DISCRETE else self._curve(found, current)
        kind = (found.feature, len(options["series"]))
        if kind == self.drawn:
            redraw(self.chart, options)
            return
        self.drawn = kind
        self.area.clear()
        with self.area:
            high = len(found.values) > MANY_CATEGORIES and found.type is ColumnType.CATEGORY
            title = f"How {self.info.target} changes with {found.feature}"
            self.chart = chart(title, options, height="h-96" if high else "h-64").mark("curve")

    def _curve(self, found: WhatIf, current: Scalar | None) -> Options:
        if found.probabilities:
            series = [
                line(class_title(self.info, name), _points(found, _percentages(shares)), self._colour(name))
                for name, shares in found.probabilities.items()
            ]
        else:
            series = band("interval", found.values, found.lower, found.upper) if found.lower and found.upper else []
            series.append(line(self.info.target, _points(found, found.predictions)))
        series[-1]["markLine"] = _current_value_line(current)
        series[-1]["markArea"] = {"silent": True, "itemStyle": UNVERIFIED, "data": unverified_parts(found)}
        x = axis(
            titled(found.feature, self.units.get(found.feature)),
            "time" if found.type is ColumnType.DATETIME else "value",
            min="dataMin",
            max="dataMax",
            splitLine=HIDDEN,
            # The ends are training values, with too many digits for a label.
            axisLabel=LABEL | {"showMinLabel": False, "showMaxLabel": False},
        )
        return self._plot(series, x, self._prediction_axis())

    def _categories(self, found: WhatIf, current: Scalar | None) -> Options:
        verified = found.reliable or [True] * len(found.values)
        names = [format_value(value) for value in found.values]
        now = None if current is None else format_value(current)
        if found.probabilities:
            series = [
                bars(class_title(self.info, name), _percentages(shares), self._colour(name), stack="classes", **THIN)
                for name, shares in found.probabilities.items()
            ]
        else:
            points = [
                {"value": [value, index], "symbolSize": 14 if name == now else 9}
                for index, (name, value) in enumerate(zip(names, found.predictions, strict=True))
            ]
            lower, upper = found.lower, found.upper
            intervals = floating_bars(lower, upper, borderRadius=6) if lower and upper else []
            series = [*intervals, dots(self.info.target, points, itemStyle={"opacity": 1})]
        # The current value is bold.
        labels = [
            {
                "value": name if is_verified else f"{name} (not verified)",
                "textStyle": {"color": INK, "fontWeight": "bold"} if name == now else {"color": FAINT},
            }
            for name, is_verified in zip(names, verified, strict=True)
        ]
        return self._plot(
            series, self._prediction_axis(), category_axis(found.feature, labels, 110 if all(verified) else 180)
        )

    def _plot(self, series: list[Options], x: Options, y: Options) -> Options:
        return plot(series, x, y, legend=self.info.classes is not None, top=24, tooltip=HIDDEN)

    def _prediction_axis(self) -> Options:
        """Return the axis of values or probabilities."""
        if self.info.classes is None:
            return axis(target_title(self.info), scale=True)
        return axis("Probability", unit="%", min=0, max=100)

    def _colour(self, name: str) -> int:
        """Return the colour index of a class, the same in all charts."""
        return self.colours.setdefault(name, len(self.colours)) % len(SERIES)


def _most_important(info: VersionInfo) -> str:
    """Return the most important feature that has a curve, or else the first one."""
    known = {feature.name for feature in info.features if feature.type is not ColumnType.TEXT}
    ranked = [entry for entry in info.importance if entry.feature in known]
    return max(ranked, key=lambda entry: entry.mean).feature if ranked else info.features[0].name


def _percentages(shares: list[float]) -> list[float]:
    return [100 * share for share in shares]


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
