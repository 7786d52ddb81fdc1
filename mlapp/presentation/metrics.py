"""Metric catalog: label, meaning, direction and format, and the metric by which versions are ranked."""

from collections.abc import Iterable, Mapping

from mlapp import ml
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
"""Label and meaning of the metrics of the app."""
MAIN_METRIC = {Task.REGRESSION: "r2", Task.CLASSIFICATION: "accuracy"}
"""The metric by which versions are ranked, per task; higher is better."""
MAIN_SCORE = {Task.REGRESSION: "mae", Task.CLASSIFICATION: "accuracy"}
"""The metric that people understand at once, per task."""
LOWER_IS_BETTER = frozenset({"mae", "rmse", "log_loss"})
SHARES = frozenset({"accuracy", "balanced_accuracy"})
"""Metrics that are percentages."""
ERRORS = frozenset({"mae", "rmse"})
"""Metrics in units of the target."""


def metric_label(name: str) -> str:
    """Return the name of a metric for people: that of the app, of the fork, or its own words if neither has it now."""
    if name in METRICS:
        return METRICS[name][0]
    words = name.replace("_", " ").strip()
    return ml.OWN_METRICS[name].label if name in ml.OWN_METRICS else words[:1].upper() + words[1:]


def metric_meaning(name: str) -> str:
    """Return what a metric says; empty if it is not known."""
    if name in METRICS:
        return METRICS[name][1]
    return ml.OWN_METRICS[name].meaning if name in ml.OWN_METRICS else ""


def in_order(names: Iterable[str]) -> list[str]:
    """Return the metrics of the app among these in their order, then the others in theirs."""
    names = list(dict.fromkeys(names))
    return [name for name in METRICS if name in names] + [name for name in names if name not in METRICS]


def best_of(name: str, scores: Iterable[float]) -> float | None:
    """Return the best score by a metric; None if its direction is not known."""
    if name in METRICS:
        return min(scores) if name in LOWER_IS_BETTER else max(scores)
    own = ml.OWN_METRICS.get(name)
    return None if own is None else max(scores) if own.higher_is_better else min(scores)


def format_metric(name: str, value: float, unit: str | None = None) -> str:
    """Return a metric as people read it; `unit` is that of the target."""
    kind = _kind(name)
    if kind == "percent":
        return format_percent(value)
    return format_number(value, unit) if kind == "target" else format_ratio(value)


def _kind(name: str) -> str | None:
    """Return `target` if a metric is in its units, `percent` for a share."""
    if name in METRICS:
        return "percent" if name in SHARES else "target" if name in ERRORS else None
    own = ml.OWN_METRICS.get(name)
    return own.unit if own else None


def format_metric_with_spread(
    name: str, values: Mapping[str, float], spread: Mapping[str, float], unit: str | None = None
) -> str:
    """Return a metric and, where it is known, its standard deviation over the folds, such as `82.2 ± 3.9%`."""
    if name not in spread:
        return format_metric(name, values[name], unit)
    kind = _kind(name)
    unit = "%" if kind == "percent" else unit if kind == "target" else None
    return with_spread(values[name], spread[name], unit)
