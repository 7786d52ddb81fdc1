"""Evaluation of a version: metrics next to its baseline, compared estimators, and plots."""

from nicegui import ui

from mlapp.errors import shorten
from mlapp.presentation.estimators import estimator_name
from mlapp.presentation.evaluation.subgroups import (
    NO_SLICES,
    counted_on,
    protected_note,
    protected_table,
    weak_spots,
    worst_rows_hint,
)
from mlapp.presentation.formats import format_count, format_duration
from mlapp.presentation.metrics import format_metric, format_metric_with_spread, in_order, metric_label, metric_meaning
from mlapp.presentation.sentences import quality_summary, target_unit
from mlapp.presentation.training_choices import STOPPED, comparison_metric, entry_score, weight_texts
from mlapp.schemas import VersionInfo
from pages.components.cards import card
from pages.components.charts.evaluation import importance_plot, plots
from pages.components.overview_cards import importance_bars
from pages.components.tables.plain_table import plain_table
from pages.theme import GRID, LINK, MUTED, TEXT

MAX_SPOTS = 3
"""Findings on pages that are not about details."""


def scores(info: VersionInfo) -> None:
    """Draw the metrics next to those of a baseline that ignores the features."""
    ui.label(quality_summary(info)).classes(TEXT).mark("quality")
    unit = target_unit(info)
    rows = [
        (
            metric_label(name),
            format_metric_with_spread(name, info.metrics, info.spread, unit),
            format_metric(name, info.baseline[name], unit) if name in info.baseline else "",
            metric_meaning(name),
        )
        for name in in_order(info.metrics)
    ]
    plain_table("Metrics", ("Metric", "This version", "Baseline", "Meaning"), rows)


def findings(info: VersionInfo, *, scaled: bool = False) -> None:
    """Draw what decides the predictions, where they are wrong, and how protected groups fare.

    `scaled` draws the importance of columns on a scale, with its spread.
    """
    with ui.element("div").classes(GRID):
        with card("Important columns"):
            if scaled:
                importance_plot(info, [("", info.importance)])
            else:
                importance_bars(info.importance)
        weak_spots_card(info, None if scaled else MAX_SPOTS)
    if info.protected:
        with card(f"By {shorten(info.protected.column)}", mark="protected"):
            plain_table("Protected groups", *protected_table(info))
            ui.label(protected_note(info)).classes(MUTED)


def details(info: VersionInfo) -> None:
    """Draw all plots and scores, and the estimators that were compared."""
    plots([info])
    with card("Metrics"):
        scores(info)
    with card("Estimators compared"):
        _leaderboard(info)


def weak_spots_card(info: VersionInfo, limit: int | None = None) -> None:
    """Draw where a version is worse than elsewhere, and where its claims fail; at most `limit` of these findings."""
    with card("Where it is wrong", mark="weak-spots"):
        found = weak_spots(info)
        for sentence in found[:limit]:
            ui.label(sentence).classes(f"{TEXT} break-words max-w-full").mark("weak-spot")
        if not found:
            ui.label(NO_SLICES).classes(MUTED)
        if more := len(found) - len(found[:limit]):
            path = f"/models/{info.model}/versions/{info.version}"
            ui.link(f"and {format_count(more, 'smaller finding')}", path).classes(LINK).mark("more-weak-spots")
        ui.label(counted_on(info)).classes(f"{MUTED} break-words max-w-full").mark("counted-on")
        ui.label(worst_rows_hint(info)).classes(f"{MUTED} break-words max-w-full").mark("worst-rows-hint")


def _leaderboard(info: VersionInfo) -> None:
    weights = weight_texts(info.leaderboard)
    rows = [
        (estimator_name(entry.estimator), *weight, entry_score(info, entry), format_duration(entry.fit_seconds))
        for entry, weight in zip(info.leaderboard, weights, strict=True)
    ]
    metric, better = comparison_metric(info)
    weight_column = ("Weight",) if weights[0] else ()
    plain_table("Leaderboard", ("Estimator", *weight_column, metric, "Fit time"), rows)
    stopped = STOPPED if any(entry.folds for entry in info.leaderboard) else ""
    ui.label(f"{better.capitalize()} is better; ± is how much it varies between parts of the rows. {stopped}").classes(
        MUTED
    )
