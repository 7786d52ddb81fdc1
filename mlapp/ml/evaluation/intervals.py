"""The choice among kinds of prediction intervals, by their interval scores out of fold."""

from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml.evaluation.conformal import bounds, bounds_by_scale, fit_interval, signed_errors, winkler_scores
from mlapp.ml.evaluation.learned_scale import LearnedScale
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.evaluation.significance import is_better
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.schemas import Interval

MIN_LEARNED_ROWS = 1_000
"""With fewer rows, learned scales were no better than the curve."""


class Intervals(NamedTuple):
    """Fitted prediction intervals."""

    interval: Interval
    scale: BaseEstimator | None
    """Predicts the factors of the scale; None if the scale is not learned."""
    lower: np.ndarray
    """Lower bounds of the test rows, out of fold, (rows,)."""
    upper: np.ndarray
    """Upper bounds of the test rows."""


def fit_intervals(  # noqa: PLR0913 - rows, predictions, and the kind of interval
    samples: Samples, columns: FeatureColumns, predicted: np.ndarray, coverage: float, seed: int, *, positive: bool
) -> Intervals:
    """Fit intervals on out-of-fold predictions: the first kind of which no later one is significantly better.

    The kinds are a scale by the prediction and a learned one; of positive predictions on a target above 0,
    multiplicative ones, and then such that are cut at 0. Their scores are out of fold: the scale of a row is that of
    a fit on other rows.

    Args:
        samples: The rows, and their folds.
        columns: The columns of their matrix.
        predicted: In the order of `Samples.test_rows`.
        coverage: Between 0 and 1.
        seed: Of the fits.
        positive: Whether bounds are never negative, as predictions are.
    """
    fit_kind = partial(_fit_kind, samples, columns, predicted, coverage, seed)
    if not positive:
        return fit_kind(multiplicative=False, floor=None)
    cut = fit_kind(multiplicative=False, floor=0.0)
    if samples.y.min() <= 0 or predicted.min() <= 0:
        return cut
    ratios = fit_kind(multiplicative=True, floor=None)
    return cut if _is_better(samples, coverage, cut, ratios) else ratios


def _fit_kind(  # noqa: PLR0913 - as `fit_intervals`
    samples: Samples,
    columns: FeatureColumns,
    predicted: np.ndarray,
    coverage: float,
    seed: int,
    *,
    multiplicative: bool,
    floor: float | None,
) -> Intervals:
    """Fit intervals of a kind, with a learned scale if that is better."""
    y = samples.y_test
    make = partial(
        fit_interval, y, predicted, coverage, samples.weights_test, multiplicative=multiplicative, floor=floor
    )
    by_curve = make()
    plain = Intervals(by_curve, None, *bounds(by_curve, predicted))
    if len(y) < MIN_LEARNED_ROWS:
        return plain
    errors = np.abs(signed_errors(y, predicted, multiplicative=multiplicative))
    learning = LearnedScale(samples, columns, predicted, errors, seed)
    scale = learning.out_of_fold()
    by_features = make(scale=scale)
    learned = Intervals(by_features, None, *bounds_by_scale(by_features, predicted, scale))
    if not _is_better(samples, coverage, learned, plain):
        return plain
    return learned._replace(scale=learning.fitted())


def _is_better(samples: Samples, coverage: float, one: Intervals, other: Intervals) -> bool:
    losses, reference = (winkler_scores(samples.y_test, each.lower, each.upper, coverage) for each in (one, other))
    return is_better(samples, losses, reference)
