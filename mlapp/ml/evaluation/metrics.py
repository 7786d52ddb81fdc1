"""How good predictions are, in the field's usual numbers."""

from collections.abc import Iterable

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from mlapp.schemas import Task


def metrics(task: Task, y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Score predictions: `r2, mae, rmse`, or `accuracy, balanced_accuracy, log_loss, roc_auc`.

    `predicted` is (rows,), or (rows, classes) of probabilities. ROC AUC is that of the second class where there
    are two, else the mean of one class against the rest; it is left out where a class has no row.
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
        "log_loss": float(log_loss(y, proper(predicted), labels=labels)),
    }
    if len(np.unique(y)) == len(labels):
        binary = len(labels) == 2
        shares = predicted[:, 1] if binary else proper(predicted)
        scores["roc_auc"] = float(roc_auc_score(y, shares, multi_class="ovr", labels=None if binary else labels))
    return scores


def spread(scores: Iterable[dict[str, float]]) -> dict[str, float]:
    """Return the standard deviation of every metric over the folds where it is defined."""
    by_fold = list(scores)
    names = dict.fromkeys(name for fold in by_fold for name in fold)
    return {name: float(np.std([fold[name] for fold in by_fold if name in fold])) for name in names}


def proper(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities whose rows sum to 1 to the last digit, as scikit-learn's metrics demand."""
    found: np.ndarray = probabilities / probabilities.sum(axis=1, keepdims=True)
    return found
