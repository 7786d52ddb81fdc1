"""Leaks: columns that tell the target alone, being the answer in other words or known only after it."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mlapp.ml.data.signature import matrix
from mlapp.schemas import Feature, Task

ENOUGH = {Task.REGRESSION: 0.99, Task.CLASSIFICATION: 0.98}
"""R² of the ranks, or balanced accuracy, from which on a column is a leak.

Measured: the best honest column of the bundled tables and of mpg, penguins and tips reaches 0.88.
"""
CELLS, MIN_SAMPLE, MAX_SAMPLE = 1_000_000, 500, 5_000
"""The search takes about so many cells, of so many rows at least and at most."""
MAX_CLASSES = 10
"""Classes told apart, the most frequent ones; the time of a tree grows with them."""
PARTS = 3
DEPTH = 6
"""A tree of up to 64 leaves follows any smooth relation to R² 0.999, and cannot learn many ids by heart."""
MIN_ROWS = 30


def leaks(frame: pl.DataFrame, features: Sequence[Feature], y: np.ndarray, task: Task, seed: int) -> list[str]:
    """Return the names of the features that predict the target alone, on sampled rows that were not learnt from.

    `frame` holds the features' columns converted; `y` values, or places of classes.
    """
    rows = _sample(y, task, min(MAX_SAMPLE, max(MIN_SAMPLE, CELLS // len(features))), seed)
    if len(rows) < MIN_ROWS:
        return []
    X, y = matrix(frame[rows], features), y[rows]
    # Ranks, for a few large values would drown the others.
    y = pl.Series(y).rank().to_numpy() if task is Task.REGRESSION else np.unique(y, return_inverse=True)[1]
    kind = KFold if task is Task.REGRESSION else StratifiedKFold
    parts = list(kind(PARTS, shuffle=True, random_state=seed).split(X, y))
    # Nearly every column fails the first part, so that the others cost nothing.
    return [
        feature.name
        for place, feature in enumerate(features)
        if all(_score(X[:, [place]], y, task, learn, judge) >= ENOUGH[task] for learn, judge in parts)
    ]


def _sample(y: np.ndarray, task: Task, size: int, seed: int) -> np.ndarray:
    """Return random rows; for classification as many of each frequent class, and none where there is one only."""
    rows = np.random.default_rng(seed).permutation(len(y))
    if task is Task.REGRESSION:
        return np.sort(rows[:size])
    counts = np.bincount(y)
    frequent = np.argsort(-counts, kind="stable")[:MAX_CLASSES]
    frequent = frequent[counts[frequent] >= 2 * PARTS]
    if len(frequent) < 2:
        return rows[:0]
    y = y[rows]
    return np.sort(np.concatenate([rows[y == label][: size // len(frequent)] for label in frequent]))


def _score(X: np.ndarray, y: np.ndarray, task: Task, learn: np.ndarray, judge: np.ndarray) -> float:
    """Return R² or balanced accuracy of a tree; scikit-learn's own take longer than the tree."""
    kind = DecisionTreeRegressor if task is Task.REGRESSION else DecisionTreeClassifier
    predicted = kind(max_depth=DEPTH, random_state=0).fit(X[learn], y[learn]).predict(X[judge])
    truth = y[judge]
    if task is Task.CLASSIFICATION:
        return float(np.mean(np.bincount(truth[truth == predicted], minlength=y.max() + 1) / np.bincount(truth)))
    total = np.sum((truth - truth.mean()) ** 2)
    return float(1 - np.sum((truth - predicted) ** 2) / total) if total else 0.0
