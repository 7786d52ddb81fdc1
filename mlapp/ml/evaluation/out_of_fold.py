"""Out-of-fold predictions: cross-validation that keeps the prediction of every test row."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml import progress
from mlapp.ml.estimator_tree import parts
from mlapp.ml.evaluation.splits import Fold
from mlapp.ml.progress import ProgressCallback
from mlapp.ml.threads import threads_for, use_one_thread

THREAD_PARAMETERS = {"n_jobs", "n_threads"}
"""`n_threads` is that of the binning in boosting, which keeps the number of cores."""


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
    weights: np.ndarray | None = None
    """Weights of the rows, (rows,), with a mean of 1; None if all count alike."""
    groups: np.ndarray | None = None
    """Group of each row as an index, (rows,); rows of one group are never on both sides of a split."""

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
    def weights_test(self) -> np.ndarray | None:
        """Weights of the test rows; None if all count alike."""
        return None if self.weights is None else np.asarray(self.weights[self.test_rows])

    @cached_property
    def class_seen(self) -> np.ndarray:
        """Whether the class of each test row occurs in the training rows of its fold."""
        return np.concatenate([np.isin(self.y[test], self.y[train]) for train, test in self.folds])

    def by_fold(self, values: np.ndarray) -> list[np.ndarray]:
        """Split values of the test rows by fold."""
        return np.split(values, np.cumsum([len(test) for _, test in self.folds])[:-1])


class FitResult(NamedTuple):
    """A fitted estimator, and its predictions of test rows."""

    estimator: BaseEstimator
    predicted: np.ndarray
    """Of the test rows: values (rows,), or probabilities (rows, classes)."""
    seconds: float
    """Duration of the fit."""


Pending = Callable[[ProgressCallback], FitResult]
"""Makes or awaits a fit, and raises what the fit raises."""
Submit = Callable[[Callable[[], BaseEstimator], np.ndarray, np.ndarray], Pending]
"""Takes a function that makes an estimator, and indices of its training rows and of the test rows to predict."""
Fits = Callable[[Samples, Callable[[], float]], AbstractContextManager[Submit]]
"""Makes fits on samples, somewhere; takes a clock. Fits that are pending when the context ends are abandoned."""


@contextmanager
def local_fits(samples: Samples, clock: Callable[[], float]) -> Iterator[Submit]:
    """Make fits in this process, each when its result is asked for."""

    def submit(make: Callable[[], BaseEstimator], train: np.ndarray, test: np.ndarray) -> Pending:
        return lambda on_progress: fit_and_predict(samples, make(), train, test, clock, on_progress)

    yield submit


def fit_and_predict(  # noqa: PLR0913, PLR0917 - a fit, its rows, and how it is observed
    samples: Samples,
    estimator: BaseEstimator,
    train: np.ndarray,
    test: np.ndarray,
    clock: Callable[[], float],
    on_progress: ProgressCallback | None,
) -> FitResult:
    """Fit an estimator on training rows, and predict test rows; `on_progress` as in `fit`."""
    started = clock()
    weights = None if samples.weights is None else samples.weights[train]
    fit(estimator, samples.X[train], samples.y[train], on_progress, weights)
    seconds = clock() - started
    return FitResult(estimator, predict(estimator, samples.X[test], samples.classes), seconds)


@dataclass(frozen=True)
class OutOfFold:
    """Out-of-fold predictions of an estimator."""

    predicted: np.ndarray
    """In the order of `Samples.test_rows`: values (rows,), or probabilities (rows, classes)."""
    fitted: BaseEstimator
    """The estimator of the last fold."""
    fit_seconds: float
    """Mean time of a fit."""


def submit_folds(make: Callable[[], BaseEstimator], samples: Samples, submit: Submit) -> list[Pending]:
    """Submit a fit of a new estimator for each fold; folds with the same training rows (the same array) share a fit."""
    tests: dict[int, list[np.ndarray]] = {}
    for train, test in samples.folds:
        tests.setdefault(id(train), []).append(test)
    return [submit(make, train, np.concatenate(tests[id(train)])) for train in samples.train_sets]


def collect_folds(
    pending: list[Pending],
    start_fit: Callable[[int], ProgressCallback],
    stop: Callable[[np.ndarray], bool] = lambda _: False,
) -> OutOfFold:
    """Return the out-of-fold predictions of submitted fits, and empty the list, so that only the last one is kept.

    `start_fit` is called with the number of the fit, from 1, and returns its progress callback. `stop` is called with
    the predictions of the first fit; if it returns true, these are all.
    """
    predicted, seconds, fitted = [], [], BaseEstimator()
    for number in range(1, len(pending) + 1):
        fitted, part, duration = pending.pop(0)(start_fit(number))
        predicted.append(part)
        seconds.append(duration)
        if number == 1 and stop(part):
            pending.clear()
            break
    return OutOfFold(np.concatenate(predicted), fitted, float(np.mean(seconds)))


def out_of_fold(make: Callable[[], BaseEstimator], samples: Samples) -> OutOfFold:
    """Return the out-of-fold predictions of an estimator, fitted in this process."""
    with local_fits(samples, lambda: 0.0) as submit:
        return collect_folds(submit_folds(make, samples, submit), lambda _: lambda _: None)


def fit(
    estimator: BaseEstimator,
    X: np.ndarray,
    y: np.ndarray,
    on_progress: ProgressCallback | None,
    weights: np.ndarray | None = None,
) -> BaseEstimator:
    """Fit an estimator, then set `n_jobs=1` on it and on all estimators inside it, so that it predicts on one thread.

    Its file then does not depend on the number of threads either.
    Threads that add up trees in any order give sums that differ in the last digit between calls, and cost more than
    they save on single rows. `n_jobs=None` would mean one thread in scikit-learn, but all cores in LightGBM.

    Without `on_progress` it is also fitted on one thread, and other fits may run in the same process: they would share
    stdout, from which progress is read.
    """
    if on_progress is None:
        use_one_thread()
        progress.fit(with_one_thread(estimator), X, y, None, weights)
    else:
        with threads_for(len(y)):
            progress.fit(estimator, X, y, on_progress, weights)
    return with_one_thread(estimator)


def with_one_thread(estimator: BaseEstimator) -> BaseEstimator:
    """Set the number of threads of an estimator, and of all estimators inside it, to 1."""
    for part in parts(estimator):
        if hasattr(type(part), "get_params"):
            part.set_params(**dict.fromkeys(THREAD_PARAMETERS & part.get_params(deep=False).keys(), 1))
    return estimator


def predict(estimator: BaseEstimator, X: np.ndarray, classes: int | None) -> np.ndarray:
    """Return values (rows,), or probabilities (rows, classes); 0 for classes that the estimator was not fitted on."""
    if classes is None:
        return np.asarray(estimator.predict(X), dtype=float)
    probabilities = np.zeros((len(X), classes))
    probabilities[:, estimator.classes_] = estimator.predict_proba(X)
    return probabilities
