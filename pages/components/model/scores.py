"""Evaluation of a version: metrics next to its baseline, compared estimators, and plots."""

from nicegui import ui

from mlapp.presentation.formats import format_number
from mlapp.presentation.metrics import METRICS
from mlapp.presentation.sentences import quality_summary
from mlapp.presentation.training_choices import STOPPED, comparison_metric, weight_texts
from mlapp.schemas import VersionInfo
from pages.components.cards import card
from pages.components.charts.evaluation import importance_plot, plots
from pages.components.tables.plain_table import plain_table
from pages.theme import GRID, MUTED, TEXT


def scores(info: VersionInfo) -> None:
    """Draw the metrics next to those of a baseline that ignores the features."""
    ui.label(quality_summary(info)).classes(TEXT).mark("quality")
    rows = [
        (label, _score(info, name), format_number(info.baseline[name]) if name in info.baseline else "", meaning)
        for name, (label, meaning) in METRICS.items()
        if name in info.metrics
    ]
    plain_table("Metrics", ("Metric", "This version", "Baseline", "Meaning"), rows)


def _score(info: VersionInfo, name: str) -> str:
    spread = f" ± {format_number(info.spread[name])}" if name in info.spread else ""
    return f"{format_number(info.metrics[name])}{spread}"


def details(info: VersionInfo) -> None:
    """Draw the leaderboard, feature importance and plots."""
    with ui.element("div").classes(GRID):
        with card("Estimators compared"):
            _leaderboard(info)
        with card("Feature importance"):
            importance_plot([("", info.importance)])
    plots([info])


def _leaderboard(info: VersionInfo) -> None:
    weights = weight_texts(info.leaderboard)
    rows = [
        (
            entry.estimator,
            *weight,
            f"{format_number(entry.score)} {'(first fold)' if entry.folds else f'± {format_number(entry.spread)}'}",
            f"{format_number(entry.fit_seconds)} s",
        )
        for entry, weight in zip(info.leaderboard, weights, strict=True)
    ]
    metric, better = comparison_metric(info)
    weight_column = ("Weight",) if weights[0] else ()
    plain_table("Leaderboard", ("Estimator", *weight_column, metric, "Fit time"), rows)
    stopped = STOPPED if any(entry.folds for entry in info.leaderboard) else ""
    ui.label(f"Mean and standard deviation across folds; {better} is better. {stopped}").classes(MUTED)
