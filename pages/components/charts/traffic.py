"""Traffic charts: requests, latency and predictions over time, updated in place."""

from nicegui import ui

from mlapp.presentation.formats import format_time, rounded
from mlapp.presentation.monitoring.requests import predictions_text, totals
from mlapp.schemas import Traffic
from pages.components.cards import card, figure
from pages.components.charts.base import HIDDEN, LABEL, Options, axis, bars, chart, floating_bars, line, plot, redraw
from pages.theme import FIGURES, GRID, MUTED, SERIES

AMBER, RED = 2, 8
"""Indices of colours in `SERIES`."""
DOTS: Options = {"symbol": "circle", "symbolSize": 4, "showAllSymbol": True}
"""A minute whose neighbours have no requests would be invisible as a line."""
CLOCK = "time => window.mlappClock(time)"
"""The time of day in the zone of the browser; a function of `localize.js`."""
INVISIBLE: Options = {"lineStyle": {"opacity": 0}, "itemStyle": {"opacity": 0}}


class TrafficView:
    """Totals and charts of requests, rows, latency and predictions."""

    def __init__(self, traffic: Traffic) -> None:
        self.figures = []
        self.charts: list[ui.echart] = []
        first, *others = CHARTS
        with card():
            with ui.element("div").classes(FIGURES).mark("totals"):
                for name in ("Requests", "Rows", "Errors", "Median latency"):
                    self.figures.append(figure(name))
            self.charts.append(chart(CHARTS[first][0], {}, height="h-48"))
        with ui.element("div").classes(GRID):
            for name in others:
                with card(name, mark=f"chart-{name.lower()}") as drawn:
                    self.charts.append(chart(CHARTS[name][0], {}, height="h-56"))
        with drawn:
            self.predicted = ui.label().classes(MUTED)
        self.show(traffic)

    def show(self, traffic: Traffic) -> None:
        """Update totals and charts."""
        for (value, detail), (text, small) in zip(self.figures, totals(traffic.total), strict=True):
            value.set_text(text)
            detail.set_text(small)
        self.predicted.set_text(predictions_text(traffic))
        for element, (_, options) in zip(self.charts, CHARTS.values(), strict=True):
            redraw(element, options(traffic))


def sparkline(traffic: Traffic) -> Options:
    """Return a small bar chart of requests, without axes."""
    return {
        "grid": {"left": 0, "right": 0, "top": 4, "bottom": 0},
        "xAxis": {"type": "category", "data": _times(traffic), **HIDDEN},
        "yAxis": {"type": "value", "min": 0, **HIDDEN},
        "series": [bars("Requests", [point.requests for point in traffic.points], 0, barCategoryGap="20%")],
    }


def _requests(traffic: Traffic) -> Options:
    series = [
        bars("Succeeded", [point.requests - point.errors for point in traffic.points], 0, stack="all"),
        bars("Rejected (4xx)", [point.errors - point.server_errors for point in traffic.points], AMBER, stack="all"),
        bars("Failed (5xx)", [point.server_errors for point in traffic.points], RED, stack="all"),
    ]
    return _over_time(traffic, series, axis("Requests", minInterval=1))


def _latency(traffic: Traffic) -> Options:
    series = [
        line(name, _rounded(traffic, f"{name}_ms"), index, **DOTS) for index, name in enumerate(("p50", "p95", "p99"))
    ]
    return _over_time(traffic, series, axis("Time to answer (ms)", min=0))


def _predictions(traffic: Traffic) -> Options:
    if traffic.classes:
        return _over_time(traffic, _shares(traffic), axis("Share of predictions", unit="%", min=0, max=100))
    low, mean, high = (_rounded(traffic, name) for name in ("low", "mean", "high"))
    series = [
        # Not a band, which has no width at a minute whose neighbours have no predictions.
        *floating_bars(low, high),
        line("Highest", high, 0, **INVISIBLE),
        line("Mean", mean, 0, **DOTS),
        line("Lowest", low, 0, **INVISIBLE),
    ]
    return _over_time(traffic, series, axis("Prediction", scale=True), legend=False)


def _shares(traffic: Traffic) -> list[Options]:
    others = any(sum(point.classes[len(traffic.classes) :]) for point in traffic.points)
    return [
        bars(
            name,
            [
                round(100 * point.classes[index] / (sum(point.classes) or 1), 1) if index < len(point.classes) else None
                for point in traffic.points
            ],
            min(len(SERIES) - 1, index),
            stack="all",
        )
        for index, name in enumerate([*traffic.classes, *(["other"] if others else [])])
    ]


def _over_time(traffic: Traffic, series: list[Options], y: Options, *, legend: bool = True) -> Options:
    label = LABEL | {":formatter": CLOCK}
    x = axis("Time", "category", data=_times(traffic), boundaryGap=True, axisLabel=label)
    return plot(series, x, y, legend=legend)


def _times(traffic: Traffic) -> list[str]:
    return [format_time(point.at) for point in traffic.points]


def _rounded(traffic: Traffic, name: str) -> list[float | None]:
    values = [getattr(point, name) for point in traffic.points]
    return [None if value is None else rounded(value) for value in values]


CHARTS = {
    "Requests": ("Requests over time: succeeded, rejected and failed", _requests),
    "Latency": ("Latency over time: p50, p95 and p99", _latency),
    "Predictions": ("Predictions over time", _predictions),
}
"""Heading → accessible name, and a function that returns the options."""
