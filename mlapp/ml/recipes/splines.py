"""Natural cubic splines: smooth curves of each number."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

MARGIN = 2.0
"""Columns are clipped this many times their range beyond it: a misplaced decimal sign has bounded consequences."""


class SplineBasis(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Columns, followed by the curved functions of a natural cubic spline of each, (rows, columns + functions).

    Knots are quantiles of the training rows; columns with less than three distinct ones have no curved functions, which
    are constant beyond the range of the training rows.

    Attributes:
        knots_: Knots of each column.
        range_: Range of each column without its most extreme values, (2, columns); curves are constant beyond it.
        limits_: What columns are clipped to, (2, columns).

    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 5.2.1, with both cubes divided by the
    square of the distance between the outer knots.
    """

    def __init__(self, knots: int = 6) -> None:
        self.knots = knots

    def fit(self, X: np.ndarray, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's protocol
        """Place the knots."""
        quantiles = np.quantile(X, np.linspace(0.02, 0.98, self.knots), axis=0)
        self.knots_ = [np.unique(column) for column in quantiles.T]
        self.range_ = np.quantile(X, [0.005, 0.995], axis=0)
        self.limits_ = self.range_ + MARGIN * np.diff(self.range_, axis=0) * [[-1.0], [1.0]]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the columns and the curved functions."""
        inner = np.clip(X, *self.range_)
        curves = [_curves(inner[:, [index]], knots) for index, knots in enumerate(self.knots_)]
        return np.hstack([np.clip(X, *self.limits_), *curves])


def _curves(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Return the curved functions of a column (rows, 1): two less than knots."""
    if len(knots) < 3:
        return x[:, :0]
    first, last = knots[:-1], knots[-1]
    cubes = np.maximum(x - knots, 0.0) ** 3
    slopes = (cubes[:, :-1] - cubes[:, -1:]) / (last - first)
    return np.asarray((slopes[:, :-1] - slopes[:, -1:]) / (last - knots[0]))


def spline_basis(knots: int = 6) -> Pipeline:
    """Return a spline basis whose functions are scaled."""
    return make_pipeline(SplineBasis(knots), StandardScaler())
