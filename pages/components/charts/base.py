"""Charts: how all of them look, and the kinds there are.

User text stands in values (`name`, `data`) and is never a key: a key that begins with a colon would be run as
JavaScript.
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


def chart(about: str, options: Options, *, height: str = HEIGHT) -> ui.echart:
    """Draw a chart; `about` says what it shows to those who cannot see it.

    Drawn as SVG, in which colours may be variables of CSS: so it follows light and dark.
    """
    drawn = ui.echart(BASE | options, renderer="svg").classes(f"w-full {height}")
    drawn.props["role"], drawn.props["aria-label"] = "img", about
    return drawn


def axis(name: str = "", kind: str = "value", **more: Any) -> Options:
    """Return an axis: quiet lines, small text, its name at the end of it or in the middle below."""
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


def line(name: str, points: Sequence[Sequence[Any]] | Sequence[float | None], place: int = 0, **more: Any) -> Options:
    """Return a line without dots, in the colour of its place."""
    return {
        "type": "line",
        "name": name,
        "data": list(points),
        "symbol": "none",
        "lineStyle": {"width": 2},
        "color": SERIES[place % len(SERIES)],
        "emphasis": {"disabled": True},
        **more,
    }


def bars(name: str, data: Sequence[Any], place: int = 0, **more: Any) -> Options:
    """Return bars in the colour of their place."""
    return {
        "type": "bar",
        "name": name,
        "data": list(data),
        "color": SERIES[place % len(SERIES)],
        "emphasis": {"disabled": True},
        **more,
    }


def dots(name: str, points: Sequence[Sequence[Any]], place: int = 0, **more: Any) -> Options:
    """Return dots that show through each other, in the colour of their place."""
    return {
        "type": "scatter",
        "name": name,
        "data": list(points),
        "symbolSize": 6,
        "color": SERIES[place % len(SERIES)],
        "itemStyle": {"opacity": 0.6},
        "emphasis": {"disabled": True},
        **more,
    }


def band(name: str, x: Sequence[Any], lower: Sequence[float], upper: Sequence[float], place: int = 0) -> list[Options]:
    """Return an area between two lines, as the two series that it takes: one that is not seen, one stacked on it."""
    unseen = {"lineStyle": {"opacity": 0}, "stack": name, "stackStrategy": "all", "silent": True}
    low = line(name, [[at, low] for at, low in zip(x, lower, strict=True)], place, **unseen)
    wide = [[at, high - low] for at, low, high in zip(x, lower, upper, strict=True)]
    return [low, line(name, wide, place, **unseen, areaStyle={"opacity": 0.15})]


def steps(edges: Sequence[float], counts: Sequence[int], name: str, place: int = 0, **more: Any) -> Options:
    """Return a histogram as the outline of its bins, with shares of all values in per cent.

    Outlines may lie on top of each other, where bars would hide each other.
    """
    total = sum(counts) or 1
    shares = [100 * count / total for count in counts]
    points = list(zip(edges, [*shares, shares[-1] if shares else 0], strict=True))
    return line(name, points, place, step="end", areaStyle={"opacity": 0.2}, **more)


def legend(names: Sequence[str] | None = None) -> Options:
    """Return the legend of a chart with several series: of all, or of those that are named."""
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
    """Return where the drawing lies: inside the text of its axes."""
    return {"left": left, "right": 16, "top": 36 if legend else 12, "bottom": 28, "containLabel": True}


BASE: Options = {
    "animation": False,
    "textStyle": {"fontFamily": "Roboto, sans-serif"},
    "tooltip": {"trigger": "axis", **TOOLTIP},
    "grid": grid(),
}
