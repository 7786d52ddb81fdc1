"""Features of an RBF kernel: the similarity of a row to some training rows."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.metrics.pairwise import euclidean_distances

MIN_EIGENVALUE = 1e-6
"""Directions with smaller eigenvalues, relative to the largest one, are left out: their features would be differences
of nearly equal numbers."""


class RbfFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Nyström approximation of the kernel `exp(-gamma · squared distance)`, (rows, features).

    Attributes:
        components_: The training rows that others are compared with, (components, columns).
        gamma_: Set so that the kernel of two rows is `exp(-1 / width)` at their median distance.
        normalization_: Multiplied by the kernel of a row and the components, (components, features).

    Source: Williams and Seeger, Using the Nyström method to speed up kernel machines (NIPS 2000).
    """

    def __init__(self, components: int = 200, width: float = 3.0, random_state: int = 0) -> None:
        self.components = components
        self.width = width
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's protocol
        """Choose components at random, and orthogonalize their features."""
        chosen = np.random.default_rng(self.random_state).permutation(len(X))[: self.components]
        self.components_ = X[np.sort(chosen)]
        distances = euclidean_distances(self.components_, squared=True)
        apart = distances[distances > 0]
        self.gamma_ = 1.0 / (self.width * float(np.median(apart))) if len(apart) else 1.0
        values, vectors = np.linalg.eigh(np.exp(-self.gamma_ * distances))
        kept = values > MIN_EIGENVALUE * values[-1]
        self.normalization_ = vectors[:, kept] / np.sqrt(values[kept])
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the features, (rows, features): at most as many as components."""
        distances = euclidean_distances(X, self.components_, squared=True)
        return np.asarray(np.exp(-self.gamma_ * distances) @ self.normalization_)
