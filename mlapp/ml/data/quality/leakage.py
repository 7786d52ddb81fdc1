"""Target leakage: features that predict the target on their own."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mlapp.ml.data.encoding import encode_columns
from mlapp.schemas import Feature, Task

MIN_SCORE = {Task.REGRESSION: 0.99, Task.CLASSIFICATION: 0.98}
"""R² of the ranks, or balanced accuracy, from which a feature counts as a leak.

Measured: the best legitimate feature of the bundled tables and of mpg, penguins and tips reaches 0.88.
"""
MAX_CELLS, MIN_SAMPLE, MAX_SAMPLE = 1_000_000, 500, 5_000
"""The search samples about this many cells, within these numbers of rows."""
MAX_CLASSES = 10
"""Only the most frequent classes are predicted, as the time to fit a tree grows with their number."""
FOLDS = 3
MAX_DEPTH = 6
"""A tree of up to 64 leaves fits any smooth relation to R² 0.999, and cannot memorize many IDs."""
MIN_ROWS = 30


def leaking_features(
    frame: pl.DataFrame, features: Sequence[Feature], y: np.ndarray, task: Task, seed: int
) -> list[str]:
    """Return the names of the features from which a decision tree alone predicts held-out rows of a sample.

    `frame` holds the converted columns of the features; `y` holds values or class indices.
    """
    rows = _sample(y, task, min(MAX_SAMPLE, max(MIN_SAMPLE, MAX_CELLS // len(features))), seed)
    if len(rows) < MIN_ROWS:
        return []
    X, y = encode_columns(frame[rows], features), y[rows]
    # Ranks, because a few large values would dominate R².
    y = pl.Series(y).rank().to_numpy() if task is Task.REGRESSION else np.unique(y, return_inverse=True)[1]
    splitter = KFold if task is Task.REGRESSION else StratifiedKFold
    splits = list(splitter(FOLDS, shuffle=True, random_state=seed).split(X, y))
    # Nearly every feature fails on the first fold, so the other folds cost next to nothing.
    return [
        feature.name
        for index, feature in enumerate(features)
        if all(_score(X[:, [index]], y, task, train, test) >= MIN_SCORE[task] for train, test in splits)
    ]


def _sample(y: np.ndarray, task: Task, size: int, seed: int) -> np.ndarray:
    """Return random rows; for classification equally many of each frequent class, and none if there is only one."""
    rows = np.random.default_rng(seed).permutation(len(y))
    if task is Task.REGRESSION:
        return np.sort(rows[:size])
    counts = np.bincount(y)
    frequent = np.argsort(-counts, kind="stable")[:MAX_CLASSES]
    frequent = frequent[counts[frequent] >= 2 * FOLDS]
    if len(frequent) < 2:
        return rows[:0]
    y = y[rows]
    return np.sort(np.concatenate([rows[y == label][: size // len(frequent)] for label in frequent]))


def _score(X: np.ndarray, y: np.ndarray, task: Task, train: np.ndarray, test: np.ndarray) -> float:
    """Return R² or balanced accuracy of a decision tree; scikit-learn's own scorers take longer than the tree."""
    tree = DecisionTreeRegressor if task is Task.REGRESSION else DecisionTreeClassifier
    predicted = tree(max_depth=MAX_DEPTH, random_state=0).fit(X[train], y[train]).predict(X[test])
    actual = y[test]
    if task is Task.CLASSIFICATION:
        return float(np.mean(np.bincount(actual[actual == predicted], minlength=y.max() + 1) / np.bincount(actual)))
    total = np.sum((actual - actual.mean()) ** 2)
    return float(1 - np.sum((actual - predicted) ** 2) / total) if total else 0.0
