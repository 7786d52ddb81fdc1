"""Whether a model is better than one that ignores the features."""

from collections.abc import Mapping

from mlapp.errors import shorten
from mlapp.schemas import Task

SELECTED_BY = {Task.REGRESSION: "rmse", Task.CLASSIFICATION: "log_loss"}
"""The metric by which `auto` keeps the best; lower is better."""


def beats_baseline(task: Task, metrics: Mapping[str, float], baseline: Mapping[str, float]) -> bool:
    """Return whether a model has the lower RMSE or log loss, and, as a regression, no R² below 0."""
    selected = SELECTED_BY[task]
    return metrics[selected] < baseline[selected] and metrics.get("r2", 0) >= 0


def no_better(task: Task, target: str, metrics: Mapping[str, float], baseline: Mapping[str, float]) -> list[str]:
    """Warn of a model that does not beat its baseline, and say what to do next."""
    if beats_baseline(task, metrics, baseline):
        return []
    if task is Task.REGRESSION:
        found = f"The model is no better than always predicting the mean: R² {metrics['r2']:.3g} on held-out rows."
    else:
        loss, blind = metrics["log_loss"], baseline["log_loss"]
        found = (
            "The model's probabilities are no better than always predicting the class frequencies: "
            f"log loss {loss:.3g} on held-out rows, against {blind:.3g}."
        )
    return [f"{found} Its features say little about '{shorten(target)}'; train again with other columns or more rows."]
