"""Significance: whether one result is better than another beyond chance, by paired differences of rows."""

import numpy as np

from mlapp.ml.evaluation.out_of_fold import Samples

MIN_STANDARD_ERRORS = 2.0
"""Number of standard errors by which one result has to be better than another that is simpler."""


def is_better(samples: Samples, losses: np.ndarray, reference: np.ndarray) -> bool:
    """Return whether row losses are lower than those of a reference by two standard errors of the paired differences.

    Rows of one group count as one difference, as they are alike. All arrays are (rows,), in the order of the test rows.
    """
    gain, weights = reference - losses, row_weights(samples)
    deviations = weights * (gain - weights @ gain / weights.sum())
    if samples.groups is not None:
        deviations = np.bincount(samples.groups[samples.test_rows], deviations)
    margin = MIN_STANDARD_ERRORS * np.sqrt((deviations**2).sum())
    return bool(weights @ gain > margin)


def row_weights(samples: Samples) -> np.ndarray:
    """Return the weights of the test rows, (rows,), 1 if all count alike."""
    return np.ones(len(samples.test_rows)) if samples.weights_test is None else samples.weights_test
