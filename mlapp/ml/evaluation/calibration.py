"""Temperature scaling of class probabilities."""

import math
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.base import BaseEstimator

from mlapp.ml.evaluation.out_of_fold import Samples

MAX_TEMPERATURE = 20.0
"""Temperatures are searched between 1 / this and this."""
TOLERANCE = 1e-8
"""Of the logarithm of the temperature."""
MIN_PROBABILITY = 1e-6
"""Lower probabilities count as this one; otherwise a single 0 would determine the temperature of all rows."""
MAX_CELLS = 500_000
"""Rows × classes that determine a temperature; of more, every n-th row is used."""
MIN_GAIN = 0.01
"""Share of the log loss that calibration has to save."""
MIN_STANDARD_ERRORS = 2.0
"""Number of standard errors by which the saved log loss has to exceed 0."""


class CalibratedClassifier(BaseEstimator):  # type: ignore[misc]
    """A fitted classifier with temperature scaling: above 1 its probabilities are softened, below 1 sharpened."""

    def __init__(self, estimator: BaseEstimator, temperature: float) -> None:
        self.estimator = estimator
        self.temperature = temperature

    @property
    def classes_(self) -> Any:
        """Class labels, in the order of the probabilities."""
        return self.estimator.classes_

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities (rows, classes)."""
        return apply_temperature(self.estimator.predict_proba(X), self.temperature)


def calibrate(samples: Samples, predicted: np.ndarray) -> tuple[float | None, np.ndarray]:
    """Return the best temperature of out-of-fold probabilities, and the calibrated probabilities.

    The probabilities of each fold are scaled by the temperature of the other folds, so they remain out-of-fold. Without
    a significant gain in log loss, the temperature is None and the probabilities are returned unchanged. Test rows
    whose class is missing in the training rows of their fold are left out of the search.

    Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks (ICML 2017), §4.2.
    """
    seen, y, weights = samples.class_seen, samples.y_test, samples.weights_test
    weights = np.ones(len(y)) if weights is None else weights
    if len(samples.folds) < 2 or not seen.any():
        return None, predicted
    fold_of = np.repeat(np.arange(len(samples.folds)), [len(test) for _, test in samples.folds])
    calibrated = predicted.copy()
    for fold in range(len(samples.folds)):
        others = seen & (fold_of != fold)
        if others.any():
            temperature = best_temperature(predicted[others], y[others], weights[others])
            calibrated[fold_of == fold] = apply_temperature(predicted[fold_of == fold], temperature)
    gain = ((_losses(predicted, y) - _losses(calibrated, y)) * weights)[seen]
    total = (_losses(predicted, y) * weights)[seen]
    margin = max(MIN_GAIN * total.mean(), MIN_STANDARD_ERRORS * gain.std() / np.sqrt(len(gain)))
    if gain.mean() <= margin:
        return None, predicted
    return best_temperature(predicted[seen], y[seen], weights[seen]), calibrated


def best_temperature(probabilities: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the temperature with the lowest log loss on rows with class indices `y`, and weights, each (rows,).

    The labels are smoothed as if one more row had another class. Otherwise, rows that are all predicted correctly would
    get the lowest temperature, and certain predictions.

    Source: label smoothing: Platt, Probabilistic Outputs for Support Vector Machines (1999), §2.2.
    """
    step = 1 + probabilities.size // MAX_CELLS
    weights = np.ones(len(y)) if weights is None else weights
    probabilities, y, weights = probabilities[::step], y[::step], weights[::step] / weights[::step].sum()
    logs, possible, wrong = _logs(probabilities), probabilities > 0, 1 / (len(y) + 2)
    actual = weights @ ((1 - wrong) * logs[np.arange(len(y)), y] + wrong * logs.mean(axis=1))

    def loss(log_temperature: float) -> float:
        powers = logs / np.exp(log_temperature)
        return float(weights @ np.log((np.exp(powers) * possible).sum(axis=1)) - actual / np.exp(log_temperature))

    bounds, options = (-np.log(MAX_TEMPERATURE), np.log(MAX_TEMPERATURE)), {"xatol": TOLERANCE}
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options=options).x))


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities to the power of 1 / temperature, normalized by row; 0 remains 0."""
    logs = _logs(probabilities) / temperature
    powers = np.where(probabilities > 0, np.exp(logs - logs.max(axis=1, keepdims=True)), 0.0)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def temper(probabilities: list[float], temperature: float) -> list[float]:
    """Return what `apply_temperature` returns for a single row."""
    logs = [math.log(max(probability, MIN_PROBABILITY)) / temperature for probability in probabilities]
    largest = max(logs)
    powers = [math.exp(log - largest) if value > 0 else 0.0 for log, value in zip(logs, probabilities, strict=True)]
    total = sum(powers)
    return [power / total for power in powers]


def _logs(probabilities: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(probabilities, MIN_PROBABILITY)))


def _losses(probabilities: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the log loss of each row."""
    return np.asarray(-_logs(probabilities)[np.arange(len(y)), y])
