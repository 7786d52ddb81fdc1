"""Significance: whether one result is better than another beyond chance, by paired differences of rows."""

import numpy as np

from mlapp.ml.evaluation.out_of_fold import Samples

MIN_STANDARD_ERRORS = 2.0
"""Number of standard errors by which one result has to be better than another that is simpler."""
MIN_WEIGHT = 1e-9
"""Sum of weights by which is divided, at least: all of some rows may be 0."""


def is_better(samples: Samples, losses: np.ndarray, reference: np.ndarray) -> bool:
    """Return whether row losses are lower than those of a reference by two standard errors of the paired differences.

    Rows of one group count as one difference, as they are alike. All arrays are (rows,), in the order of the test rows.
    """
    groups = None if samples.groups is None else samples.groups[samples.test_rows]
    return is_above_zero(reference - losses, row_weights(samples), groups)


def is_above_zero(gain: np.ndarray, weights: np.ndarray, groups: np.ndarray | None) -> bool:
    """Return whether the weighted mean of values, (rows,), exceeds 0 by two standard errors; groups are summed up."""
    deviations = weights * (gain - weights @ gain / max(weights.sum(), MIN_WEIGHT))
    if groups is not None:
        deviations = np.bincount(groups, deviations)
    return bool(weights @ gain > MIN_STANDARD_ERRORS * np.sqrt((deviations**2).sum()))


def row_weights(samples: Samples) -> np.ndarray:
    """Return the weights of the test rows, (rows,), 1 if all count alike."""
    return np.ones(len(samples.test_rows)) if samples.weights_test is None else samples.weights_test
