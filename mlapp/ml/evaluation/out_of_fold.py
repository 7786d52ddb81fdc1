"""What an estimator predicts for rows it has not seen."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml import progress
from mlapp.ml.estimator_tree import parts
from mlapp.ml.evaluation.splits import Fold
from mlapp.ml.progress import Done
from mlapp.ml.threads import threads_for


@dataclass(frozen=True)
class Rows:
    """What is learnt from and judged by."""

    X: np.ndarray
    """(rows, features)"""
    y: np.ndarray
    """(rows,) of values, or of the places of classes."""
    folds: list[Fold]
    classes: int | None
    """How many classes there are; None for regression."""

    @property
    def fits(self) -> list[np.ndarray]:
        """What the fits learn from, one entry a fit."""
        return list({id(learn): learn for learn, _ in self.folds}.values())

    @property
    def held_out(self) -> bool:
        """Whether the rows that judge are never learnt from: the one fit is the model."""
        return len(self.folds) > 1 and len(self.fits) == 1

    @cached_property
    def judging(self) -> np.ndarray:
        """Indices of the rows that judge, fold after fold: the order of all out-of-fold values."""
        return np.concatenate([judge for _, judge in self.folds])

    @cached_property
    def actual(self) -> np.ndarray:
        """`y` of the rows that judge."""
        found: np.ndarray = self.y[self.judging]
        return found

    @cached_property
    def learnable(self) -> np.ndarray:
        """Whether a row that judges is of a class that its fold learnt from."""
        return np.concatenate([np.isin(self.y[judge], self.y[learn]) for learn, judge in self.folds])

    def by_fold(self, values: np.ndarray) -> list[np.ndarray]:
        """Split out-of-fold values by the folds they came from."""
        return np.split(values, np.cumsum([len(judge) for _, judge in self.folds])[:-1])


@dataclass(frozen=True)
class OutOfFold:
    """What an estimator predicted for rows it was not fitted on."""

    predicted: np.ndarray
    """In the order of `Rows.judging`: (rows,) for regression, (rows, classes) of probabilities for classification."""
    fitted: BaseEstimator
    """The estimator of the last fold."""
    fit_seconds: float
    """Mean time of one fit."""


def out_of_fold(
    make: Callable[[], BaseEstimator], rows: Rows, clock: Callable[[], float], begin: Callable[[int], Done]
) -> OutOfFold:
    """Fit on each fold and predict its other rows; folds that learn from the same rows share a fit.

    `begin` is told the number of the fold, from 1, and returns what takes the progress of its fit.
    """
    size, seconds = len(rows.judging), []
    predicted = np.full((size, rows.classes) if rows.classes else size, np.nan)
    estimator, learnt = None, None
    for place, ((learn, judge), part) in enumerate(zip(rows.folds, rows.by_fold(predicted), strict=True), 1):
        if learn is not learnt:
            done, estimator, learnt, started = begin(place), make(), learn, clock()
            fit(estimator, rows.X[learn], rows.y[learn], done)
            seconds.append(clock() - started)
        part[:] = predict(estimator, rows.X[judge], rows.classes)
    return OutOfFold(predicted, estimator, float(np.mean(seconds)))


def fit(estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, done: Done) -> BaseEstimator:
    """Fit an estimator, and have it and all that it is made of predict on one thread.

    Threads that add up trees as they come give sums that differ in the last digit from call to call, and cost
    more than they save on single rows. None would be one thread for scikit-learn, and all cores for LightGBM.
    """
    with threads_for(len(y)):
        progress.fit(estimator, X, y, done)
    for part in parts(estimator):
        if hasattr(type(part), "get_params") and "n_jobs" in part.get_params(deep=False):
            part.set_params(n_jobs=1)
    return estimator


def predict(estimator: BaseEstimator, X: np.ndarray, classes: int | None) -> np.ndarray:
    """Return predicted values (rows,), or probabilities (rows, classes); 0 for a class the estimator never saw."""
    if classes is None:
        return np.asarray(estimator.predict(X), dtype=float)
    probabilities = np.zeros((len(X), classes))
    probabilities[:, estimator.classes_] = estimator.predict_proba(X)
    return probabilities
