"""Evaluation plots on held-out rows, of one version or of several on top of each other."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from nicegui import ui

from mlapp.presentation.formats import format_count, format_ratio
from mlapp.presentation.sentences import target_title
from mlapp.schemas import (
    CalibrationCurve,
    ConfusionMatrix,
    Histogram,
    Importance,
    PredictedActual,
    RocCurve,
    Task,
    VersionInfo,
)
from pages.components.cards import card
from pages.components.charts.base import (
    HIDDEN,
    LABEL,
    TOOLTIP,
    Options,
    axis,
    band,
    bars,
    category_axis,
    chart,
    dots,
    histogram,
    line,
    plot,
)
from pages.theme import FAINT, GRID, INK, MUTED, RULE, SERIES

MAX_FEATURES = 12
MAX_NAME_CHARACTERS = 20
MAX_LABELLED_CLASSES = 12
"""The cells of larger confusion matrices have no labels."""
CONFUSION_COLOURS = ["rgba(99,102,241,0.04)", "rgba(99,102,241,0.75)"]
PLOTS_GRID = f"{GRID} md:max-xl:[&>*:last-child:nth-child(odd)]:col-span-2"
REFERENCE: Options = {"silent": True, "symbol": "none", "lineStyle": {"type": "dashed", "color": FAINT, "width": 1}}
"""A reference line."""


def plots(infos: Sequence[VersionInfo], names: Collection[str] = ()) -> None:
    """Draw the plots with these names, by default all, that apply to the task of the versions."""
    with ui.element("div").classes(PLOTS_GRID).mark("plots") as grid:
        for name, draw in PLOTS.items():
            if names and name not in names:
                continue
            found = {f"Version {info.version}": getattr(info.plots, name) for info in infos}
            if any(found.values()):
                draw({label: data for label, data in found.items() if data}, infos[0])
    if len(grid.default_slot.children) == 3:
        grid.classes("xl:grid-cols-3")


def importance_plot(info: VersionInfo, versions: Sequence[tuple[str, Sequence[Importance]]]) -> None:
    """Draw the most important columns, in the order of the first version; of one version with standard deviations.

    `info` is one of the versions.
    """
    names = [found.feature for found in versions[0][1]][:MAX_FEATURES]
    several = len(versions) > 1
    series: list[Options] = []
    for index, (label, found) in enumerate(versions):
        known = {each.feature: each for each in found}
        series.append(bars(label, [known[name].mean if name in known else None for name in names], index))
    if not several:
        ends = [(each.mean - each.std, each.mean + each.std) for each in versions[0][1][:MAX_FEATURES]]
        series[0]["markLine"] = REFERENCE | {
            "lineStyle": {"type": "solid", "color": FAINT, "width": 2},
            "data": [[{"coord": [low, index]}, {"coord": [high, index]}] for index, (low, high) in enumerate(ends)],
        }
    # Spreads may reach below 0, but leave the axis to the means.
    lowest = min((each.mean for _, found in versions for each in found if each.feature in names), default=0.0)
    loss = f"error of {target_title(info)}" if info.task is Task.REGRESSION else "log loss"
    labels = LABEL | {"showMinLabel": lowest >= 0}
    x = axis(f"Increase of the {loss} without the column", min=min(0.0, lowest), axisLabel=labels)
    y = category_axis("Column", [_shortened(name) for name in names], 130)
    options = plot(series, x, y, legend=several, tooltip=TOOLTIP | {"show": several})
    drawn = chart(f"Important columns, led by {', '.join(names[:3])}", options, height="")
    drawn.style(f"height: {70 + len(names) * (14 + 14 * len(versions))}px")


def _shortened(name: str) -> str:
    """Return a name with its middle cut if it is long: similar names often differ at their ends only."""
    half = MAX_NAME_CHARACTERS // 2
    return name if len(name) <= MAX_NAME_CHARACTERS else f"{name[: half - 1]}…{name[-half:]}"


def _card(heading: str, label: str, options: Options, text: str) -> None:
    with card(heading):
        chart(label, options, height="h-72")
        ui.label(text).classes(MUTED)


def _predicted_actual(versions: dict[str, PredictedActual], info: VersionInfo) -> None:
    series: list[Options] = []
    for index, (name, found) in enumerate(versions.items()):
        bounds = (found.lower or found.predicted, found.upper or found.predicted)
        rows = sorted(zip(found.predicted, found.actual, *bounds, strict=True))
        predicted, actual, lower, upper = (list(column) for column in zip(*rows, strict=True))
        series += band("Interval", predicted, lower, upper, index) if len(versions) == 1 else []
        series.append(dots(name, list(zip(predicted, actual, strict=True)), index))
    values = [value for found in versions.values() for value in [*found.predicted, *found.actual]]
    series.append(line("Perfect", [[end, end] for end in (min(values), max(values))], **REFERENCE))
    x, y = axis(f"Predicted {target_title(info)}", scale=True), axis(f"Actual {target_title(info)}", scale=True)
    options = plot(series, x, y, legend=len(versions) > 1, tooltip=HIDDEN)
    text = "Each dot is a row kept out of training: the closer to the dashed line, the better."
    if len(versions) == 1:
        text += " The band is the prediction interval."
    _card("Predicted and actual values", "Predicted values against actual ones", options, text)


def _residuals(versions: dict[str, Histogram], info: VersionInfo) -> None:
    # Several areas on top of each other would blend into grey.
    area = {"opacity": 0.2 if len(versions) == 1 else 0}
    series = [
        histogram(found.edges, found.counts, name, index, areaStyle=area)
        for index, (name, found) in enumerate(versions.items())
    ]
    series[0]["markLine"] = REFERENCE | {"data": [{"xAxis": 0}], "label": HIDDEN}
    x, y = axis(f"Actual − predicted {target_title(info)}"), axis("Share of rows", unit="%")
    options = plot(series, x, y, legend=len(versions) > 1)
    text = "The narrower around zero, the better; a peak beside zero means that predictions are too high or too low."
    _card("Errors", "Distribution of errors", options, text)


def _confusion(versions: dict[str, ConfusionMatrix], info: VersionInfo) -> None:
    label = {"color": FAINT, "fontSize": 11, "width": 90, "overflow": "truncate"}
    colours = {**HIDDEN, "min": 0, "max": 100, "dimension": 2, "inRange": {"color": CONFUSION_COLOURS}}
    for name, matrix in versions.items():
        x = axis(f"Predicted {info.target}", "category", data=matrix.classes, axisLabel=label | {"hideOverlap": True})
        y = category_axis(f"Actual {info.target}", matrix.classes) | {"axisLabel": label}
        options = plot([_cells(matrix)], x, y, legend=False, tooltip=HIDDEN, visualMap=colours)
        hidden = f" {format_count(matrix.others, 'row')} of other classes not shown." if matrix.others else ""
        _card(
            "Confusion matrix" if len(versions) == 1 else f"Confusion matrix: {name}",
            "Confusion matrix: actual and predicted classes",
            options,
            f"Rows are actual classes, columns predicted ones; the diagonal is correct.{hidden}",
        )


def _cells(matrix: ConfusionMatrix) -> Options:
    """Return the cells, coloured by their share of the actual class: by counts, rare classes would be pale."""
    labelled = len(matrix.classes) <= MAX_LABELLED_CLASSES
    cells = [
        {
            "value": [column, row, round(100 * count / (sum(counts) or 1), 1)],
            "label": {"show": labelled, "formatter": format_count(count)},
        }
        for row, counts in enumerate(matrix.counts)
        for column, count in enumerate(counts)
    ]
    return {
        "type": "heatmap",
        "silent": True,
        "data": cells,
        "label": {"color": INK, "fontSize": 12},
        "itemStyle": {"borderColor": RULE, "borderWidth": 1},
    }


def _roc(versions: dict[str, list[RocCurve]], info: VersionInfo) -> None:
    curves = [
        (f"{info.target} {curve.name}" if len(versions) == 1 else f"{name}, {curve.name}", curve)
        for name, found in versions.items()
        for curve in found
    ][: len(SERIES)]
    series = [
        line(
            f"{name}: AUC {format_ratio(curve.area)}",
            list(zip(curve.false_positive_rate, curve.true_positive_rate, strict=True)),
            index,
        )
        for index, (name, curve) in enumerate(curves)
    ]
    options = _unit_square(
        "False positive rate", "True positive rate", [*series, line("Random", [[0, 0], [1, 1]], **REFERENCE)]
    )
    text = (
        "The closer to the top left corner, the better. AUC, the area under the curve, is 0.5 by chance and 1 at best."
    )
    _card("ROC curve", "ROC curve: true positive rate against false positive rate", options, text)


def _calibration(versions: dict[str, CalibrationCurve], _: VersionInfo) -> None:
    series = [
        line(name, list(zip(found.predicted, found.observed, strict=True)), index, symbol="circle", symbolSize=6)
        for index, (name, found) in enumerate(versions.items())
    ]
    series.append(line("Perfect", [[0, 0], [1, 1]], **REFERENCE))
    options = _unit_square("Predicted probability", "Share that came true", series, legend=len(versions) > 1)
    text = "On the dashed line, predictions with a probability of 80% are correct 80% of the time."
    _card("Calibration", "Calibration: observed frequency against predicted probability", options, text)


def _unit_square(x: str, y: str, series: list[Options], *, legend: bool = True) -> Options:
    return plot(series, axis(x, min=0, max=1), axis(y, min=0, max=1), legend=legend, tooltip=HIDDEN)


PLOTS: dict[str, Callable[[dict[str, Any], VersionInfo], None]] = {
    "predicted_actual": _predicted_actual,
    "residuals": _residuals,
    "confusion": _confusion,
    "roc": _roc,
    "calibration": _calibration,
}
"""Attribute of `Plots` → function that draws it; each is called with the data of the versions by their
names, and one of the versions."""
PLAIN = ("predicted_actual", "residuals", "confusion")
"""Plots that explain themselves."""
