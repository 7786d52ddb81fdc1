"""Which features a model leans on."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance
from sklearn.metrics import log_loss

from mlapp.ml.scores import proper
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
    rows = np.random.default_rng(seed).permutation(len(y))[:most]
    known = rows if task is Task.REGRESSION else rows[np.isin(y[rows], estimator.classes_)]
    if not len(known):
        return np.zeros(X.shape[1]), np.zeros(X.shape[1])
    found = permutation_importance(
        estimator,
        X[known],
        y[known],
        scoring="neg_root_mean_squared_error" if task is Task.REGRESSION else _negative_log_loss,
        n_repeats=repeats,
        random_state=seed,
    )
    return found.importances_mean, found.importances_std


def _negative_log_loss(estimator: BaseEstimator, X: np.ndarray, y: np.ndarray) -> float:
    return -float(log_loss(y, proper(estimator.predict_proba(X)), labels=estimator.classes_))
