"""Conformal sets of classes: they contain the true class with the nominal coverage, also that of a rare class."""

import math

import numpy as np

from mlapp.schemas.decisions import ClassSets

MIN_ROWS = 50
"""Rows by which the least probability of a class is found; rarer classes are pooled."""
ROWS_OUTSIDE = 5
"""With a high coverage, as many rows as it takes that this many are outside."""
ROUNDING = 1e-9
"""By how much a probability may be lower, and a sum of weights too small."""


def fit_class_sets(
    y: np.ndarray, probabilities: np.ndarray, coverage: float, weights: np.ndarray | None = None
) -> ClassSets:
    """Fit sets of classes that contain the true class of the share `coverage` of the rows of each class.

    The score of a row is 1 - p, where p is the probability of its class, and 0 if that is the most probable one, which
    is in every set. Of the n scores of the rows of a class, the ⌈(n+1)(1-α)⌉-th decides on the least probability, where
    1-α is the coverage; all probabilities are in the set if n is smaller than that.

    Args:
        y: Class indices, (rows,).
        probabilities: Out of fold, (rows, classes).
        coverage: Between 0 and 1.
        weights: Of the rows, (rows,), with a mean of 1.

    Source: Sadinle, Lei, Wasserman, Least Ambiguous Set-Valued Classifiers with Bounded Error Levels, JASA 114 (2019),
    §3; by class: Vovk, Conditional Validity of Inductive Conformal Predictors (ACML 2012), §4.
    """
    rows = np.arange(len(y))
    scores = np.where(probabilities.argmax(axis=1) == y, 0.0, 1 - probabilities[rows, y])
    weights = np.ones(len(y)) if weights is None else weights
    least = np.zeros(probabilities.shape[1])
    for pool in _pools(np.bincount(y, minlength=len(least)), coverage):
        own = np.isin(y, pool)
        least[pool] = max(0.0, 1 - _quantile(scores[own], weights[own], coverage) - ROUNDING)
    return ClassSets(least=least.tolist())


def sets_of(class_sets: ClassSets, probabilities: np.ndarray) -> np.ndarray:
    """Return which classes are in the set of each row, (rows, classes)."""
    found = probabilities >= np.array(class_sets.least)
    found[np.arange(len(found)), probabilities.argmax(axis=1)] = True
    return np.asarray(found)


def ranked(sets: np.ndarray, probabilities: np.ndarray) -> list[list[int]]:
    """Return the classes in the set of each row, the most probable first, from arrays of (rows, classes)."""
    order = np.argsort(np.where(sets, -probabilities, 1.0), axis=1, kind="stable")
    return [row[:count] for row, count in zip(order.tolist(), sets.sum(axis=1).tolist(), strict=True)]


def _pools(counts: np.ndarray, coverage: float) -> list[list[int]]:
    """Return the classes that share a quantile: each alone, but those with too few rows with the next rarest ones."""
    enough = max(MIN_ROWS, math.ceil(ROWS_OUTSIDE / (1 - coverage)))
    pools: list[list[int]] = []
    for label in np.argsort(counts, kind="stable").tolist():
        if pools and counts[pools[-1]].sum() < enough:
            pools[-1].append(label)
        else:
            pools.append([label])
    if len(pools) > 1 and counts[pools[-1]].sum() < enough:
        rest = pools.pop()
        pools[-1] += rest
    return pools


def _quantile(scores: np.ndarray, weights: np.ndarray, coverage: float) -> float:
    order = np.argsort(scores, kind="stable")
    sums = np.cumsum(weights[order])
    rank = int(np.searchsorted(sums, (sums[-1] + 1) * coverage * (1 - ROUNDING)))
    return float(scores[order[rank]]) if rank < len(scores) else 1.0
