"""Learned scale of prediction intervals: gradient boosting of the absolute error, beside the curve over the prediction.

The curve gives the mean absolute error by predicted value; the boosted trees predict, from the features, the factor by
which the error of a row is larger or smaller than that. As the trees do not read the prediction, they are evaluated
together with those of the model.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from mlapp.ml.evaluation.conformal import (
    MIN_SCALE,
    bounds,
    bounds_by_scale,
    fit_interval,
    scale_curve,
    signed_errors,
    winkler_scores,
)
from mlapp.ml.evaluation.out_of_fold import Samples, fit
from mlapp.ml.preprocessing import FeatureColumns, native
from mlapp.schemas import Interval

MIN_ROWS = 1_000
"""With fewer rows, learned scales were no better than the curve."""
MIN_STANDARD_ERRORS = 2.0
"""Number of standard errors by which the interval score has to fall."""
PARTS = 5
"""Parts of the test rows, if there is a single fold."""
MAX_CELLS = 2_000_000
"""Cells of the matrix of a fit; of more, every n-th row is used."""
ITERATIONS, LEAVES, LEARNING_RATE, MIN_LEAF_ROWS = 20, 8, 0.15, 40


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
    """Fit intervals on out-of-fold predictions, with a learned scale if that has the better interval score.

    The scores are compared out of fold: the scale of a row is that of a fit on other rows.

    Args:
        samples: The rows, and their folds.
        columns: The columns of their matrix.
        predicted: In the order of `Samples.test_rows`.
        coverage: Between 0 and 1.
        seed: Of the fits.
        positive: Whether bounds are never negative, as predictions are.

    Source: a scale by a model of the absolute residuals: Lei et al., JASA 113 (2018), §5.2; the gamma loss of positive
    values: McCullagh, Nelder, Generalized Linear Models (1989), ch. 8.
    """
    y, weights = samples.y_test, samples.weights_test
    multiplicative = positive and bool(samples.y.min() > 0)
    floor = 0.0 if positive and not multiplicative else None
    make = partial(fit_interval, y, predicted, coverage, weights, multiplicative=multiplicative, floor=floor)
    by_curve = make()
    lower, upper = bounds(by_curve, predicted)
    plain = Intervals(by_curve, None, lower, upper)
    if len(y) < MIN_ROWS:
        return plain
    errors = np.abs(signed_errors(y, predicted, multiplicative=multiplicative))
    fitting = _Fitting(samples.X[samples.test_rows], predicted, errors, weights, columns, seed)
    scale = _out_of_fold_scale(samples, fitting)
    learned = make(scale=scale)
    lower, upper = bounds_by_scale(learned, predicted, scale)
    gain = winkler_scores(y, plain.lower, plain.upper, coverage) - winkler_scores(y, lower, upper, coverage)
    if not _is_positive(gain, samples):
        return plain
    return Intervals(learned, fitting.fit(np.arange(len(y)))[1], lower, upper)


def _out_of_fold_scale(samples: Samples, fitting: "_Fitting") -> np.ndarray:
    """Return the scale of each test row by a fit on the other folds, or on other parts if there is one fold."""
    positions = np.arange(len(samples.test_rows))
    several = len(samples.folds) > 1
    scale = np.empty(len(positions))
    for part in samples.by_fold(positions) if several else np.array_split(positions, PARTS):
        curve, estimator = fitting.fit(np.delete(positions, part))
        scale[part] = np.interp(fitting.predicted[part], *curve) * estimator.predict(fitting.X[part])
    return scale


@dataclass(frozen=True)
class _Fitting:
    """Test rows and their errors, on which scales are fitted."""

    X: np.ndarray
    predicted: np.ndarray
    errors: np.ndarray
    weights: np.ndarray | None
    columns: FeatureColumns
    seed: int

    def fit(self, rows: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], BaseEstimator]:
        """Return the curve of the scale on some of the rows, and the estimator of its factor."""
        predicted, errors = self.predicted[rows], self.errors[rows]
        weights = None if self.weights is None else self.weights[rows]
        curve = scale_curve(predicted, errors, weights)
        # Gamma loss needs values above 0, and tiny ones would decide on the leaves.
        ratios = np.maximum(errors / np.interp(predicted, *curve), MIN_SCALE)
        model = HistGradientBoostingRegressor(
            loss="gamma",
            max_iter=ITERATIONS,
            max_leaf_nodes=LEAVES,
            learning_rate=LEARNING_RATE,
            min_samples_leaf=MIN_LEAF_ROWS,
            l2_regularization=1.0,
            categorical_features=self.columns.categories,
            early_stopping=False,
            random_state=self.seed,
        )
        step = 1 + len(rows) * self.X.shape[1] // MAX_CELLS
        used = slice(None, None, step)
        estimator = make_pipeline(native(self.columns), model)
        fit(estimator, self.X[rows[used]], ratios[used], lambda _: None, None if weights is None else weights[used])
        return curve, estimator


def _is_positive(gain: np.ndarray, samples: Samples) -> bool:
    """Return whether the mean gain is positive by `MIN_STANDARD_ERRORS`; the rows of a group count as one."""
    gain = gain if samples.weights is None else gain * samples.weights_test
    deviations = gain - gain.mean()
    if samples.groups is not None:
        deviations = np.bincount(samples.groups[samples.test_rows], deviations)
    return bool(gain.sum() > MIN_STANDARD_ERRORS * np.sqrt(np.sum(deviations**2)))
