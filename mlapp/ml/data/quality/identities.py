"""Target leakage by several columns: sums, weighted sums and products that restate the target."""

from collections.abc import Sequence

import numpy as np

from mlapp.ml.data.quality.leakage import MIN_ROWS
from mlapp.schemas import ColumnType, Feature, Task

MAX_PARTS = 5
"""Columns of an identity."""
MAX_ROWS, MAX_COLUMNS = 5_000, 200
"""Bounds of the search."""
EXACT_SCORE = 0.9999
"""R² from which a weighted sum or a product counts as an identity."""
SUM_SCORE, SUM_TOLERANCE = 0.95, 0.1
"""R² from which a sum does: all weights are 1 or -1 within this tolerance, as parts of a bill that miss a surcharge."""
MIN_GAIN = 1e-3
"""Share of the variance that each column has to explain beyond the others."""


def adding_up(X: np.ndarray, features: Sequence[Feature], y: np.ndarray, task: Task, seed: int) -> list[str]:
    """Return the names of two or more numeric features that together restate a numeric target; empty if none do.

    `X` has the columns of the features, NaN where a value is missing; `y` holds the targets.
    """
    numeric = [index for index, each in enumerate(features) if each.type in {ColumnType.NUMBER, ColumnType.INTEGER}][
        :MAX_COLUMNS
    ]
    rows = np.random.default_rng(seed).permutation(len(y))[:MAX_ROWS]
    if task is not Task.REGRESSION or len(numeric) < 2 or len(rows) < MIN_ROWS or not np.ptp(y[rows]):
        return []
    parts, y = X[np.ix_(rows, np.array(numeric))], y[rows]
    found = _parts(parts, y)
    if not found and y.min() > 0:
        positive = np.flatnonzero(np.where(np.isnan(parts), 1.0, parts).min(axis=0) > 0)
        found = [int(positive[index]) for index in _parts(np.log(parts[:, positive]), np.log(y), sums=False)]
    return [features[numeric[index]].name for index in found]


def _parts(X: np.ndarray, y: np.ndarray, *, sums: bool = True) -> list[int]:
    """Return the columns whose weighted sum is `y`, found by orthogonal matching pursuit; empty if there are none."""
    X = np.nan_to_num(X - np.nansum(X, axis=0) / np.maximum(1, np.isfinite(X).sum(axis=0)))
    y = y - y.mean()
    norms = np.linalg.norm(X, axis=0)
    usable = norms > 0
    chosen: list[int] = []
    residual = y
    for _ in range(min(MAX_PARTS, int(usable.sum()))):
        strength = np.where(usable, np.abs(residual @ X) / np.where(usable, norms, 1.0), -1.0)
        strength[chosen] = -1.0
        chosen.append(int(np.argmax(strength)))
        _, residual, score = _fit(X[:, chosen], y)
        if score < SUM_SCORE:
            continue
        # What was chosen first may be a proxy of what came later, such as the distance of a fare.
        kept = [column for column in chosen if _gain(X, y, chosen, column) >= MIN_GAIN]
        if len(kept) > 1 and _is_identity(*_fit(X[:, kept], y)[::2], sums=sums):
            return sorted(kept)
    return []


def _is_identity(weights: np.ndarray, score: float, *, sums: bool) -> bool:
    is_sum = sums and score >= SUM_SCORE and bool(np.all(np.abs(np.abs(weights) - 1) <= SUM_TOLERANCE))
    return score >= EXACT_SCORE or is_sum


def _gain(X: np.ndarray, y: np.ndarray, columns: list[int], left_out: int) -> float:
    """Return how much of the variance a column explains beyond the others."""
    others = [column for column in columns if column != left_out]
    return _fit(X[:, columns], y)[2] - (_fit(X[:, others], y)[2] if others else 0.0)


def _fit(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the weights of a least-squares fit of centred columns, its residuals, and R²."""
    weights = np.linalg.lstsq(X, y, rcond=None)[0]
    residual = y - X @ weights
    return weights, residual, float(1 - residual @ residual / (y @ y))
