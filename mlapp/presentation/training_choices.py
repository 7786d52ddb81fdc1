"""Choices of a training: the estimator that it kept, and what its options changed in fits and scores."""

from collections.abc import Sequence

from mlapp.errors import shorten
from mlapp.presentation.estimators import estimator_name
from mlapp.presentation.formats import format_count, format_percent
from mlapp.presentation.metrics import LOWER_IS_BETTER, METRICS, format_metric, format_metric_with_spread
from mlapp.schemas import ClassWeight, InputKind, LeaderboardEntry, Loss, Task, VersionInfo

LOSSES = {
    Loss.SQUARED_ERROR: "squared error: predictions are means",
    Loss.ABSOLUTE_ERROR: "absolute error: predictions are medians, which outliers hardly change",
    Loss.POISSON: "Poisson: errors count in relation to the prediction",
}
MEANINGS = {
    "class_weight": "Rare values are found more often if all count alike, and mistaken for frequent ones more often.",
    "metric": "The score by which the best of all is kept.",
    "coverage": "How often the range around a prediction has to hold the true value.",
    "seed": "Another number splits the rows at random in another way.",
}
"""Option of a training → what it means, in one line."""
INPUTS = {
    InputKind.POLARS: "predicts from a polars frame",
    InputKind.PANDAS: "predicts from a pandas frame",
    InputKind.ARRAY: "predicts from an array",
    InputKind.TEXTS: "predicts from texts",
}
STOPPED = "Estimators that were clearly worse than another one on the first fold were not fitted on the others."
CLASS_WEIGHTS = {
    ClassWeight.BALANCED: "balanced: all classes count alike in a fit; probabilities are scaled back to natural rates",
}


def training_choices(info: VersionInfo) -> list[tuple[str, str]]:
    """Return names and values of the choices that differ from the defaults."""
    found = []
    if info.registered:
        found.append(("Fitted", f"elsewhere, and registered: {INPUTS[info.registered.input]}"))
        found.append(("Needs", ", ".join(map(shorten, info.registered.imports)) or "no module of its own"))
    if info.weight_column:
        weighted = "fits, metrics, intervals and importance"
        found.append(("Row weights", f"{shorten(info.weight_column)}: rows count by it in {weighted}"))
    if info.class_weight:
        found.append(("Class weight", CLASS_WEIGHTS[info.class_weight]))
    if info.metric:
        found.append(("Selected by", METRICS[info.metric][0]))
    if info.loss:
        found.append(("Loss", LOSSES[info.loss]))
    if info.never_negative:
        found.append(("Predictions", "never negative, nor are the bounds of the intervals"))
    if info.interval and info.interval.learned:
        found.append(("Interval width", "predicted from the features, as this was better out of fold"))
    return found


def dropped_rows(info: VersionInfo) -> str:
    """Return how many rows of the table were not used, and why."""
    why = "without a target or with a weight of 0" if info.weight_column else "without a target"
    return f"{format_count(info.rows_dropped, 'row')} {why}"


def comparison_metric(info: VersionInfo) -> tuple[str, str]:
    """Return the label of the metric of the leaderboard, and which values of it are better: `lower` or `higher`."""
    name = _compared_by(info)
    return METRICS[name][0], "lower" if name in LOWER_IS_BETTER else "higher"


def entry_score(info: VersionInfo, entry: LeaderboardEntry) -> str:
    """Return the score of an estimator in the leaderboard, with its spread if it was fitted on all folds."""
    name, unit = _compared_by(info), info.target_read_as.unit if info.target_read_as else None
    if entry.folds:
        return f"{format_metric(name, entry.score, unit)} (first fold only)"
    return format_metric_with_spread(name, {name: entry.score}, {name: entry.spread}, unit)


def _compared_by(info: VersionInfo) -> str:
    if info.task is Task.REGRESSION and not info.metric:
        return "mae" if info.loss is Loss.ABSOLUTE_ERROR else "rmse"
    return info.metric or "log_loss"


def estimator_text(info: VersionInfo) -> str:
    """Return the estimator in a sentence: `linear model`, `an ensemble of linear model (60%) and …`."""
    members = [
        f"{_in_sentence(entry.estimator)} ({format_percent(entry.weight or 0, nominal=True)})"
        for entry in _members(info)
    ]
    if not members:
        return _in_sentence(info.estimator)
    return f"an ensemble of {', '.join(members[:-1])} and {members[-1]}"


def estimator_title(info: VersionInfo) -> str:
    """Return the estimator as a title: `Linear model`, `Ensemble of 3`."""
    members = _members(info)
    return f"Ensemble of {len(members)}" if members else estimator_name(info.estimator)


def _in_sentence(estimator: str) -> str:
    name = estimator_name(estimator)
    return name if estimator == "lightgbm" else name[:1].lower() + name[1:]


def _members(info: VersionInfo) -> list[LeaderboardEntry]:
    """Return the members of an ensemble, the largest weight first."""
    return sorted((entry for entry in info.leaderboard if entry.weight), key=lambda entry: -(entry.weight or 0))


def weight_texts(leaderboard: Sequence[LeaderboardEntry]) -> list[tuple[str, ...]]:
    """Return the weight of each entry as the cell of a further column; no column if no ensemble was kept."""
    if not any(entry.weight for entry in leaderboard):
        return [() for _ in leaderboard]
    return [(format_percent(entry.weight, nominal=True) if entry.weight else "",) for entry in leaderboard]
