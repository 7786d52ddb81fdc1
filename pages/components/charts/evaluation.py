"""Evaluation plots on held-out rows, of one model or of several on top of each other."""

from collections.abc import Sequence

from nicegui import ui

from mlapp.presentation.sentences import format_number
from mlapp.schemas import ConfusionMatrix, Importance, Model, Plots
from pages.components.cards import card
from pages.components.charts.base import Options, axis, band, bars, chart, dots, grid, histogram, legend, line
from pages.theme import FAINT, GRID, INK, MUTED, RULE, SERIES

MAX_FEATURES = 12
MAX_NAME_CHARACTERS = 20
MAX_LABELLED_CLASSES = 12
"""The cells of larger confusion matrices have no labels."""
CONFUSION_COLOURS = ["rgba(99,102,241,0.04)", "rgba(99,102,241,0.75)"]
DIAGONAL: Options = {"silent": True, "symbol": "none", "lineStyle": {"type": "dashed", "color": FAINT, "width": 1}}


def plots(models: Sequence[Model]) -> None:
    """Draw all plots that apply to the task of the models."""
    kinds = (_predicted_actual, _residuals, _confusion, _roc, _calibration)
    with ui.element("div").classes(GRID).mark("plots"):
        for draw in kinds:
            draw([(f"Model {model.version}", model.plots) for model in models])


def importance_plot(models: Sequence[tuple[str, Sequence[Importance]]]) -> None:
    """Draw the most important features, in the order of the first model; of one model with standard deviations."""
    names = [found.feature for found in models[0][1]][:MAX_FEATURES]
    series: list[Options] = []
    for index, (model, found) in enumerate(models):
        known = {each.feature: each for each in found}
        series.append(bars(model, [known[name].mean if name in known else None for name in names], index))
        if len(models) == 1:
            ends = [(known[name].mean - known[name].std, known[name].mean + known[name].std) for name in names]
            series[-1]["markLine"] = _error_bars(ends)
    drawn = chart(
        f"Feature importance, led by {', '.join(names[:3])}",
        {
            "grid": grid(legend=len(models) > 1),
            "legend": legend() if len(models) > 1 else {"show": False},
            "tooltip": {"show": len(models) > 1, "trigger": "axis"},
            "xAxis": axis("increase in loss when shuffled"),
            "yAxis": axis(
                kind="category",
                data=[_shortened(name) for name in names],
                inverse=True,
                axisLabel={"color": INK, "fontSize": 12, "width": 130, "overflow": "truncate"},
            ),
            "series": series,
        },
        height="",
    )
    drawn.style(f"height: {70 + len(names) * (14 + 14 * len(models))}px")


def _shortened(name: str) -> str:
    """Return a name with its middle cut if it is long: similar names often differ at their ends only."""
    return (
        name
        if len(name) <= MAX_NAME_CHARACTERS
        else f"{name[: MAX_NAME_CHARACTERS // 2 - 1]}…{name[-(MAX_NAME_CHARACTERS // 2) :]}"
    )


def _error_bars(ends: Sequence[tuple[float, float]]) -> Options:
    lines = [[{"coord": [low, index]}, {"coord": [high, index]}] for index, (low, high) in enumerate(ends)]
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
    for index, (name, found) in enumerate(drawn):
        rows = sorted(zip(found.predicted, found.actual, found.lower, found.upper, strict=True))
        predicted, actual, lower, upper = (list(column) for column in zip(*rows, strict=True))
        series += band("Interval", predicted, lower, upper, index) if len(drawn) == 1 else []
        series.append(dots(name, list(zip(predicted, actual, strict=True)), index))
    values = [value for _, found in drawn for value in [*found.predicted, *found.actual]]
    ends = [min(values), max(values)]
    series.append(line("Perfect", [[end, end] for end in ends], **DIAGONAL))
    with card("Predicted and actual values"):
        options = {"grid": grid(), "xAxis": axis("predicted", scale=True), "yAxis": axis(scale=True), "series": series}
        if len(drawn) > 1:
            options |= {"grid": grid(legend=True), "legend": legend([name for name, _ in drawn])}
        chart("Predicted values against actual ones", options | {"tooltip": {"show": False}}, height="h-72")
        ui.label(
            "Each dot is a held-out row: the closer to the dashed line, the better. "
            + ("The band is the prediction interval." if len(drawn) == 1 else "")
        ).classes(MUTED)


def _residuals(models: Sequence[tuple[str, Plots]]) -> None:
    drawn = [(name, found.residuals) for name, found in models if found.residuals]
    if not drawn:
        return
    series = [histogram(found.edges, found.counts, name, index) for index, (name, found) in enumerate(drawn)]
    if len(series) > 1:
        # Overlapping areas would blend into grey.
        series = [each | {"areaStyle": {"opacity": 0}} for each in series]
    series[0]["markLine"] = DIAGONAL | {"data": [{"xAxis": 0}], "label": {"show": False}}
    options = {
        "grid": grid(legend=len(drawn) > 1),
        "legend": legend() if len(drawn) > 1 else {"show": False},
        "xAxis": axis("actual − predicted"),
        "yAxis": axis(axisLabel={"color": FAINT, "fontSize": 11, "formatter": "{value}%"}),
        "series": series,
    }
    with card("Errors"):
        chart("Distribution of errors", options, height="h-72")
        ui.label("The narrower around zero, the better; a peak to one side of it means biased predictions.").classes(
            MUTED
        )


def _confusion(models: Sequence[tuple[str, Plots]]) -> None:
    for name, found in models:
        if not (matrix := found.confusion):
            continue
        label = {"color": FAINT, "fontSize": 11, "width": 90, "overflow": "truncate"}
        options = {
            "grid": grid() | {"bottom": 36},
            "tooltip": {"show": False},
            "xAxis": axis("predicted", "category", data=matrix.classes, axisLabel=label | {"hideOverlap": True}),
            "yAxis": axis("", "category", data=matrix.classes, inverse=True, axisLabel=label),
            "visualMap": {"show": False, "min": 0, "max": 100, "dimension": 2, "inRange": {"color": CONFUSION_COLOURS}},
            "series": _cells(matrix),
        }
        with card("Confusion matrix" if len(models) == 1 else f"Confusion matrix: {name}"):
            chart("Confusion matrix: actual and predicted classes", options, height="h-72")
            hidden = f" {matrix.others:,} rows of other classes are not shown." if matrix.others else ""
            text = f"Rows are actual classes, columns predicted ones; the diagonal is correct.{hidden}"
            ui.label(text).classes(MUTED)


def _cells(matrix: ConfusionMatrix) -> Options:
    """Return the cells, coloured by their share of the actual class: by counts, rare classes would be pale."""
    labelled = len(matrix.classes) <= MAX_LABELLED_CLASSES
    cells = [
        {
            "value": [column, row, round(100 * count / (sum(counts) or 1), 1)],
            "label": {"show": labelled, "formatter": f"{count:,}"},
        }
        for row, counts in enumerate(matrix.counts)
        for column, count in enumerate(counts)
    ]
    return {
        "type": "heatmap",
        "data": cells,
        "label": {"color": INK, "fontSize": 12},
        "itemStyle": {"borderColor": RULE, "borderWidth": 1},
        "emphasis": {"disabled": True},
    }


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
            f"{name} (AUC {format_number(curve.area)})",
            list(zip(curve.false_positive_rate, curve.true_positive_rate, strict=True)),
            index,
        )
        for index, (name, curve) in enumerate(curves)
    ]
    series.append(line("Random", [[0, 0], [1, 1]], **DIAGONAL))
    options = _unit_square("false positive rate", series)
    with card("ROC curve"):
        chart("ROC curve: true positive rate against false positive rate", options, height="h-72")
        ui.label("The closer to the top left corner, the better; AUC is the area under the curve.").classes(MUTED)


def _calibration(models: Sequence[tuple[str, Plots]]) -> None:
    drawn = [(name, found.calibration) for name, found in models if found.calibration]
    if not drawn:
        return
    series = [
        line(name, list(zip(found.predicted, found.observed, strict=True)), index, symbol="circle", symbolSize=6)
        for index, (name, found) in enumerate(drawn)
    ]
    series.append(line("Perfect", [[0, 0], [1, 1]], **DIAGONAL))
    options = _unit_square("predicted probability", series) | ({} if len(drawn) > 1 else {"legend": {"show": False}})
    with card("Calibration"):
        chart("Calibration: observed frequency against predicted probability", options, height="h-72")
        ui.label("On the dashed line, predictions with a probability of 80% are correct 80% of the time.").classes(
            MUTED
        )


def _unit_square(name: str, series: list[Options]) -> Options:
    return {
        "grid": grid(legend=True),
        "legend": legend([each["name"] for each in series[:-1]]),
        "tooltip": {"show": False},
        "xAxis": axis(name, min=0, max=1),
        "yAxis": axis(min=0, max=1),
        "series": series,
    }
