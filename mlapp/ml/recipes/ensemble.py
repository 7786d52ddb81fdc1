"""Ensemble: the weighted mean of several estimators."""

from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml.progress import weight_arguments


class Ensemble(BaseEstimator):  # type: ignore[misc]
    """The weighted mean of its members' predictions, or probabilities.

    Args:
        members: Names and estimators; as the steps of a pipeline, they are fitted themselves, not copies of them.
        weights: One for each member; they add up to 1.
    """

    def __init__(self, members: Sequence[tuple[str, BaseEstimator]], weights: Sequence[float]) -> None:
        self.members = members
        self.weights = weights

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> "Ensemble":
        """Fit every member on all rows."""
        for _, member in self.members:
            member.fit(X, y, **weight_arguments(member, sample_weight))
        return self

    @property
    def classes_(self) -> np.ndarray:
        """All classes of the members in sorted order; a member may have been fitted on a sample that lacks some."""
        return np.unique(np.concatenate([member.classes_ for _, member in self.members]))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return values (rows,)."""
        return weighted_mean([member.predict(X) for _, member in self.members], self.weights)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities (rows, classes); those of classes that a member does not know are 0 for that member."""
        classes = self.classes_
        probabilities = []
        for _, member in self.members:
            padded = np.zeros((len(X), len(classes)))
            padded[:, np.searchsorted(classes, member.classes_)] = member.predict_proba(X)
            probabilities.append(padded)
        return weighted_mean(probabilities, self.weights)


def weighted_mean(predictions: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Return the weighted mean of predictions, added up in the order of the members."""
    total = np.zeros(predictions[0].shape)
    for prediction, weight in zip(predictions, weights, strict=True):
        total += weight * prediction
    return total
