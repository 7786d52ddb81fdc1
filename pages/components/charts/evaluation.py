"""What a model's quality looks like, on rows that it had not seen; of several models on top of each other."""

from collections.abc import Sequence

from nicegui import ui

from mlapp.presentation.sentences import format_number
from mlapp.schemas import Importance, Model, Plots
from pages.components.cards import card
from pages.components.charts.base import Options, axis, band, bars, chart, dots, grid, legend, line, steps
from pages.theme import FAINT, GRID, INK, MUTED, RULE, SERIES

SHOWN = 12
"""Features whose importance is drawn."""
LONG = 20
"""Characters of a feature's name that are written beside its bar."""
CELLS = 12
"""Classes up to which the cells of a confusion matrix hold their number."""
DIAGONAL: Options = {"silent": True, "symbol": "none", "lineStyle": {"type": "dashed", "color": FAINT, "width": 1}}


def plots(models: Sequence[Model]) -> None:
    """Show all plots that apply to a model, or those that lay several of one task over each other."""
    kinds = (_predicted_actual, _residuals, _confusion, _roc, _calibration)
    with ui.element("div").classes(GRID).mark("plots"):
        for draw in kinds:
            draw([(f"Model {model.version}", model.plots) for model in models])


def importance_plot(models: Sequence[tuple[str, Sequence[Importance]]]) -> None:
    """Show which features matter most, with the spread of that; the features in the order of the first model."""
    names = [found.feature for found in models[0][1]][:SHOWN]
    series: list[Options] = []
    for place, (model, found) in enumerate(models):
        known = {each.feature: each for each in found}
        series.append(bars(model, [known[name].mean if name in known else None for name in names], place))
        if len(models) == 1:
            ends = [(known[name].mean - known[name].std, known[name].mean + known[name].std) for name in names]
            series[-1]["markLine"] = _whiskers(ends)
    drawn = chart(
        f"How much each feature matters: {', '.join(names[:3])} the most",
        {
            "grid": grid(legend=len(models) > 1),
            "legend": legend() if len(models) > 1 else {"show": False},
            "tooltip": {"show": len(models) > 1, "trigger": "axis"},
            "xAxis": axis("how much worse without it"),
            "yAxis": axis(
                kind="category",
                data=[_brief(name) for name in names],
                inverse=True,
                axisLabel={"color": INK, "fontSize": 12, "width": 130, "overflow": "truncate"},
            ),
            "series": series,
        },
        height="",
    )
    drawn.style(f"height: {70 + len(names) * (14 + 14 * len(models))}px")


def _brief(name: str) -> str:
    """Return a long name with its middle left out: what begins alike is told apart by its end."""
    return name if len(name) <= LONG else f"{name[: LONG // 2 - 1]}…{name[-(LONG // 2) :]}"


def _whiskers(ends: Sequence[tuple[float, float]]) -> Options:
    lines = [[{"coord": [low, place]}, {"coord": [high, place]}] for place, (low, high) in enumerate(ends)]
    return {
        "silent": True,
        "symbol": "none",
        "animation": False,
        "lineStyle": {"type": "solid", "color": FAINT, "width": 2},
        "data": lines,
    }


def _predicted_actual(models: Sequence[tuple[str, Plots]]) -> None:
    drawn = [(name, found.predicted_actual) for name, found in models if found.predicted_actual]
    if not drawn:
        return
    series: list[Options] = []
    for place, (name, found) in enumerate(drawn):
        rows = sorted(zip(found.predicted, found.actual, found.lower, found.upper, strict=True))
        predicted, actual, lower, upper = (list(column) for column in zip(*rows, strict=True))
        series += band("Interval", predicted, lower, upper, place) if len(drawn) == 1 else []
        series.append(dots(name, list(zip(predicted, actual, strict=True)), place))
    values = [value for _, found in drawn for value in [*found.predicted, *found.actual]]
    ends = [min(values), max(values)]
    series.append(line("Exactly right", [[end, end] for end in ends], **DIAGONAL))
    with card("Predicted and actual"):
        options = {"grid": grid(), "xAxis": axis("predicted", scale=True), "yAxis": axis(scale=True), "series": series}
        if len(drawn) > 1:
            options |= {"grid": grid(legend=True), "legend": legend([name for name, _ in drawn])}
        chart("Predicted values against actual ones", options | {"tooltip": {"show": False}}, height="h-72")
        ui.label(
            "A dot is a row: the nearer to the dashed line, the better. "
            + ("The band is the prediction interval." if len(drawn) == 1 else "")
        ).classes(MUTED)


def _residuals(models: Sequence[tuple[str, Plots]]) -> None:
    drawn = [(name, found.residuals) for name, found in models if found.residuals]
    if not drawn:
        return
    series = [steps(found.edges, found.counts, name, place) for place, (name, found) in enumerate(drawn)]
    if len(series) > 1:
        # Areas on top of each other only make grey.
        series = [each | {"areaStyle": {"opacity": 0}} for each in series]
    series[0]["markLine"] = DIAGONAL | {"data": [{"xAxis": 0}], "label": {"show": False}}
    options = {
        "grid": grid(legend=len(drawn) > 1),
        "legend": legend() if len(drawn) > 1 else {"show": False},
        "xAxis": axis("actual less predicted"),
        "yAxis": axis(axisLabel={"color": FAINT, "fontSize": 11, "formatter": "{value}%"}),
        "series": series,
    }
    with card("Errors"):
        chart("How large the errors are, and how frequent", options, height="h-72")
        ui.label("The narrower about zero, the better; a hump to one side is a habit of erring.").classes(MUTED)


def _confusion(models: Sequence[tuple[str, Plots]]) -> None:
    for name, found in models:
        if not found.confusion:
            continue
        matrix = found.confusion
        # Of each actual class the share: rows of rare classes would be pale otherwise.
        cells = [
            [column, row, round(100 * count / (sum(counts) or 1), 1), count]
            for row, counts in enumerate(matrix.counts)
            for column, count in enumerate(counts)
        ]
        words = {"color": FAINT, "fontSize": 11, "width": 90, "overflow": "truncate"}
        options = {
            "grid": grid() | {"bottom": 36},
            "tooltip": {"show": False},
            "xAxis": axis("taken for", "category", data=matrix.classes, axisLabel=words | {"hideOverlap": True}),
            "yAxis": axis("", "category", data=matrix.classes, inverse=True, axisLabel=words),
            "visualMap": {
                "show": False,
                "min": 0,
                "max": 100,
                "dimension": 2,
                "inRange": {"color": ["rgba(99,102,241,0.04)", "rgba(99,102,241,0.75)"]},
            },
            "series": {
                "type": "heatmap",
                "data": [
                    {"value": cell[:3], "label": {"show": len(matrix.classes) <= CELLS, "formatter": f"{cell[3]:,}"}}
                    for cell in cells
                ],
                "label": {"color": INK, "fontSize": 12},
                "itemStyle": {"borderColor": RULE, "borderWidth": 1},
                "emphasis": {"disabled": True},
            },
        }
        with card("Right and wrong" if len(models) == 1 else f"Right and wrong: {name}"):
            chart("How often each actual class was taken for which", options, height="h-72")
            left_out = f" {matrix.others:,} rows of other classes are left out." if matrix.others else ""
            ui.label(f"A line is an actual class; what lies on the diagonal is right.{left_out}").classes(MUTED)


def _roc(models: Sequence[tuple[str, Plots]]) -> None:
    curves = [
        (curve.name if len(models) == 1 else f"{name}, {curve.name}", curve)
        for name, found in models
        for curve in found.roc or []
    ][: len(SERIES)]
    if not curves:
        return
    series = [
        line(
            f"{name} ({format_number(curve.area)})",
            list(zip(curve.false_positive_rate, curve.true_positive_rate, strict=True)),
            place,
        )
        for place, (name, curve) in enumerate(curves)
    ]
    series.append(line("Guessing", [[0, 0], [1, 1]], **DIAGONAL))
    options = _unit_square("false alarms", series)
    with card("Telling classes apart (ROC)"):
        chart("Share of hits over share of false alarms", options, height="h-72")
        ui.label("The nearer to the upper left corner, the better; in brackets the area below the curve.").classes(
            MUTED
        )


def _calibration(models: Sequence[tuple[str, Plots]]) -> None:
    drawn = [(name, found.calibration) for name, found in models if found.calibration]
    if not drawn:
        return
    series = [
        line(name, list(zip(found.predicted, found.observed, strict=True)), place, symbol="circle", symbolSize=6)
        for place, (name, found) in enumerate(drawn)
    ]
    series.append(line("Honest", [[0, 0], [1, 1]], **DIAGONAL))
    options = _unit_square("probability that it gave", series) | ({} if len(drawn) > 1 else {"legend": {"show": False}})
    with card("Honest probabilities (calibration)"):
        chart("How often it was so over the probability given", options, height="h-72")
        ui.label("On the dashed line, what it calls 80% sure comes true 80 times in 100.").classes(MUTED)


def _unit_square(name: str, series: list[Options]) -> Options:
    return {
        "grid": grid(legend=True),
        "legend": legend([each["name"] for each in series[:-1]]),
        "tooltip": {"show": False},
        "xAxis": axis(name, min=0, max=1),
        "yAxis": axis(min=0, max=1),
        "series": series,
    }
