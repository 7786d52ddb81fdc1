"""Out-of-fold predictions: cross-validation that keeps the prediction of every test row."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml import progress
from mlapp.ml.estimator_tree import parts
from mlapp.ml.evaluation.splits import Fold
from mlapp.ml.progress import ProgressCallback
from mlapp.ml.threads import threads_for


@dataclass(frozen=True)
class Samples:
    """Features and target as arrays, and their train/test splits."""

    X: np.ndarray
    """(rows, features)"""
    y: np.ndarray
    """(rows,): values, or class indices."""
    folds: list[Fold]
    classes: int | None
    """Number of classes; None for regression."""

    @property
    def train_sets(self) -> list[np.ndarray]:
        """Indices of the training rows of each fit; folds with the same training rows share a fit."""
        return list({id(train): train for train, _ in self.folds}.values())

    @property
    def is_holdout(self) -> bool:
        """Whether several folds share one fit. Its estimator becomes the model and is not fitted again on all rows."""
        return len(self.folds) > 1 and len(self.train_sets) == 1

    @cached_property
    def test_rows(self) -> np.ndarray:
        """Indices of the test rows, fold after fold: the order of out-of-fold predictions."""
        return np.concatenate([test for _, test in self.folds])

    @cached_property
    def y_test(self) -> np.ndarray:
        """`y` of the test rows."""
        return np.asarray(self.y[self.test_rows])

    @cached_property
    def class_seen(self) -> np.ndarray:
        """Whether the class of each test row occurs in the training rows of its fold."""
        return np.concatenate([np.isin(self.y[test], self.y[train]) for train, test in self.folds])

    def by_fold(self, values: np.ndarray) -> list[np.ndarray]:
        """Split values of the test rows by fold."""
        return np.split(values, np.cumsum([len(test) for _, test in self.folds])[:-1])


@dataclass(frozen=True)
class OutOfFold:
    """Out-of-fold predictions of an estimator."""

    predicted: np.ndarray
    """In the order of `Samples.test_rows`: values (rows,), or probabilities (rows, classes)."""
    fitted: BaseEstimator
    """The estimator of the last fold."""
    fit_seconds: float
    """Mean time of a fit."""


def out_of_fold(
    make: Callable[[], BaseEstimator],
    samples: Samples,
    clock: Callable[[], float],
    start_fit: Callable[[int], ProgressCallback],
) -> OutOfFold:
    """Fit a new estimator on the training rows of each fold, and predict its test rows.

    Folds with the same training rows (the same array) share a fit. `start_fit` is called with the number of the fold,
    from 1, and returns the progress callback of the fit.
    """
    size, seconds = len(samples.test_rows), []
    predicted = np.full((size, samples.classes) if samples.classes else size, np.nan)
    estimator, fitted_on = None, None
    for number, ((train, test), part) in enumerate(zip(samples.folds, samples.by_fold(predicted), strict=True), 1):
        if train is not fitted_on:
            on_progress, estimator, fitted_on, started = start_fit(number), make(), train, clock()
            fit(estimator, samples.X[train], samples.y[train], on_progress)
            seconds.append(clock() - started)
        part[:] = predict(estimator, samples.X[test], samples.classes)
    return OutOfFold(predicted, estimator, float(np.mean(seconds)))


def fit(estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, on_progress: ProgressCallback) -> BaseEstimator:
    """Fit an estimator, then set `n_jobs=1` on it and on all estimators inside it, so that it predicts on one thread.

    Threads that add up trees in any order give sums that differ in the last digit between calls, and cost more than
    they save on single rows. `n_jobs=None` would mean one thread in scikit-learn, but all cores in LightGBM.
    """
    with threads_for(len(y)):
        progress.fit(estimator, X, y, on_progress)
    for part in parts(estimator):
        if hasattr(type(part), "get_params") and "n_jobs" in part.get_params(deep=False):
            part.set_params(n_jobs=1)
    return estimator


def predict(estimator: BaseEstimator, X: np.ndarray, classes: int | None) -> np.ndarray:
    """Return values (rows,), or probabilities (rows, classes); 0 for classes that the estimator was not fitted on."""
    if classes is None:
        return np.asarray(estimator.predict(X), dtype=float)
    probabilities = np.zeros((len(X), classes))
    probabilities[:, estimator.classes_] = estimator.predict_proba(X)
    return probabilities
