"""Common style of charts, and the options of axes, lines, bars, dots, bands and histograms.

User text is only ever a value (`name`, `data`), never a key: ECharts options whose key begins with a colon are executed
as JavaScript.
"""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from pages.theme import FAINT, INK, RULE, SERIES, SHEET

Options = dict[str, Any]

HEIGHT = "h-64"
TOOLTIP = {
    "confine": True,
    "backgroundColor": SHEET,
    "borderColor": RULE,
    "textStyle": {"color": INK, "fontSize": 12},
}


def chart(label: str, options: Options, *, height: str = HEIGHT) -> ui.echart:
    """Draw a chart; `label` is its accessible name.

    As SVG, whose colours can be CSS variables, so that it follows the light and dark theme.
    """
    element = ui.echart(BASE | options, renderer="svg").classes(f"w-full {height}")
    element.props["role"], element.props["aria-label"] = "img", label
    return element


def axis(name: str = "", kind: str = "value", **more: Any) -> Options:
    """Return an axis."""
    return {
        "type": kind,
        "name": name,
        "nameLocation": "middle",
        "nameGap": 28,
        "nameTextStyle": {"color": FAINT, "fontSize": 12},
        "nameTruncate": {"maxWidth": 260},
        "axisLabel": {"color": FAINT, "fontSize": 11, "hideOverlap": True},
        "axisLine": {"show": kind == "category", "lineStyle": {"color": RULE}},
        "axisTick": {"show": False},
        "splitLine": {"show": kind != "category", "lineStyle": {"color": RULE}},
        **more,
    }


def line(name: str, points: Sequence[Sequence[Any]] | Sequence[float | None], index: int = 0, **more: Any) -> Options:
    """Return a line without dots, in the colour of the series index."""
    return {
        "type": "line",
        "name": name,
        "data": list(points),
        "symbol": "none",
        "lineStyle": {"width": 2},
        "color": SERIES[index % len(SERIES)],
        "emphasis": {"disabled": True},
        **more,
    }


def bars(name: str, data: Sequence[Any], index: int = 0, **more: Any) -> Options:
    """Return bars in the colour of the series index."""
    return {
        "type": "bar",
        "name": name,
        "data": list(data),
        "color": SERIES[index % len(SERIES)],
        "emphasis": {"disabled": True},
        **more,
    }


def dots(name: str, points: Sequence[Sequence[Any]], index: int = 0, **more: Any) -> Options:
    """Return translucent dots in the colour of the series index."""
    return {
        "type": "scatter",
        "name": name,
        "data": list(points),
        "symbolSize": 6,
        "color": SERIES[index % len(SERIES)],
        "itemStyle": {"opacity": 0.6},
        "emphasis": {"disabled": True},
        **more,
    }


def band(name: str, x: Sequence[Any], lower: Sequence[float], upper: Sequence[float], index: int = 0) -> list[Options]:
    """Return an area between two lines as two series: an invisible one, and one stacked on it."""
    invisible = {"lineStyle": {"opacity": 0}, "stack": name, "stackStrategy": "all", "silent": True}
    low = line(name, [[at, low] for at, low in zip(x, lower, strict=True)], index, **invisible)
    width = [[at, high - low] for at, low, high in zip(x, lower, upper, strict=True)]
    return [low, line(name, width, index, **invisible, areaStyle={"opacity": 0.15})]


def histogram(edges: Sequence[float], counts: Sequence[int], name: str, index: int = 0, **more: Any) -> Options:
    """Return a histogram as an outline, in percent of all values.

    Several outlines can be drawn on top of each other; bars would hide each other.
    """
    total = sum(counts) or 1
    shares = [100 * count / total for count in counts]
    points = list(zip(edges, [*shares, shares[-1] if shares else 0], strict=True))
    return line(name, points, index, step="end", areaStyle={"opacity": 0.2}, **more)


def legend(names: Sequence[str] | None = None) -> Options:
    """Return a legend of all series, or of the named ones."""
    return {
        **({} if names is None else {"data": list(names)}),
        "top": 0,
        "left": 0,
        "icon": "roundRect",
        "itemWidth": 12,
        "itemHeight": 8,
        "type": "scroll",
        "textStyle": {"color": INK, "fontSize": 12},
    }


def grid(*, legend: bool = False, left: int = 8) -> Options:
    """Return the margins around the plot area."""
    return {"left": left, "right": 16, "top": 36 if legend else 12, "bottom": 28, "containLabel": True}


BASE: Options = {
    "animation": False,
    "textStyle": {"fontFamily": "Roboto, sans-serif"},
    "tooltip": {"trigger": "axis", **TOOLTIP},
    "grid": grid(),
}
