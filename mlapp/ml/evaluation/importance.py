"""Which features a model leans on."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import log_loss, root_mean_squared_error

from mlapp.ml.evaluation.metrics import proper
from mlapp.schemas import Task

MAX_ROWS = 1_000
MIN_ROWS = 100
MAX_REPEATS = 5
MIN_REPEATS = 2
MAX_CELLS = 20_000_000
"""Cells that it predicts from in all; wide tables make do with fewer repeats and rows, down to the least above."""


def extent(rows: int, features: int) -> tuple[int, int]:
    """Return how many rows to shuffle and how often: each time every feature's turn predicts them all."""
    turns = MAX_CELLS / max(1, features) ** 2
    repeats = int(np.clip(turns // MAX_ROWS, MIN_REPEATS, MAX_REPEATS))
    return min(rows, int(np.clip(turns // repeats, MIN_ROWS, MAX_ROWS))), repeats


def importance(
    estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, task: Task, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of how much shuffling each column worsens the score, both (features,).

    The score is RMSE in units of the target, or log loss. `estimator` must not have been fitted on these rows;
    of many it takes a random part.

    Source: Breiman, Random Forests, Machine Learning 45 (2001).
    """
    most, repeats = extent(*X.shape)
    random = np.random.default_rng(seed)
    rows = random.permutation(len(y))[:most]
    known = rows if task is Task.REGRESSION else rows[np.isin(y[rows], estimator.classes_)]
    if not len(known):
        return np.zeros(X.shape[1]), np.zeros(X.shape[1])
    shown, actual = X[known], y[known]
    losses = np.empty((X.shape[1], repeats))
    for place in range(X.shape[1]):
        # All repeats in one call: what a call costs is mostly the same for a thousand rows as for five.
        shuffled = np.tile(shown, (repeats, 1))
        shuffled[:, place] = np.concatenate([random.permutation(shown[:, place]) for _ in range(repeats)])
        losses[place] = _losses(estimator, shuffled, actual, task, repeats)
    worse = losses - _losses(estimator, shown, actual, task, 1)
    return worse.mean(axis=1), worse.std(axis=1)


def _losses(estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, task: Task, parts: int) -> list[float]:
    """Return the loss of each part of the rows; all are to be `y`."""
    if task is Task.REGRESSION:
        return [float(root_mean_squared_error(y, part)) for part in np.split(estimator.predict(X), parts)]
    found = np.split(proper(estimator.predict_proba(X)), parts)
    return [float(log_loss(y, part, labels=estimator.classes_)) for part in found]
