"""Evaluation of a model: metrics next to its baseline, compared estimators, and plots."""

from nicegui import ui

from mlapp.presentation.formats import format_number
from mlapp.presentation.metrics import METRICS
from mlapp.presentation.sentences import quality_summary
from mlapp.schemas import VersionInfo
from pages.components.cards import card
from pages.components.charts.evaluation import importance_plot, plots
from pages.components.tables.plain_table import plain_table
from pages.theme import GRID, MUTED, TEXT


def scores(model: VersionInfo) -> None:
    """Draw the metrics next to those of a baseline that ignores the features."""
    ui.label(quality_summary(model)).classes(TEXT).mark("quality")
    rows = [
        (label, _score(model, name), format_number(model.baseline[name]) if name in model.baseline else "", meaning)
        for name, (label, meaning) in METRICS.items()
        if name in model.metrics
    ]
    plain_table("Metrics", ("Metric", "This model", "Baseline", "Meaning"), rows)


def _score(model: VersionInfo, name: str) -> str:
    spread = f" ± {format_number(model.spread[name])}" if name in model.spread else ""
    return f"{format_number(model.metrics[name])}{spread}"


def details(model: VersionInfo) -> None:
    """Draw the leaderboard, feature importance and plots."""
    with ui.element("div").classes(GRID):
        with card("Estimators compared"):
            _leaderboard(model)
        with card("Feature importance"):
            importance_plot([("", model.importance)])
    plots([model])


def _leaderboard(model: VersionInfo) -> None:
    rows = [
        (
            entry.estimator,
            f"{format_number(entry.score)} ± {format_number(entry.spread)}",
            f"{format_number(entry.fit_seconds)} s",
        )
        for entry in model.leaderboard
    ]
    plain_table("Leaderboard", ("Estimator", "RMSE" if model.task == "regression" else "Log loss", "Fit time"), rows)
    ui.label("Mean and standard deviation across folds; lower is better.").classes(MUTED)
