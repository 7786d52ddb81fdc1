"""Traffic over time: figures and charts that are brought up to date in place."""

from nicegui import ui

from mlapp.presentation.sentences import format_number
from mlapp.schemas import Traffic, TrafficPoint
from pages.components.cards import card
from pages.components.charts.base import Options, axis, bars, chart, grid, legend, line
from pages.theme import FAINT, FIGURE, FIGURES, GRID, MUTED, SERIES, SMALL

AMBER, RED = 2, 8
"""Places of colours."""
DOTS: Options = {"symbol": "circle", "symbolSize": 4, "showAllSymbol": True}
"""A minute between two without requests is a dot."""
UNSEEN: Options = {"lineStyle": {"opacity": 0}, "itemStyle": {"opacity": 0}}


class TrafficView:
    """Shows requests, rows, latency and predictions."""

    def __init__(self, traffic: Traffic) -> None:
        self.figures: list[tuple[ui.label, ui.label]] = []
        with ui.element("div").classes(FIGURES).mark("totals"):
            for name in ("Requests", "Rows", "Errors", "Median latency"):
                with card(), ui.column().classes("gap-0"):
                    ui.label(name).classes(MUTED)
                    self.figures.append((ui.label().classes(FIGURE), ui.label().classes(SMALL)))
        self.charts: dict[str, ui.echart] = {}
        with ui.element("div").classes(GRID):
            for name, about in (
                ("Requests", "Requests over time: answered, refused and failed"),
                ("Rows", "Rows over time"),
                ("Latency", "How long requests took, over time"),
                ("Predictions", "What was predicted, over time"),
            ):
                with card(name, mark=f"chart-{name.lower()}"):
                    self.charts[name] = chart(about, {}, height="h-56")
                    if name == "Predictions":
                        self.predicted = ui.label().classes(MUTED)
        self.show(traffic)

    def show(self, traffic: Traffic) -> None:
        """Show how it stands now."""
        for (value, beside), (text, small) in zip(self.figures, _totals(traffic.total), strict=True):
            value.set_text(text)
            beside.set_text(small)
        self.predicted.set_text(_about_predictions(traffic))
        for drawn, options in zip(
            self.charts.values(),
            (_requests(traffic), _rows(traffic), _latency(traffic), _predictions(traffic)),
            strict=True,
        ):
            drawn.options.update(options)
            drawn.update()


def sparkline(traffic: Traffic) -> Options:
    """Return the options of a small chart of requests, without axes."""
    hidden: Options = {"show": False}
    return {
        "grid": {"left": 0, "right": 0, "top": 4, "bottom": 0},
        "xAxis": {"type": "category", "data": _times(traffic), **hidden},
        "yAxis": {"type": "value", "min": 0, **hidden},
        "series": [bars("Requests", [point.requests for point in traffic.points], 0, barCategoryGap="20%")],
    }


def _totals(total: TrafficPoint) -> list[tuple[str, str]]:
    slow = "" if total.p99_ms is None else f"99 of 100 within {format_number(total.p99_ms)} ms"
    wrong = f"{total.errors / total.requests:.1%} of all" if total.requests else ""
    return [
        (f"{total.requests:,}", "of all models"),
        (f"{total.rows:,}", "of all models"),
        (f"{total.errors:,}", f"{wrong}, {total.failed:,} failed (5xx)" if total.errors else wrong),
        ("–" if total.p50_ms is None else f"{format_number(total.p50_ms)} ms", slow),
    ]


def _about_predictions(traffic: Traffic) -> str:
    if not traffic.version:
        return "There is no model yet."
    count = f"{traffic.total.predictions:,} predictions of model {traffic.version}"
    if traffic.classes:
        return f"{count}: the share of each class."
    return f"{count}: their mean, and from the lowest to the highest."


def _requests(traffic: Traffic) -> Options:
    series = [
        bars("Answered", [point.requests - point.errors for point in traffic.points], 0, stack="all"),
        bars("Refused (4xx)", [point.errors - point.failed for point in traffic.points], AMBER, stack="all"),
        bars("Failed (5xx)", [point.failed for point in traffic.points], RED, stack="all"),
    ]
    return _over_time(traffic, series, axis(minInterval=1))


def _rows(traffic: Traffic) -> Options:
    series = [bars("Rows", [point.rows for point in traffic.points], 1)]
    return _over_time(traffic, series, axis(minInterval=1), named=False)


def _latency(traffic: Traffic) -> Options:
    series = [
        line("Half within", _rounded([point.p50_ms for point in traffic.points]), 0, **DOTS),
        line("95 of 100", _rounded([point.p95_ms for point in traffic.points]), 1, **DOTS),
        line("99 of 100", _rounded([point.p99_ms for point in traffic.points]), AMBER, **DOTS),
    ]
    return _over_time(traffic, series, _axis_in(" ms"))


def _predictions(traffic: Traffic) -> Options:
    if traffic.classes:
        return _over_time(traffic, _shares(traffic), _axis_in("%") | {"max": 100})
    low, mean, high = (_rounded([getattr(point, name) for point in traffic.points]) for name in ("low", "mean", "high"))
    wide = [None if a is None or b is None else b - a for a, b in zip(low, high, strict=True)]
    # Bars that begin at the lowest: an area has no width where the minutes about one have no predictions.
    quiet: Options = {"stack": "range", "stackStrategy": "all", "silent": True, "tooltip": {"show": False}}
    series = [
        bars("", low, 0, **quiet, itemStyle={"opacity": 0}),
        bars("", wide, 0, **quiet, itemStyle={"opacity": 0.25}),
        line("Highest", high, 0, **UNSEEN),
        line("Mean", mean, 0, **DOTS),
        line("Lowest", low, 0, **UNSEEN),
    ]
    return _over_time(traffic, series, axis(scale=True), named=False)


def _shares(traffic: Traffic) -> list[Options]:
    others = any(sum(point.classes[len(traffic.classes) :]) for point in traffic.points)
    return [
        bars(
            name,
            [
                round(100 * point.classes[place] / (sum(point.classes) or 1), 1) if place < len(point.classes) else None
                for point in traffic.points
            ],
            min(len(SERIES) - 1, place),
            stack="all",
        )
        for place, name in enumerate([*traffic.classes, *(["all others"] if others else [])])
    ]


def _over_time(traffic: Traffic, series: list[Options], y: Options, *, named: bool = True) -> Options:
    times = axis(kind="category", data=_times(traffic), boundaryGap=True, nameGap=24, name="UTC")
    return {
        "grid": grid(legend=named) | {"bottom": 20},
        "legend": legend() if named else {"show": False},
        "xAxis": times,
        "yAxis": y,
        "series": series,
    }


def _axis_in(unit: str) -> Options:
    return axis(min=0, axisLabel={"color": FAINT, "fontSize": 11, "formatter": f"{{value}}{unit}"})


def _times(traffic: Traffic) -> list[str]:
    return [f"{point.at:%H:%M}" for point in traffic.points]


def _rounded(values: list[float | None]) -> list[float | None]:
    return [None if value is None else float(f"{value:.4g}") for value in values]
