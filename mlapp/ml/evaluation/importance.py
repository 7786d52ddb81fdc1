"""Permutation feature importance."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import log_loss, root_mean_squared_error

from mlapp.ml.evaluation.metrics import normalized
from mlapp.schemas import Task

MIN_ROWS, MAX_ROWS = 100, 1_000
MIN_REPEATS, MAX_REPEATS = 2, 5
MAX_CELLS = 20_000_000
"""Cells predicted from in all; wider tables get fewer repeats and rows, down to the minimum of each."""


def sample_size(rows: int, features: int) -> tuple[int, int]:
    """Return the number of rows to sample, and how often each feature is shuffled."""
    # Each repeat predicts all sampled rows once for every feature.
    budget = MAX_CELLS / max(1, features) ** 2
    repeats = int(np.clip(budget // MAX_ROWS, MIN_REPEATS, MAX_REPEATS))
    return min(rows, int(np.clip(budget // repeats, MIN_ROWS, MAX_ROWS))), repeats


def permutation_importance(  # noqa: PLR0913, PLR0917 - a fitted estimator, its data and how to sample
    estimator: BaseEstimator,
    X: np.ndarray,
    y: np.ndarray,
    task: Task,
    seed: int,
    blocks: Sequence[Sequence[int]] | None = None,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of the increase in loss when a feature is shuffled, both (features,).

    The loss is RMSE, in units of the target, or log loss. Rows of classes that the estimator was not fitted on are
    left out.

    Args:
        estimator: Fitted on other rows than these.
        X: (rows, columns); sampled if there are many.
        y: Values, or class indices, (rows,).
        task: Selects the loss.
        seed: Of the sample and of the permutations.
        blocks: The columns of each feature, which are shuffled together; by default one each.
        weights: Of the rows, (rows,); None if all count alike.

    Source: Breiman, Random Forests, Machine Learning 45 (2001).
    """
    blocks = blocks or [[column] for column in range(X.shape[1])]
    max_rows, repeats = sample_size(len(y), len(blocks))
    random = np.random.default_rng(seed)
    rows = random.permutation(len(y))[:max_rows]
    if task is Task.CLASSIFICATION:
        rows = rows[np.isin(y[rows], estimator.classes_)]
    if not len(rows):
        return np.zeros(len(blocks)), np.zeros(len(blocks))
    X, y, weights = X[rows], y[rows], None if weights is None else weights[rows]
    losses = np.empty((len(blocks), repeats))
    for index, block in enumerate(blocks):
        # All repeats in one call, which takes hardly longer for five thousand rows than for a thousand.
        shuffled = np.tile(X, (repeats, 1))
        shuffled[:, block] = np.concatenate([random.permutation(X[:, block]) for _ in range(repeats)])
        losses[index] = _losses(estimator, shuffled, y, weights, task, repeats)
    increase = losses - _losses(estimator, X, y, weights, task, 1)
    return increase.mean(axis=1), increase.std(axis=1)


def _losses(  # noqa: PLR0913, PLR0917 - an estimator, rows, and how to score them
    estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, task: Task, repeats: int
) -> list[float]:
    """Return the loss of each repeat; `X` holds them one below the other, and `y` is the target of each."""
    if task is Task.CLASSIFICATION:
        loss = partial(log_loss, labels=estimator.classes_)
        predicted = normalized(estimator.predict_proba(X))
    else:
        loss, predicted = root_mean_squared_error, estimator.predict(X)
    return [float(loss(y, part, sample_weight=weights)) for part in np.split(predicted, repeats)]
