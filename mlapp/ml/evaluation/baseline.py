"""Baseline comparison: whether a model beats one that ignores the features."""

from collections.abc import Mapping

from mlapp.errors import shorten
from mlapp.schemas import Task

SELECTION_METRIC = {Task.REGRESSION: "rmse", Task.CLASSIFICATION: "log_loss"}
"""The metric by which `auto` selects the best estimator; lower is better."""


def beats_baseline(task: Task, metrics: Mapping[str, float], baseline: Mapping[str, float]) -> bool:
    """Return whether a model has the lower RMSE or log loss and, for regression, no negative R²."""
    metric = SELECTION_METRIC[task]
    return metrics[metric] < baseline[metric] and metrics.get("r2", 0) >= 0


def baseline_warnings(
    task: Task, target: str, metrics: Mapping[str, float], baseline: Mapping[str, float]
) -> list[str]:
    """Return a warning if a model does not beat its baseline, and nothing if it does."""
    if beats_baseline(task, metrics, baseline):
        return []
    if task is Task.REGRESSION:
        finding = f"No better than always predicting the mean: R² {metrics['r2']:.3g} on rows kept out of training."
    else:
        finding = (
            "Its probabilities are no better than always the shares of the values in the table: "
            f"log loss {metrics['log_loss']:.3g} on rows kept out of training, against {baseline['log_loss']:.3g}."
        )
    return [f"{finding} Its columns say little about '{shorten(target)}': train with other ones, or on more rows."]
