"""Estimators whose fit needs much memory for each row, on large tables."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, clone

from mlapp.ml.progress import weight_arguments

CHUNK_ROWS = 5_000
"""Rows that are predicted at a time."""


class SampledEstimator(BaseEstimator):  # type: ignore[misc]
    """Fits an estimator on at most `rows` random rows, with at least one of each class.

    Attributes:
        estimator_: The fitted estimator.
    """

    def __init__(self, estimator: BaseEstimator, rows: int, random_state: int = 0) -> None:
        self.estimator = estimator
        self.rows = rows
        self.random_state = random_state

    @property
    def classes_(self) -> np.ndarray:
        """Class labels, in the order of the probabilities."""
        return np.asarray(self.estimator_.classes_)

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Fit on a sample."""
        chosen = np.random.default_rng(self.random_state).permutation(len(y))[: self.rows]
        if hasattr(self.estimator, "predict_proba"):
            chosen = np.concatenate([chosen, np.unique(y, return_index=True)[1]])
        chosen = np.unique(chosen)
        weights = None if sample_weight is None else sample_weight[chosen]
        estimator = clone(self.estimator)
        self.estimator_ = estimator.fit(X[chosen], y[chosen], **weight_arguments(estimator, weights))
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return values (rows,)."""
        return np.concatenate([self.estimator_.predict(chunk) for chunk in chunks(X)])

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities (rows, classes)."""
        return np.concatenate([self.estimator_.predict_proba(chunk) for chunk in chunks(X)])


def chunks(X: np.ndarray) -> list[np.ndarray]:
    """Return the rows in chunks, as transformed columns may take many times the memory."""
    return [X[start : start + CHUNK_ROWS] for start in range(0, max(1, len(X)), CHUNK_ROWS)]
