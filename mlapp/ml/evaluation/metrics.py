"""Evaluation metrics of regression and classification."""

from collections.abc import Iterable

import numpy as np
import sklearn.metrics

from mlapp.schemas import Task


def metrics(task: Task, y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return `r2, mae, rmse`, or `accuracy, balanced_accuracy, log_loss, roc_auc`.

    `y` holds values or class indices, (rows,); `predicted` holds values (rows,) or probabilities (rows, classes).
    ROC AUC is that of the second class if there are two, otherwise the mean over classes, each against the rest. It is
    left out if a class has no rows, and R² if there is only one row.
    """
    if task is Task.REGRESSION:
        errors = {
            "mae": float(sklearn.metrics.mean_absolute_error(y, predicted)),
            "rmse": float(sklearn.metrics.root_mean_squared_error(y, predicted)),
        }
        return {"r2": float(sklearn.metrics.r2_score(y, predicted)), **errors} if len(y) > 1 else errors
    labels = np.arange(predicted.shape[1])
    predicted_class = predicted.argmax(axis=1)
    scores = {
        "accuracy": float(sklearn.metrics.accuracy_score(y, predicted_class)),
        "balanced_accuracy": float(sklearn.metrics.balanced_accuracy_score(y, predicted_class)),
        "log_loss": float(sklearn.metrics.log_loss(y, normalized(predicted), labels=labels)),
    }
    if len(np.unique(y)) == len(labels):
        binary = len(labels) == 2
        y_score = predicted[:, 1] if binary else normalized(predicted)
        scores["roc_auc"] = float(
            sklearn.metrics.roc_auc_score(y, y_score, multi_class="ovr", labels=None if binary else labels)
        )
    return scores


def spread(fold_scores: Iterable[dict[str, float]]) -> dict[str, float]:
    """Return the standard deviation of each metric over the folds in which it is defined."""
    folds = list(fold_scores)
    names = dict.fromkeys(name for fold in folds for name in fold)
    return {name: float(np.std([fold[name] for fold in folds if name in fold])) for name in names}


def normalized(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities whose rows sum to 1 to the last digit, as scikit-learn's metrics require."""
    return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))
