"""Boosting on the residual of a smooth model."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone

from mlapp.ml.progress import weight_arguments
from mlapp.ml.recipes.sampled import chunks


class ResidualRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The sum of a smooth model, which extrapolates, and of trees that are fitted on its residual.

    Attributes:
        smooth_: The fitted smooth model.
        trees_: The fitted trees.
    """

    def __init__(self, smooth: BaseEstimator, trees: BaseEstimator) -> None:
        self.smooth = smooth
        self.trees = trees

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Fit both."""
        self.smooth_ = fit_weighted(clone(self.smooth), X, y, sample_weight)
        residual = y - np.concatenate([self.smooth_.predict(part) for part in chunks(X)])
        self.trees_ = fit_weighted(clone(self.trees), X, residual, sample_weight)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the sum of both predictions, (rows,)."""
        return np.concatenate([self.smooth_.predict(part) + self.trees_.predict(part) for part in chunks(X)])


def fit_weighted(
    estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None
) -> BaseEstimator:
    """Fit an estimator and return it."""
    return estimator.fit(X, y, **weight_arguments(estimator, sample_weight))
