"""Evaluation metrics of regression and classification."""

from collections.abc import Iterable

import numpy as np
import sklearn.metrics

from mlapp.schemas import Task


def metrics(
    task: Task,
    y: np.ndarray,
    predicted: np.ndarray,
    weights: np.ndarray | None = None,
    decided: np.ndarray | None = None,
) -> dict[str, float]:
    """Return `r2, mae, rmse`, or `accuracy, balanced_accuracy, log_loss, roc_auc`.

    `y` holds values or class indices, (rows,); `predicted` holds values (rows,) or probabilities (rows, classes);
    `weights` those of the rows, or None; `decided` the class indices that are predicted, if they are not those of the
    highest probability. ROC AUC is that of the second class if there are two, otherwise the mean over classes, each
    against the rest. It is left out if a class has no rows, and R² if there is only one row.
    """
    if task is Task.REGRESSION:
        errors = {
            "mae": float(sklearn.metrics.mean_absolute_error(y, predicted, sample_weight=weights)),
            "rmse": float(sklearn.metrics.root_mean_squared_error(y, predicted, sample_weight=weights)),
        }
        if len(y) == 1:
            return errors
        return {"r2": float(sklearn.metrics.r2_score(y, predicted, sample_weight=weights)), **errors}
    labels = np.arange(predicted.shape[1])
    predicted_class, probabilities = predicted.argmax(axis=1) if decided is None else decided, normalized(predicted)
    scores = {
        "accuracy": sklearn.metrics.accuracy_score(y, predicted_class, sample_weight=weights),
        "balanced_accuracy": sklearn.metrics.balanced_accuracy_score(y, predicted_class, sample_weight=weights),
        "log_loss": sklearn.metrics.log_loss(y, probabilities, labels=labels, sample_weight=weights),
    }
    if len(np.unique(y)) == len(labels):
        # One probability of two classes, and all of several.
        chosen, known = (predicted[:, 1], None) if len(labels) == 2 else (probabilities, labels)
        scores["roc_auc"] = sklearn.metrics.roc_auc_score(
            y, chosen, multi_class="ovr", labels=known, sample_weight=weights
        )
    return {name: float(score) for name, score in scores.items()}


def spread(fold_scores: Iterable[dict[str, float]]) -> dict[str, float]:
    """Return the standard deviation of each metric over the folds in which it is defined."""
    folds = list(fold_scores)
    names = dict.fromkeys(name for fold in folds for name in fold)
    return {name: float(np.std([fold[name] for fold in folds if name in fold])) for name in names}


def normalized(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities whose rows sum to 1 to the last digit, as scikit-learn's metrics require."""
    return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))
