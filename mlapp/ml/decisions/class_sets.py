"""Conformal sets of classes, which contain the true class with the nominal coverage."""

import numpy as np

from mlapp.schemas.decisions import ClassSets

ROUNDING = 1e-9
"""By how much a probability may be lower, and a sum of weights too small."""


def fit_class_sets(
    y: np.ndarray, probabilities: np.ndarray, coverage: float, weights: np.ndarray | None = None
) -> ClassSets:
    """Fit sets of classes that contain the true class of the share `coverage` of all rows.

    The score of a row is 1 - p, where p is the probability of its class, and 0 if that is the most probable one, which
    is in every set, so that none is empty. The ⌈(n+1)(1-α)⌉-th of the n scores decides on the least probability of the
    other classes, where 1-α is the coverage; if n is smaller than that, all classes are in every set. Of all sets with
    the same coverage, these are the smallest; those of a rare class may cover less often, and others more.

    Args:
        y: Class indices, (rows,).
        probabilities: Out of fold, (rows, classes).
        coverage: Between 0 and 1.
        weights: Of the rows, (rows,), with a mean of 1.

    Source: Sadinle, Lei, Wasserman, Least Ambiguous Set-Valued Classifiers with Bounded Error Levels, JASA 114 (2019),
    §2.2; scores of cross-validation: Vovk, Cross-Conformal Predictors, Ann. Math. Artif. Intell. 74 (2015).
    """
    scores = np.where(probabilities.argmax(axis=1) == y, 0.0, 1 - probabilities[np.arange(len(y)), y])
    order = np.argsort(scores, kind="stable")
    sums = np.cumsum(np.ones(len(y)) if weights is None else weights[order])
    rank = int(np.searchsorted(sums, (sums[-1] + 1) * coverage * (1 - ROUNDING)))
    score = float(scores[order[rank]]) if rank < len(scores) else 1.0
    return ClassSets(least=max(0.0, 1 - score - ROUNDING))


def sets_of(class_sets: ClassSets, probabilities: np.ndarray) -> np.ndarray:
    """Return which classes are in the set of each row, (rows, classes)."""
    found = probabilities >= class_sets.least
    found[np.arange(len(found)), probabilities.argmax(axis=1)] = True
    return np.asarray(found)


def ranked(sets: np.ndarray, probabilities: np.ndarray) -> list[list[int]]:
    """Return the classes in the set of each row, the most probable first, from arrays of (rows, classes)."""
    order = np.argsort(np.where(sets, -probabilities, 1.0), axis=1, kind="stable")
    return [row[:count] for row, count in zip(order.tolist(), sets.sum(axis=1).tolist(), strict=True)]
