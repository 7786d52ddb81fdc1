"""Regression of the logarithm of a positive target."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone

from mlapp.ml.recipes.residual import fit_weighted


class LogTargetRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Fits the logarithm of the target, and predicts the mean of the target: always above 0.

    Predictions are at most e times the highest value of the training rows, so that no trend explodes.

    Attributes:
        regressor_: The fitted regressor of the logarithm.
        highest_: Maximum of the predicted logarithm.
        smearing_: Mean of the target in relation to the exponential of the prediction.

    Source: Duan, Smearing estimate: a nonparametric retransformation method (JASA 1983).
    """

    def __init__(self, regressor: BaseEstimator) -> None:
        self.regressor = regressor

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Fit the logarithm of `y`.

        Raises:
            ValueError: a value is not above 0.
        """
        if y.min() <= 0:
            raise ValueError(f"it needs a target above 0, and the lowest value is {y.min():g}.")
        target = np.log(y)
        self.regressor_ = fit_weighted(clone(self.regressor), X, target, sample_weight)
        self.highest_ = float(target.max() + 1.0)
        self.smearing_ = float(np.average(np.exp(target - self.regressor_.predict(X)), weights=sample_weight))
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the means, (rows,)."""
        return np.asarray(np.exp(np.minimum(self.regressor_.predict(X), self.highest_)) * self.smearing_)
