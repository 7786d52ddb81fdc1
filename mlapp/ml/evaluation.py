"""How good a model is, judged on rows it has not seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.model_selection import KFold, StratifiedKFold

from mlapp.errors import Unacceptable
from mlapp.schemas import Task

FOLDS = 5
LATEST_SHARE = 0.2
"""Share of the rows held out when the latest ones are."""
MAX_ROWS = 20_000
"""Rows that an evaluation takes; of more, it takes a random part."""
IMPORTANCE_ROWS = 1_000
IMPORTANCE_REPEATS = 5

Fold = tuple[np.ndarray, np.ndarray]
"""Indices of the rows to fit on, and of the rows to judge on."""


@dataclass(frozen=True)
class Rows:
    """What is learnt from and judged by."""

    X: np.ndarray
    """(rows, features)"""
    y: np.ndarray
    """(rows,) of values, or of the places of classes."""
    folds: list[Fold]
    classes: int | None
    """How many classes there are; None for regression."""


@dataclass
class OutOfFold:
    """What an estimator predicted for rows it was not fitted on.

    `predicted` is (rows,) for regression and (rows, classes) of probabilities for classification, NaN where
    a row was in no fold; `fitted` is the estimator of the last fold.
    """

    predicted: np.ndarray
    fitted: BaseEstimator
    fit_seconds: list[float] = field(default_factory=list)


def folds(task: Task, y: np.ndarray, seed: int, times: np.ndarray | None = None) -> list[Fold]:
    """Split rows for evaluation: stratified for classification; the latest rows held out when `times` are given.

    Raises:
        Unacceptable: the classes of the latest rows cannot be learnt from the earlier ones.
    """
    if times is not None:
        return [_latest(task, y, times)]
    random = np.random.default_rng(seed)
    if task is Task.REGRESSION:
        rows = np.sort(random.permutation(len(y))[:MAX_ROWS])
        splits = KFold(FOLDS, shuffle=True, random_state=seed).split(rows)
    else:
        rows = _stratified_part(y, random)
        parts = min(FOLDS, int(np.bincount(y[rows]).max()))
        splits = StratifiedKFold(parts, shuffle=True, random_state=seed).split(rows, y[rows])
    return [(rows[fit], rows[judge]) for fit, judge in splits]


def _latest(task: Task, y: np.ndarray, times: np.ndarray) -> Fold:
    order = np.argsort(times, kind="stable")
    cut = len(order) - max(1, round(len(order) * LATEST_SHARE))
    earlier, latest = order[:cut], order[cut:]
    seen = np.unique(y[earlier])
    if task is Task.CLASSIFICATION and (len(seen) < 2 or not np.isin(y[latest], seen).any()):
        raise Unacceptable(
            f"The latest {len(latest)} rows by the time column are for judging, but the {len(earlier)} earlier ones "
            "hold only one class, or none of theirs; send more rows, or leave 'time_column' out."
        )
    return earlier, latest


def _stratified_part(y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return up to about `MAX_ROWS` rows, of every class its share and at least two."""
    if len(y) <= MAX_ROWS:
        return np.arange(len(y))
    shuffled = random.permutation(len(y))
    by_class = [shuffled[y[shuffled] == label] for label in np.unique(y)]
    return np.sort(np.concatenate([rows[: max(2, round(len(rows) * MAX_ROWS / len(y)))] for rows in by_class]))


def out_of_fold(make: Callable[[], BaseEstimator], rows: Rows, clock: Callable[[], float]) -> Iterator[OutOfFold]:
    """Fit on each fold and predict its other rows; yields the growing result after every fold."""
    X, y, classes = rows.X, rows.y, rows.classes
    predicted = np.full((len(y), classes) if classes else len(y), np.nan)
    seconds: list[float] = []
    for learn, judge in rows.folds:
        estimator, started = make(), clock()
        fit(estimator, X[learn], y[learn])
        seconds.append(clock() - started)
        predicted[judge] = predict(estimator, X[judge], classes)
        yield OutOfFold(predicted, estimator, seconds)


def fit(estimator: BaseEstimator, X: np.ndarray, y: np.ndarray) -> BaseEstimator:
    """Fit an estimator, and have it predict on one thread.

    Threads that add up trees as they come give sums that differ in the last digit from call to call, and cost
    more than they save on single rows.
    """
    estimator.fit(X, y)
    for step in [step for _, step in estimator.steps] if hasattr(estimator, "steps") else [estimator]:
        if "n_jobs" in step.get_params(deep=False):
            step.set_params(n_jobs=None)
    return estimator


def predict(estimator: BaseEstimator, X: np.ndarray, classes: int | None) -> np.ndarray:
    """Return predicted values (rows,), or probabilities (rows, classes); 0 for a class the estimator never saw."""
    if classes is None:
        return np.asarray(estimator.predict(X), dtype=float)
    probabilities = np.zeros((len(X), classes))
    probabilities[:, estimator.classes_] = estimator.predict_proba(X)
    return probabilities


def metrics(task: Task, y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Score predictions: `r2, mae, rmse`, or `accuracy, balanced_accuracy, log_loss, roc_auc`.

    ROC AUC is that of the second class where there are two, else the mean of one class against the rest; it
    is left out where a class has no row.
    """
    if task is Task.REGRESSION:
        return {
            "r2": float(r2_score(y, predicted)),
            "mae": float(mean_absolute_error(y, predicted)),
            "rmse": float(root_mean_squared_error(y, predicted)),
        }
    labels = np.arange(predicted.shape[1])
    answers = predicted.argmax(axis=1)
    scores = {
        "accuracy": float(accuracy_score(y, answers)),
        "balanced_accuracy": float(balanced_accuracy_score(y, answers)),
        "log_loss": float(log_loss(y, _proper(predicted), labels=labels)),
    }
    if len(np.unique(y)) == len(labels):
        binary = len(labels) == 2
        shares = predicted[:, 1] if binary else _proper(predicted)
        scores["roc_auc"] = float(roc_auc_score(y, shares, multi_class="ovr", labels=None if binary else labels))
    return scores


def spread(task: Task, y: np.ndarray, predicted: np.ndarray, folds: list[Fold]) -> dict[str, float]:
    """Return the standard deviation of every metric over the folds where it is defined."""
    scores = [metrics(task, y[judge], predicted[judge]) for _, judge in folds]
    names = dict.fromkeys(name for fold in scores for name in fold)
    return {name: float(np.std([fold[name] for fold in scores if name in fold])) for name in names}


def interval_half_width(y: np.ndarray, predicted: np.ndarray, coverage: float) -> float:
    """Return the half-width of prediction intervals that should hold `coverage` of the true values.

    It is the ⌈(n+1)·coverage⌉-th smallest of the n absolute out-of-fold residuals.

    Source: Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World (2005), ch. 4; with residuals of
    cross-validation: Vovk, Cross-conformal predictors, Ann. Math. Artif. Intell. 74 (2015).
    """
    residuals = np.sort(np.abs(y - predicted))
    place = int(np.ceil((len(residuals) + 1) * coverage))
    return float(residuals[min(place, len(residuals)) - 1])


def importance(
    estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, task: Task, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of how much shuffling each column worsens the score.

    The score is RMSE in units of the target, or log loss. `estimator` must not have been fitted on these rows.

    Source: Breiman, Random Forests, Machine Learning 45 (2001).
    """
    rows = np.random.default_rng(seed).permutation(len(y))[:IMPORTANCE_ROWS]
    known = rows if task is Task.REGRESSION else rows[np.isin(y[rows], estimator.classes_)]
    found = permutation_importance(
        estimator,
        X[known],
        y[known],
        scoring="neg_root_mean_squared_error" if task is Task.REGRESSION else _negative_log_loss,
        n_repeats=IMPORTANCE_REPEATS,
        random_state=seed,
    )
    return found.importances_mean, found.importances_std


def _negative_log_loss(estimator: BaseEstimator, X: np.ndarray, y: np.ndarray) -> float:
    return -float(log_loss(y, _proper(estimator.predict_proba(X)), labels=estimator.classes_))


def _proper(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities whose rows sum to 1 to the last digit, as scikit-learn's metrics demand."""
    proper: np.ndarray = probabilities / probabilities.sum(axis=1, keepdims=True)
    return proper
