"""Probabilities that come true as often as they say."""

from typing import Any, Self

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.base import BaseEstimator, ClassifierMixin

from mlapp.ml.evaluation.out_of_fold import Rows

HOTTEST = 20.0
"""Temperatures are sought from 1 / this to this."""
TOLERANCE = 1e-8
"""Of the temperature's logarithm."""
FLOOR = 1e-6
"""Less than this no probability is taken for, or one row's zero would make up the temperature of all."""
MAX_CELLS = 500_000
"""Probabilities that make up a temperature; of more, every so-manieth row's."""
MIN_GAIN = 0.01
"""Share of the log loss that calibration has to save to be worth it."""
STANDARD_ERRORS = 2.0
"""How many standard errors what it saves has to be from nothing."""


class Calibrated(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose probabilities are softened (temperature above 1) or sharpened (below)."""

    def __init__(self, estimator: BaseEstimator, temperature: float) -> None:
        self.estimator = estimator
        self.temperature = temperature

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Fit the classifier; the temperature stays."""
        self.estimator.fit(X, y)
        return self

    @property
    def classes_(self) -> Any:
        """The classes, in the order of the probabilities."""
        return self.estimator.classes_

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities (rows, classes)."""
        return tempered(self.estimator.predict_proba(X), self.temperature)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable class of each row."""
        found: np.ndarray = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return found


def calibrate(rows: Rows, predicted: np.ndarray) -> tuple[float | None, np.ndarray]:
    """Return the temperature that out-of-fold probabilities should be given, and what it makes of them.

    Each fold's probabilities are tempered as the other folds would have it, so that they are still judged by rows
    that had no say. The temperature is None, and they are left as they are, unless their log loss falls by a real
    margin. Rows of a class that their fold never saw say nothing of confidence, and do not count.

    Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks (ICML 2017), §4.2.
    """
    if len(rows.folds) < 2 or not rows.learnable.any():
        return None, predicted
    fold = np.repeat(np.arange(len(rows.folds)), [len(judge) for _, judge in rows.folds])
    cooled = predicted.copy()
    for place in range(len(rows.folds)):
        others = rows.learnable & (fold != place)
        if others.any():
            temperature = best_temperature(predicted[others], rows.actual[others])
            cooled[fold == place] = tempered(predicted[fold == place], temperature)
    before, after = (_losses(shares, rows.actual)[rows.learnable] for shares in (predicted, cooled))
    saved = before - after
    margin = max(MIN_GAIN * before.mean(), STANDARD_ERRORS * saved.std() / np.sqrt(len(saved)))
    if saved.mean() <= margin:
        return None, predicted
    return best_temperature(predicted[rows.learnable], rows.actual[rows.learnable]), cooled


def best_temperature(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Return the temperature with the least log loss on rows whose classes stand at the places `y`.

    As if one more row of every so many were of another class: where no answer was wrong, none would be uncertain
    otherwise.

    Source: the prior of one row: Platt, Probabilistic Outputs for Support Vector Machines (1999), §2.2.
    """
    every = 1 + probabilities.size // MAX_CELLS
    probabilities, y = probabilities[::every], y[::every]
    logs, possible, wrong = _logs(probabilities), probabilities > 0, 1 / (len(y) + 2)
    actual = (1 - wrong) * logs[np.arange(len(y)), y].mean() + wrong * logs.mean()

    def loss(log_temperature: float) -> float:
        powers = logs / np.exp(log_temperature)
        return float(np.log((np.exp(powers) * possible).sum(axis=1)).mean() - actual / np.exp(log_temperature))

    bounds, options = (-np.log(HOTTEST), np.log(HOTTEST)), {"xatol": TOLERANCE}
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options=options).x))


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities to the power 1 / temperature, each row summing to 1; 0 stays 0."""
    logs = _logs(probabilities) / temperature
    powers = np.where(probabilities > 0, np.exp(logs - logs.max(axis=1, keepdims=True)), 0.0)
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _logs(probabilities: np.ndarray) -> np.ndarray:
    logs: np.ndarray = np.log(np.maximum(probabilities, FLOOR))
    return logs


def _losses(probabilities: np.ndarray, y: np.ndarray) -> np.ndarray:
    losses: np.ndarray = -_logs(probabilities)[np.arange(len(y)), y]
    return losses
