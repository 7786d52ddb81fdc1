"""Limits of novelty detection, calibrated on held-out training rows."""

from collections.abc import Sequence

import numpy as np

from mlapp.ml.inference.novelty import Distance, Novelty, quantiles
from mlapp.schemas import ColumnType, Feature

MAX_NOVEL = 0.0125
"""Share of held-out training rows that are novel, at most."""
MAX_UNKNOWN = 0.006
"""Share of them that have an unknown category in a column where that makes a row novel."""
MAX_FAR = 0.003
"""Share of them that have a number far outside the training data."""
MIN_OVERSHOOT = 1.2
"""A number is far outside if it is this many times as far from the median as the extreme of training, at least."""
MAX_JOINT = 100
"""Columns of the joint distance: those that depend most on others."""
FOLDS = 5
MAX_GROUP = 0.8
"""Share of the rows in one group up to which groups are held out together."""
SAMPLE_ROWS = 10_000
NUMERIC = (ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.DATETIME, ColumnType.BOOLEAN)


def fit_novelty(x: np.ndarray, features: Sequence[Feature], seed: int, groups: np.ndarray | None = None) -> Novelty:
    """Fit novelty detection on encoded training rows, (rows, columns), with NaN for missing values.

    Rows of one group, indices (rows,), are held out together, unless one group has nearly all rows.
    """
    x, random = x[:, : len(features)], np.random.default_rng(seed)
    rows = np.sort(random.permutation(len(x))[:SAMPLE_ROWS])
    sample, count = x[rows], len(rows)
    units = np.arange(count) if groups is None else np.unique(groups[rows], return_inverse=True)[1]
    if np.bincount(units).max() > MAX_GROUP * count:
        # Too few rows would be left to fit on.
        units = np.arange(count)
    folds = random.permutation(np.arange(units.max() + 1) % FOLDS)[units]
    categories = np.array([feature.type is ColumnType.CATEGORY for feature in features], dtype=bool)
    numeric = _varying(sample, np.flatnonzero([feature.type in NUMERIC for feature in features]))
    unknown, overshoot, distance = np.zeros((count, len(features)), dtype=bool), np.zeros(count), np.zeros(count)
    first = np.zeros((count, len(numeric)), dtype=bool)
    for fold in range(folds.max() + 1):
        test, train = folds == fold, sample[folds != fold]
        unknown[np.ix_(test, categories)] = _unknown(train[:, categories], sample[np.ix_(test, categories)])
        overshoot[test], first[test] = _overshoot(train[:, numeric], sample[np.ix_(test, numeric)])
    closed, bounded = categories & _within_share(unknown, MAX_UNKNOWN), _within_share(first, MAX_FAR)
    # Columns that are constant without a few rows say nothing about the distance of further such rows.
    joint = _most_correlated(sample, numeric[bounded])
    for fold in range(folds.max() + 1 if len(joint) > 1 else 0):
        distance[folds == fold] = Distance.fit(sample[folds != fold], joint).of_rows(sample[folds == fold])
    factor = max(MIN_OVERSHOOT, _limit(overshoot, np.zeros(count, dtype=bool), MAX_FAR))
    others = unknown[:, closed].any(axis=1) | (overshoot > factor) | first[:, bounded].any(axis=1)
    limit = _limit(distance, others, MAX_NOVEL)
    low, high = np.full(len(features), -np.inf), np.full(len(features), np.inf)
    least, centre, most = quantiles(x[:, numeric], 0, 0.5, 1)
    below, above = bounded | (least < centre), bounded | (most > centre)
    low[numeric[below]] = (centre - factor * (centre - least))[below]
    high[numeric[above]] = (centre + factor * (most - centre))[above]
    required = np.array([feature.required for feature in features], dtype=bool)
    return Novelty(required, closed, low, high, Distance.fit(sample, joint) if len(joint) > 1 else None, limit)


def _limit(values: np.ndarray, others: np.ndarray, share: float) -> float:
    """Return the least value such that at most a share of new rows exceeds it, counting `others`, (rows,), as such.

    It is the largest value if even that exceeds the share.
    """
    left = np.sort(values[~others])[::-1]
    allowed = int(share * (len(values) + 1)) - 1 - int(others.sum())
    return float(left[min(max(allowed, 0), len(left) - 1)]) if len(left) else np.inf


def _within_share(cells: np.ndarray, share: float) -> np.ndarray:
    """Return the columns, (columns,), that together have marked cells in few rows: most with the fewest."""
    order = np.argsort(cells.sum(axis=0), kind="stable")
    seen, within = np.zeros(len(cells), dtype=bool), np.zeros(cells.shape[1], dtype=bool)
    for column in order:
        seen |= cells[:, column]
        within[column] = seen.mean() <= share
    return within


def _varying(x: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the columns that have more than one value."""
    least, most = quantiles(x[:, columns], 0, 1)
    return columns[least < most]


def _most_correlated(x: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return at most `MAX_JOINT` columns: those with the largest rank correlations."""
    if len(columns) <= MAX_JOINT:
        return columns
    ranks = np.argsort(np.argsort(x[:, columns], axis=0), axis=0)
    correlations = np.abs(np.corrcoef(ranks, rowvar=False))
    np.fill_diagonal(correlations, 0)
    return np.sort(columns[np.argsort(-correlations.max(axis=0), kind="stable")[:MAX_JOINT]])


def _unknown(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the cells of test rows with categories that no training row has, (rows, columns)."""
    return np.column_stack(
        [
            ~np.isin(column, np.append(known, np.nan)) & ~np.isnan(column)
            for known, column in zip(train.T, test.T, strict=True)
        ]
        or [np.zeros((len(test), 0), dtype=bool)]
    )


def _overshoot(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the numbers of test rows lie outside: the multiple of the extreme's distance from the median.

    A column that is constant on a side has no such distance: the cells outside of it come second, (rows, columns).
    """
    least, centre, most = quantiles(train, 0, 0.5, 1)
    below, above = (test < least) & (least < centre), (test > most) & (most > centre)
    ratio = np.zeros(test.shape)
    np.divide(centre - test, centre - least, out=ratio, where=below)
    np.divide(test - centre, most - centre, out=ratio, where=above)
    return ratio.max(axis=1, initial=0.0), ((test < least) | (test > most)) & ~(below | above)
