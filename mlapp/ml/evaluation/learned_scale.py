"""Learned scale of prediction intervals: gradient boosting of the absolute error, beside the curve over the prediction.

The curve gives the mean absolute error by predicted value; the boosted trees predict, from the features, the factor by
which the error of a row is larger or smaller than that. As the trees do not read the prediction, they are evaluated
together with those of the model.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from mlapp.ml.evaluation.conformal import MIN_SCALE, scale_curve
from mlapp.ml.evaluation.out_of_fold import Samples, fit
from mlapp.ml.preprocessing import FeatureColumns, native

PARTS = 5
"""Parts of the test rows, if there is a single fold."""
MAX_CELLS = 2_000_000
"""Cells of the matrix of a fit; of more, every n-th row is used."""
ITERATIONS, LEAVES, LEARNING_RATE, MIN_LEAF_ROWS = 20, 8, 0.15, 40


@dataclass(frozen=True)
class LearnedScale:
    """Test rows and their errors, on which scales are fitted.

    Source: a scale by a model of the absolute residuals: Lei et al., Distribution-Free Predictive Inference for
    Regression, JASA 113 (2018), §5.2; the gamma loss of positive values: McCullagh, Nelder, Generalized Linear Models
    (1989), ch. 8.
    """

    samples: Samples
    columns: FeatureColumns
    predicted: np.ndarray
    """Out of fold, in the order of `Samples.test_rows`."""
    errors: np.ndarray
    """Their absolute errors."""
    seed: int

    @cached_property
    def _matrix(self) -> np.ndarray:
        return np.asarray(self.samples.X[self.samples.test_rows])

    def out_of_fold(self) -> np.ndarray:
        """Return the scale of each test row by a fit on the other folds, or on other parts if there is one fold."""
        positions, several = np.arange(len(self.errors)), len(self.samples.folds) > 1
        scale = np.empty(len(positions))
        for part in self.samples.by_fold(positions) if several else np.array_split(positions, PARTS):
            curve, estimator = self._fit(np.delete(positions, part))
            scale[part] = np.interp(self.predicted[part], *curve) * estimator.predict(self._matrix[part])
        return scale

    def fitted(self) -> BaseEstimator:
        """Return the estimator of the factor of the scale, fitted on all test rows."""
        return self._fit(np.arange(len(self.errors)))[1]

    def _fit(self, rows: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], BaseEstimator]:
        """Return the curve of the scale on some of the rows, and the estimator of its factor."""
        predicted, errors = self.predicted[rows], self.errors[rows]
        weights = None if self.samples.weights_test is None else self.samples.weights_test[rows]
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
        step = 1 + len(rows) * self._matrix.shape[1] // MAX_CELLS
        used = slice(None, None, step)
        estimator = make_pipeline(native(self.columns), model)
        fit(
            estimator,
            self._matrix[rows[used]],
            ratios[used],
            lambda _: None,
            None if weights is None else weights[used],
        )
        return curve, estimator
