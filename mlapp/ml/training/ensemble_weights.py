"""Ensemble weights: chosen greedily on out-of-fold predictions.

Source: Caruana, Niculescu-Mizil, Crew, Ksikes, Ensemble Selection from Libraries of Models (ICML 2004).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mlapp.ml.evaluation.calibration import MIN_PROBABILITY
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.evaluation.significance import row_weights

STEPS = 25
"""Members are added this many times; weights are multiples of 1 / this."""
MIN_GAIN = 0.002
"""Share of the loss that a member has to save, at least; slow members have to save more."""
BLOCKS = 5
"""A single set of test rows is divided into this many blocks, each with weights chosen on the others."""

RowLoss = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Returns the loss of each row, (…, rows), of predictions (…, rows) and the target (rows,)."""


def squared_error(predicted: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the squared error of each row."""
    return np.asarray((predicted - y) ** 2)


def absolute_error(predicted: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the absolute error of each row."""
    return np.asarray(np.abs(predicted - y))


def log_loss(predicted: np.ndarray, _y: np.ndarray) -> np.ndarray:
    """Return the log loss of each row by the probability of its actual class."""
    return np.asarray(-np.log(np.maximum(predicted, MIN_PROBABILITY)))


@dataclass(frozen=True)
class Pool:
    """Out-of-fold predictions of the estimators that may be members of an ensemble."""

    predicted: np.ndarray
    """(members, rows): values, or probabilities of the actual class; those of a mixture are mixed alike."""
    y: np.ndarray
    loss: RowLoss
    latency: np.ndarray
    """Time that each member takes to predict a row, relative to boosting."""
    row_weights: np.ndarray
    """(rows,)"""

    @classmethod
    def of(cls, samples: Samples, predicted: Sequence[np.ndarray], loss: RowLoss, latency: Sequence[float]) -> "Pool":
        """Make a pool from predictions in the order of the test rows."""
        outcomes = np.stack([of_actual(samples, part) for part in predicted])
        return cls(outcomes, samples.y_test, loss, np.array(latency), row_weights(samples))

    def total_loss(self, predicted: np.ndarray) -> np.ndarray:
        """Return the sum of the losses of predictions (…, rows)."""
        return np.asarray(self.loss(predicted, self.y) @ self.row_weights)

    def on(self, rows: np.ndarray) -> "Pool":
        """Return the pool of some of the rows."""
        return replace(self, predicted=self.predicted[:, rows], y=self.y[rows], row_weights=self.row_weights[rows])


def of_actual(samples: Samples, predicted: np.ndarray) -> np.ndarray:
    """Return predicted values (rows,), or of probabilities (rows, classes) those of the actual class."""
    return predicted if samples.classes is None else predicted[np.arange(len(predicted)), samples.y_test]


def choose_weights(pool: Pool) -> np.ndarray:
    """Return the weights of all estimators of a pool, (members,), 0 for those that save next to nothing.

    Members are left out one after the other, the one that saves least in relation to its latency first.
    """
    members = np.arange(len(pool.predicted))
    weights = _greedy(pool, members)
    members = np.flatnonzero(weights)
    required = MIN_GAIN * (1 + pool.latency)
    while len(members) > 1:
        loss = float(pool.total_loss(weights @ pool.predicted))
        without = [_greedy(pool, np.delete(members, index)) for index in range(len(members))]
        losses = pool.total_loss(np.stack(without) @ pool.predicted)
        saved = losses - loss * (1 + required[members])
        least = int(np.argmin(saved))
        if saved[least] > 0:
            break
        weights = without[least]
        members = np.flatnonzero(weights)
    return weights


def _greedy(pool: Pool, members: np.ndarray) -> np.ndarray:
    """Return the weights after the step with the lowest loss; each step adds the member that lowers it most."""
    predicted, counts = pool.predicted[members], np.zeros(len(pool.predicted))
    total, best, best_loss = np.zeros(predicted.shape[1]), counts, np.inf
    for step in range(1, STEPS + 1):
        losses = pool.total_loss((total + predicted) / step)
        added = int(np.argmin(losses))
        total, counts = total + predicted[added], counts.copy()
        counts[members[added]] += 1
        if losses[added] < best_loss:
            best, best_loss = counts, losses[added]
    return np.asarray(best / best.sum())


def cross_fitted_weights(pool: Pool, samples: Samples) -> np.ndarray:
    """Return weights for each test row, (rows, members), chosen on the other folds, so that they are out-of-fold too.

    The test rows of a single fold are divided into blocks.
    """
    sizes = [len(test) for _, test in samples.folds]
    count = len(samples.y_test)
    fold_of = np.repeat(np.arange(len(sizes)), sizes) if len(sizes) > 1 else np.arange(count) * BLOCKS // count
    weights = np.zeros((count, len(pool.predicted)))
    for fold in np.unique(fold_of):
        weights[fold_of == fold] = choose_weights(pool.on(np.flatnonzero(fold_of != fold)))
    return weights
