"""Alikeness: how much of a matrix's columns follows from the groups of its rows."""

import numpy as np

EXACT = 1e-4
"""Share of the variance that counts as none, so that constant columns of groups have a finite information."""
MAX_STEADY, DEVIATIONS = 0.7, 2.5
"""Measured: the ratio of numbers that name groups is 0.9 or more, that of most quantities less than 0.6."""
MIN_CORRELATION = 0.1
"""Smaller intraclass correlations say nothing about the order of groups."""


def intraclass_correlations(groups: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return for each column how alike rows of a group are: 0 as by chance, 1 if equal; (columns,).

    `groups` holds an index from 0 for each row; missing values in X count as the mean.

    Source: Shrout and Fleiss, Intraclass Correlations (1979), ICC(1), with the mean group size of unequal groups.
    """
    counts, (scaled, _) = np.bincount(groups), _scaled(X)
    rows, number = len(groups), len(counts)
    sums = _sums(groups, scaled)
    between = (sums**2 / counts[:, None]).sum(axis=0)
    within = ((scaled**2).sum(axis=0) - between) / max(1, rows - number)
    between /= max(1, number - 1)
    size = (rows - (counts**2).sum() / rows) / max(1, number - 1)
    total = between + (size - 1) * within
    return np.asarray(np.clip(np.divide(between - within, total, out=np.zeros_like(total), where=total > 0), 0, 1))


def information(groups: np.ndarray, X: np.ndarray) -> float:
    """Return what the columns tell about the group of a row, as a share of what there is to know: 0 none, 1 all.

    Information of several columns adds up, so it may be above 1. That of a column is bounded by its entropy.
    """
    correlations = intraclass_correlations(groups, X)
    bits = np.minimum(-0.5 * np.log(1 - correlations + EXACT), [_entropy(column) for column in X.T])
    return float(bits.sum() / np.log(groups.max() + 1))


def is_steady(values: np.ndarray, groups: np.ndarray, X: np.ndarray) -> bool:
    """Return whether the means of groups change steadily with the value of the group, as those of ages do.

    Numbers of patients have no order that matters. `values` holds the value that makes the group of each row.

    Source: von Neumann, Distribution of the Ratio of the Mean Square Successive Difference to the Variance (1941): 1
    for independent means, with a variance of about 1 / groups.
    """
    correlations = intraclass_correlations(groups, X)
    telling = correlations >= MIN_CORRELATION
    if not telling.any():
        return False
    counts = np.bincount(groups)
    order = np.argsort(np.bincount(groups, values) / counts)
    means = (_sums(groups, _scaled(X[:, telling])[0]) / counts[:, None])[order]
    ratios = (np.diff(means, axis=0) ** 2).mean(axis=0) / (2 * means.var(axis=0) + EXACT)
    weights = -np.log(1 - correlations[telling] + EXACT)
    independent = weights.sum() ** 2 / (weights**2).sum()
    limit = min(MAX_STEADY, 1 - DEVIATIONS / np.sqrt(len(counts) * independent))
    return bool(np.average(ratios, weights=weights) < limit)


def _sums(groups: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return the sum of each column by group, (groups, columns)."""
    order = np.argsort(groups, kind="stable")
    return np.asarray(np.add.reduceat(X[order], np.flatnonzero(np.diff(groups[order], prepend=-1)), axis=0))


def _scaled(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns with a mean of 0 and a standard deviation of 1, or 0 if they are constant; and the latter."""
    present = ~np.isnan(X)
    counts = np.maximum(1, present.sum(axis=0))
    filled = np.where(present, X, 0.0)
    centred = np.where(present, filled - filled.sum(axis=0) / counts, 0.0)
    spread = np.sqrt((centred**2).mean(axis=0))
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0), spread


def _entropy(column: np.ndarray) -> float:
    shares = np.unique(column, return_counts=True)[1] / len(column)
    return float(-(shares * np.log(shares)).sum())
