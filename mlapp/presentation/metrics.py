"""Metric catalog: label, meaning, direction and format, and the metric by which versions are ranked."""

from collections.abc import Mapping

from mlapp.presentation.formats import format_number, format_percent, format_ratio, with_spread
from mlapp.schemas import Task

METRICS = {
    "r2": ("R²", "how much of the differences between rows it explains: 0 is nothing, 1 is all"),
    "mae": ("Average error", "mean absolute error: how far predictions are off, in units of the target"),
    "rmse": ("RMSE", "root mean squared error: as the average error, but large errors weigh more"),
    "accuracy": ("Accuracy", "share of rows that are predicted correctly"),
    "balanced_accuracy": ("Balanced accuracy", "the same, where every class counts alike"),
    "log_loss": ("Log loss", "error of the predicted probabilities; lower is better"),
    "roc_auc": ("ROC AUC", "how well it ranks rows: 0.5 is chance, 1 is perfect"),
}
"""Label and meaning of every metric."""
MAIN_METRIC = {Task.REGRESSION: "r2", Task.CLASSIFICATION: "accuracy"}
"""The metric by which versions are ranked, per task; higher is better."""
MAIN_SCORE = {Task.REGRESSION: "mae", Task.CLASSIFICATION: "accuracy"}
"""The metric that people understand at once, per task."""
LOWER_IS_BETTER = frozenset({"mae", "rmse", "log_loss"})
SHARES = frozenset({"accuracy", "balanced_accuracy"})
"""Metrics that are percentages."""
ERRORS = frozenset({"mae", "rmse"})
"""Metrics in units of the target."""


def format_metric(name: str, value: float, unit: str | None = None) -> str:
    """Return a metric as people read it; `unit` is that of the target."""
    if name in SHARES:
        return format_percent(value)
    return format_number(value, unit) if name in ERRORS else format_ratio(value)


def format_metric_with_spread(
    name: str, values: Mapping[str, float], spread: Mapping[str, float], unit: str | None = None
) -> str:
    """Return a metric and, where it is known, its standard deviation over the folds, such as `82.2 ± 3.9%`."""
    if name not in spread:
        return format_metric(name, values[name], unit)
    unit = "%" if name in SHARES else unit if name in ERRORS else None
    return with_spread(values[name], spread[name], unit)
