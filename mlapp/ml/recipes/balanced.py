"""Balanced classes: fits in which all classes count alike, with probabilities at the natural rates."""

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml.progress import weight_arguments


class BalancedClassifier(BaseEstimator):  # type: ignore[misc]
    """A classifier whose fit weights the rows so that all classes have the same total weight.

    Its probabilities are scaled back, p_k ∝ p_k·n_k, by the shares n_k of the classes in the rows of the fit.

    Args:
        weighted: The classifier; as the last step of a pipeline, it is fitted itself, not a copy of it.

    Source: Elkan, The Foundations of Cost-Sensitive Learning (IJCAI 2001), §3: probabilities at another base rate.
    """

    def __init__(self, weighted: BaseEstimator) -> None:
        self.weighted = weighted

    @property
    def classes_(self) -> np.ndarray:
        """Class labels, in the order of the probabilities."""
        return np.asarray(self.weighted.classes_)

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> "BalancedClassifier":
        """Fit the classifier, with weights of the rows beside those of the classes."""
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        _, indices = np.unique(y, return_inverse=True)
        totals = np.bincount(indices, weights)
        balanced = weights * (weights.sum() / (len(totals) * totals))[indices]
        self.weighted.fit(X, y, **weight_arguments(self.weighted, balanced))
        self.rates_ = totals / totals.sum()
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities (rows, classes)."""
        return at_rates(self.weighted.predict_proba(X), self.rates_)


def at_rates(probabilities: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Scale probabilities (rows, classes) of classes that counted alike to their rates, (classes,)."""
    scaled = probabilities * rates
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))


def at_rates_of_row(probabilities: list[float], rates: list[float]) -> list[float]:
    """Return what `at_rates` returns for a single row."""
    scaled = [probability * rate for probability, rate in zip(probabilities, rates, strict=True)]
    total = sum(scaled)
    return [value / total for value in scaled]
