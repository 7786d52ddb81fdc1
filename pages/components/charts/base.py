"""Common style of charts, and the options of axes, lines, bars, dots, bands and histograms.

User text is only ever a value (`name`, `data`), never a key: ECharts options whose key begins with a colon are executed
as JavaScript.
"""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from pages.theme import FAINT, INK, RULE, SERIES, SHEET

Options = dict[str, Any]

HIDDEN: Options = {"show": False}
TOOLTIP: Options = {
    "trigger": "axis",
    "confine": True,
    "backgroundColor": SHEET,
    "borderColor": RULE,
    "textStyle": {"color": INK, "fontSize": 12},
}
LABEL: Options = {"color": FAINT, "fontSize": 11, "hideOverlap": True}
LEGEND: Options = {
    "top": 0,
    "left": 0,
    "icon": "roundRect",
    "itemWidth": 12,
    "itemHeight": 8,
    "type": "scroll",
    "textStyle": {"color": INK, "fontSize": 12},
}


def chart(label: str, options: Options, *, height: str = "h-64") -> ui.echart:
    """Draw a chart; `label` is its accessible name.

    As SVG, whose colours can be CSS variables, so that it follows the light and dark theme.
    """
    base = {"animation": False, "useUTC": True, "textStyle": {"fontFamily": "Roboto, sans-serif"}, "tooltip": TOOLTIP}
    element = ui.echart(base | options, renderer="svg").classes(f"w-full {height}")
    element.props["role"], element.props["aria-label"] = "img", label
    return element


def redraw(element: ui.echart, options: Options) -> None:
    """Change the options of a chart in place."""
    element.options.update(options)
    element.update()


def plot(
    series: Sequence[Options], x: Options, y: Options, *, legend: bool = True, top: int = 12, **more: Any
) -> Options:
    """Return the options of a chart with two axes; its legend lists all series but silent ones."""
    bottom = 28 if x["name"] else 8
    # The title of the vertical axis stands above it, where it can be read without turning one's head.
    y = y | {
        "axisLine": y["axisLine"] | {"onZero": False},
        "nameLocation": "start" if y.get("inverse") else "end",
        "nameGap": 10,
    }
    y["nameTextStyle"] = y["nameTextStyle"] | {"align": "left"}
    top += (24 if legend else 0) + (16 if y["name"] else 0)
    return {
        "grid": {"left": 8, "right": 16, "top": top, "bottom": bottom, "containLabel": True},
        "legend": LEGEND | {"show": legend, "data": [each["name"] for each in series if not each.get("silent")]},
        "xAxis": x,
        "yAxis": y,
        "series": series,
        **more,
    }


def axis(name: str = "", kind: str = "value", *, unit: str = "", **more: Any) -> Options:
    """Return an axis, whose labels end with the unit."""
    return {
        "type": kind,
        "name": name,
        "nameLocation": "middle",
        "nameGap": 28,
        "nameTextStyle": {"color": FAINT, "fontSize": 12},
        "nameTruncate": {"maxWidth": 260},
        "axisLabel": LABEL | {"formatter": f"{{value}}{unit}"} if unit else LABEL,
        "axisLine": {"show": kind == "category", "lineStyle": {"color": RULE}},
        "axisTick": HIDDEN,
        "splitLine": {"show": kind != "category", "lineStyle": {"color": RULE}},
        **more,
    }


def category_axis(name: str, data: Sequence[Any], width: int = 110) -> Options:
    """Return a vertical axis of categories, the first one on top; longer ones are cut at the width."""
    label = {"color": INK, "fontSize": 12, "width": width, "overflow": "truncate"}
    return axis(name, "category", data=list(data), inverse=True, axisLabel=label)


def line(name: str, points: Sequence[Any], index: int = 0, **more: Any) -> Options:
    """Return a line without dots, in the colour of the series index."""
    return _series("line", name, points, index, {"symbol": "none", "lineStyle": {"width": 2}, **more})


def bars(name: str, data: Sequence[Any], index: int = 0, **more: Any) -> Options:
    """Return bars in the colour of the series index."""
    return _series("bar", name, data, index, more)


def dots(name: str, points: Sequence[Any], index: int = 0, **more: Any) -> Options:
    """Return translucent dots in the colour of the series index."""
    return _series("scatter", name, points, index, {"symbolSize": 6, "itemStyle": {"opacity": 0.6}, **more})


def _series(kind: str, name: str, data: Sequence[Any], index: int, more: Options) -> Options:
    color = SERIES[index % len(SERIES)]
    return {"type": kind, "name": name, "data": list(data), "color": color, "emphasis": {"disabled": True}, **more}


def band(name: str, x: Sequence[Any], lower: Sequence[float], upper: Sequence[float], index: int = 0) -> list[Options]:
    """Return an area between two lines as two series: an invisible one, and one stacked on it."""
    invisible = {"lineStyle": {"opacity": 0}, "stack": name, "stackStrategy": "all", "silent": True}
    low = line(name, [[at, low] for at, low in zip(x, lower, strict=True)], index, **invisible)
    width = [[at, high - low] for at, low, high in zip(x, lower, upper, strict=True)]
    return [low, line(name, width, index, **invisible, areaStyle={"opacity": 0.15})]


def floating_bars(lower: Sequence[float | None], upper: Sequence[float | None], **style: Any) -> list[Options]:
    """Return bars between two values as two series: invisible ones, and others stacked on them."""
    stacked: Options = {"stack": "range", "stackStrategy": "all", "silent": True, "tooltip": HIDDEN, "barMaxWidth": 14}
    width = [None if low is None or high is None else high - low for low, high in zip(lower, upper, strict=True)]
    return [
        bars("", lower, **stacked, itemStyle={"opacity": 0}),
        bars("", width, **stacked, itemStyle={"opacity": 0.2, **style}),
    ]


def histogram(edges: Sequence[float], counts: Sequence[int], name: str, index: int = 0, **more: Any) -> Options:
    """Return a histogram as an outline, in percent of all values.

    Several outlines can be drawn on top of each other; bars would hide each other.
    """
    total = sum(counts) or 1
    shares = [100 * count / total for count in counts]
    points = list(zip(edges, [*shares, shares[-1] if shares else 0], strict=True))
    return line(name, points, index, step="end", **{"areaStyle": {"opacity": 0.2}, **more})
