"""Conformal prediction intervals, normalized by the expected absolute error."""

import math
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
ROUNDING = 1e-9
"""Share of a sum of weights by which it may be too small."""
MAX_LOG = 700.0
"""Largest logarithm of a ratio: beyond 709, its power is too large for a float."""


def fit_interval(  # noqa: PLR0913 - the kinds of intervals
    y: np.ndarray,
    predicted: np.ndarray,
    coverage: float,
    weights: np.ndarray | None = None,
    *,
    scale: np.ndarray | None = None,
    multiplicative: bool = False,
    floor: float | None = None,
) -> Interval:
    """Fit intervals that cover the share `coverage` of the true values, with equally many below and above.

    The scale s(f) is the mean absolute error of the rows in bins of the predicted value f. Of the n scores
    (y - f) / s(f), each tail takes the ⌈(n+1)(1-α/2)⌉-th, where 1-α is the coverage, or the largest one if n is smaller
    than that. The prediction itself always lies within its interval. Weighted rows count as often as their weights say,
    and a new row once.

    Args:
        y: True values, (rows,).
        predicted: Out-of-fold predictions, (rows,).
        coverage: Between 0 and 1.
        weights: Of the rows, (rows,), with a mean of 1.
        scale: Scale of each row by a fit on other rows, (rows,), if the scale is learned (`learned_scale`).
        multiplicative: Whether the errors are log(y / f) instead; all values are above 0 then.
        floor: The lowest bound.

    Source: normalized scores: Papadopoulos, Proedrou, Vovk, Gammerman, Inductive Confidence Machines for Regression
    (ECML 2002), and Lei et al., Distribution-Free Predictive Inference for Regression, JASA 113 (2018), §5.2; one
    tail at a time: Linusson, Johansson, Löfström, Signed-Error Conformal Regression (PAKDD 2014); residuals of
    cross-validation: Vovk, Cross-Conformal Predictors, Ann. Math. Artif. Intell. 74 (2015); weights: Tibshirani,
    Barber, Candès, Ramdas, Conformal Prediction Under Covariate Shift (NeurIPS 2019), §2.2.
    """
    errors = signed_errors(y, predicted, multiplicative=multiplicative)
    centres, scales = scale_curve(predicted, np.abs(errors), weights)
    scores = errors / (np.interp(predicted, centres, scales) if scale is None else scale)
    return Interval(
        low=-_quantile(-scores, coverage, weights),
        high=_quantile(scores, coverage, weights),
        centres=centres.tolist(),
        scales=scales.tolist(),
        learned=scale is not None,
        multiplicative=multiplicative,
        floor=floor,
    )


def signed_errors(y: np.ndarray, predicted: np.ndarray, *, multiplicative: bool) -> np.ndarray:
    """Return the errors that an interval is fitted on, (rows,)."""
    return np.asarray(np.log(y / predicted) if multiplicative else y - predicted)


def bounds(
    interval: Interval, predicted: np.ndarray, factors: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper bounds of the intervals of predicted values, each (rows,).

    `factors` are those of the learned scale, (rows,), if the interval has one.
    """
    scale = np.interp(predicted, interval.centres, interval.scales)
    return bounds_by_scale(interval, predicted, scale if factors is None else scale * factors)


def bounds_by_scale(interval: Interval, predicted: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of predicted values with a given scale, each (rows,)."""
    lower, upper = interval.low * scale, interval.high * scale
    if interval.multiplicative:
        lower, upper = predicted * np.exp(lower), predicted * np.exp(np.minimum(upper, MAX_LOG))
    else:
        lower, upper = predicted + lower, predicted + upper
    return lower if interval.floor is None else np.maximum(lower, interval.floor), upper


def bounds_of(interval: Interval, value: float, factor: float = 1.0) -> tuple[float, float]:
    """Return what `bounds` returns for a single predicted value."""
    centres, scales = interval.centres, interval.scales
    after = bisect_right(centres, value)
    if 0 < after < len(centres):
        start, base = centres[after - 1], scales[after - 1]
        scale = (scales[after] - base) / (centres[after] - start) * (value - start) + base
    else:
        scale = scales[max(0, after - 1)]
    lower, upper = interval.low * (scale * factor), interval.high * (scale * factor)
    if interval.multiplicative:
        return value * math.exp(lower), value * math.exp(min(upper, MAX_LOG))
    lower = value + lower
    return lower if interval.floor is None else max(lower, interval.floor), value + upper


def winkler_scores(y: np.ndarray, lower: np.ndarray, upper: np.ndarray, coverage: float) -> np.ndarray:
    """Return the interval score of each row, (rows,): the width, and 2/α times the distance of a value outside.

    Source: Gneiting, Raftery, Strictly Proper Scoring Rules, Prediction, and Estimation, JASA 102 (2007), §6.2.
    """
    outside = np.maximum(lower - y, 0) + np.maximum(y - upper, 0)
    return np.asarray(upper - lower + 2 / (1 - coverage) * outside)


def scale_curve(
    predicted: np.ndarray, errors: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean predicted value and mean absolute error of bins with equally many rows, both (bins,)."""
    rows = len(predicted)
    count = min(MAX_BINS, rows // MIN_BIN_ROWS) if rows >= MIN_BINNED_ROWS else 1
    bins = np.array_split(np.argsort(predicted, kind="stable"), count)

    def mean(values: np.ndarray, rows: np.ndarray) -> float:
        return float(np.average(values[rows], weights=None if weights is None else weights[rows]))

    # Bins with the same mean would have the same position on the axis; one of them is kept.
    centres, first = np.unique([mean(predicted, rows) for rows in bins], return_index=True)
    scales = np.array([mean(errors, rows) for rows in bins])[first]
    return centres, np.maximum(scales, MIN_SCALE * np.average(errors, weights=weights) or 1.0)


def _quantile(scores: np.ndarray, coverage: float, weights: np.ndarray | None) -> float:
    """Return the conformal quantile of the upper tail."""
    order = np.argsort(scores, kind="stable")
    sums = np.cumsum(np.ones(len(scores)) if weights is None else weights[order])
    rank = int(np.searchsorted(sums, (sums[-1] + 1) * (1 + coverage) / 2 * (1 - ROUNDING)))
    return max(0.0, float(scores[order[min(rank, len(scores) - 1)]]))
