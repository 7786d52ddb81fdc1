"""How good a model is, for everybody: a sentence, then the figures beside the baseline's."""

from nicegui import ui

from mlapp.presentation.sentences import METRICS, figure, quality
from mlapp.schemas import Model
from pages.components.tables.plain_table import plain_table
from pages.theme import MUTED, TEXT


def scores(model: Model) -> None:
    """Show the metrics of a model beside those of one that ignores the features."""
    ui.label(quality(model)).classes(TEXT).mark("quality")
    rows = [
        (label, _score(model, name), figure(model.baseline[name]) if name in model.baseline else "", meaning)
        for name, (label, meaning) in METRICS.items()
        if name in model.metrics
    ]
    plain_table("Scores", ("Score", "This model", "Without features", "Meaning"), rows)


def _score(model: Model, name: str) -> str:
    spread = f" ± {figure(model.spread[name])}" if name in model.spread else ""
    return f"{figure(model.metrics[name])}{spread}"


def leaderboard(model: Model) -> None:
    """Show the estimators that were compared."""
    rows = [
        (entry.estimator, f"{figure(entry.score)} ± {figure(entry.spread)}", f"{figure(entry.fit_seconds)} s")
        for entry in model.leaderboard
    ]
    plain_table(
        "Candidates", ("Estimator", "RMSE" if model.task == "regression" else "Log loss", "Time of a fit"), rows
    )
    ui.label("Mean over the folds and its standard deviation; lower is better.").classes(MUTED)
