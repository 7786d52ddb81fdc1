"""Conformal prediction intervals, normalized by the expected absolute error."""

from bisect import bisect_right

import numpy as np

from mlapp.schemas import Interval

MIN_BIN_ROWS = 40
"""Rows in each bin of predicted values, at least; the mean absolute error of a bin is its scale."""
MAX_BINS = 10
MIN_BINNED_ROWS = 100
"""With fewer rows there is one bin, as the errors of smaller ones would differ by chance."""
MIN_SCALE = 0.05
"""Lower bound of every scale, as a share of the mean absolute error of all rows."""


def fit_interval(y: np.ndarray, predicted: np.ndarray, coverage: float) -> Interval:
    """Fit intervals that cover the share `coverage` of the true values, with equally many below and above.

    The scale s(f) is the mean absolute error of the rows in bins of the predicted value f. Of the n scores
    (y - f) / s(f), each tail takes the ⌈(n+1)(1-α/2)⌉-th, where 1-α is the coverage, or the largest one if n is smaller
    than that. The prediction itself always lies within its interval.

    Args:
        y: True values, (rows,).
        predicted: Out-of-fold predictions, (rows,).
        coverage: Between 0 and 1.

    Source: normalized scores: Papadopoulos, Proedrou, Vovk, Gammerman, Inductive Confidence Machines for Regression
    (ECML 2002), and Lei et al., Distribution-Free Predictive Inference for Regression, JASA 113 (2018), §5.2; one
    tail at a time: Linusson, Johansson, Löfström, Signed-Error Conformal Regression (PAKDD 2014); residuals of
    cross-validation: Vovk, Cross-Conformal Predictors, Ann. Math. Artif. Intell. 74 (2015).
    """
    residuals = y - predicted
    centres, scales = _scales(predicted, np.abs(residuals))
    scores = residuals / np.interp(predicted, centres, scales)
    low, high = -_quantile(-scores, coverage), _quantile(scores, coverage)
    return Interval(low=low, high=high, centres=centres.tolist(), scales=scales.tolist())


def bounds(interval: Interval, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper bounds of the intervals of predicted values, each (rows,)."""
    scale = np.interp(predicted, interval.centres, interval.scales)
    return predicted + interval.low * scale, predicted + interval.high * scale


def bounds_of(interval: Interval, value: float) -> tuple[float, float]:
    """Return what `bounds` returns for a single predicted value."""
    centres, scales = interval.centres, interval.scales
    after = bisect_right(centres, value)
    if 0 < after < len(centres):
        start, base = centres[after - 1], scales[after - 1]
        scale = (scales[after] - base) / (centres[after] - start) * (value - start) + base
    else:
        scale = scales[max(0, after - 1)]
    return value + interval.low * scale, value + interval.high * scale


def _scales(predicted: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean predicted value and mean absolute error of bins with equally many rows, both (bins,)."""
    rows = len(predicted)
    count = min(MAX_BINS, rows // MIN_BIN_ROWS) if rows >= MIN_BINNED_ROWS else 1
    bins = np.array_split(np.argsort(predicted, kind="stable"), count)
    # Bins with the same mean would have the same position on the axis; one of them is kept.
    centres, first = np.unique([predicted[rows].mean() for rows in bins], return_index=True)
    scales = np.array([errors[rows].mean() for rows in bins])[first]
    return centres, np.maximum(scales, MIN_SCALE * errors.mean() or 1.0)


def _quantile(scores: np.ndarray, coverage: float) -> float:
    """Return the conformal quantile of the upper tail."""
    rank = int(np.ceil((len(scores) + 1) * (1 + coverage) / 2))
    return max(0.0, float(np.sort(scores)[min(rank, len(scores)) - 1]))
