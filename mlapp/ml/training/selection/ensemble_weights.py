"""Ensemble weights, from out-of-fold predictions: equal ones, and greedily chosen ones.

Source: Caruana, Niculescu-Mizil, Crew, Ksikes, Ensemble Selection from Libraries of Models (ICML 2004).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mlapp.ml.evaluation.calibration import MIN_PROBABILITY
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.evaluation.significance import is_above_zero, row_weights
from mlapp.schemas import Metric

STEPS = 25
"""Members are added this many times; chosen weights are multiples of 1 / this."""
MIN_GAIN = 0.001
"""Share of the loss that a member has to save, at least; one as slow as boosting twice that, and so on."""
MAX_LATENCY = 10.0
"""Estimators that are slower, relative to boosting, are no members with equal weights."""
OTHER_CLASS_ROWS = 4
"""Log losses count as if this many more rows had another class than the predicted one: a few hundred rows that are all
predicted well do not show how often a certain prediction is wrong."""
MUCH_WORSE = (0.3, 0.1)
"""Shares of both losses of the best estimator: one that is worse by more is no member with equal weights, even if a few
large errors keep the difference from being significant."""
BLOCKS = 5
"""A single set of test rows is divided into this many blocks, each with weights chosen on the others."""

RowLosses = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Returns the loss of each row, (…, rows), of predictions (…, rows) and the target (rows,)."""


def squared_error(predicted: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the squared error of each row."""
    return np.asarray((predicted - y) ** 2)


def absolute_error(predicted: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the absolute error of each row."""
    return np.asarray(np.abs(predicted - y))


def log_loss(predicted: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the log loss of each row by the probability of its actual class, with `OTHER_CLASS_ROWS`."""
    other = OTHER_CLASS_ROWS / (len(y) + OTHER_CLASS_ROWS)
    right, wrong = (-np.log(np.maximum(part, MIN_PROBABILITY)) for part in (predicted, 1 - predicted))
    return np.asarray((1 - other) * right + other * wrong)


def brier_score(predicted: np.ndarray, _y: np.ndarray) -> np.ndarray:
    """Return the squared error of the probability of the actual class of each row."""
    return np.asarray((1 - predicted) ** 2)


ROW_LOSSES: dict[Metric, tuple[RowLosses, ...]] = {
    Metric.RMSE: (squared_error, absolute_error),
    Metric.MAE: (absolute_error,),
    Metric.LOG_LOSS: (log_loss, brier_score),
}
"""The loss that weights minimize, for each metric of a comparison, and a second one that outliers hardly change."""


@dataclass(frozen=True)
class Pool:
    """Out-of-fold predictions of the estimators that may be members of an ensemble."""

    predicted: np.ndarray
    """(members, rows): values, or probabilities of the actual class; those of a mixture are mixed alike."""
    y: np.ndarray
    """(rows,)"""
    losses: tuple[RowLosses, ...]
    latency: np.ndarray
    """Time that each member takes to predict a row, relative to boosting."""
    row_weights: np.ndarray
    """(rows,)"""
    groups: np.ndarray | None
    """Group of each row as an index, (rows,)."""

    @classmethod
    def of(cls, samples: Samples, predicted: Sequence[np.ndarray], metric: Metric, latency: Sequence[float]) -> "Pool":
        """Make a pool from predictions in the order of the test rows."""
        if samples.classes:
            predicted = [part[np.arange(len(part)), samples.y_test] for part in predicted]
        groups = None if samples.groups is None else samples.groups[samples.test_rows]
        return cls(
            np.stack(predicted), samples.y_test, ROW_LOSSES[metric], np.array(latency), row_weights(samples), groups
        )

    def on(self, rows: np.ndarray) -> "Pool":
        """Return the pool of some of the rows."""
        groups = None if self.groups is None else self.groups[rows]
        parts = {"predicted": self.predicted[:, rows], "y": self.y[rows], "row_weights": self.row_weights[rows]}
        return replace(self, **parts, groups=groups)

    def total_loss(self, predicted: np.ndarray) -> np.ndarray:
        """Return the sum of the losses of predictions (…, rows)."""
        return np.asarray(self.losses[0](predicted, self.y) @ self.row_weights)

    @cached_property
    def member_losses(self) -> list[np.ndarray]:
        """Each loss of each member and row, (members, rows)."""
        return [loss(self.predicted, self.y) for loss in self.losses]

    def is_better(self, losses: np.ndarray, reference: np.ndarray) -> bool:
        """Return whether row losses are significantly lower than others."""
        return is_above_zero(reference - losses, self.row_weights, self.groups)


def equal_weights(pool: Pool) -> np.ndarray:
    """Return equal weights of all estimators that are not worse than the best one, (members,).

    Worse is significantly worse by one loss, or much worse by all of them.
    """
    totals = [losses @ pool.row_weights for losses in pool.member_losses]
    best = int(np.argmin(totals[0]))
    much = np.all([total > (1 + share) * total[best] for total, share in zip(totals, MUCH_WORSE, strict=False)], axis=0)
    good = ~much & [
        member == best or not any(pool.is_better(losses[best], losses[member]) for losses in pool.member_losses)
        for member in range(len(pool.predicted))
    ]
    fast = good & (pool.latency <= MAX_LATENCY)
    members = fast if fast.any() else np.arange(len(good)) == best
    return np.asarray(members / members.sum())


def greedy_weights(pool: Pool) -> np.ndarray:
    """Return the weights with the lowest loss, (members,), 0 for estimators that save next to nothing.

    Members are left out one after the other, the one that saves least in relation to its latency first.
    """
    members = np.arange(len(pool.predicted))
    weights = _greedy(pool, members)
    members = np.flatnonzero(weights)
    required = MIN_GAIN * (1 + pool.latency)
    while len(members) > 1:
        loss = float(pool.total_loss(weights @ pool.predicted))
        without = [_greedy(pool, np.delete(members, index)) for index in range(len(members))]
        saved = pool.total_loss(np.stack(without) @ pool.predicted) - loss * (1 + required[members])
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


def cross_fitted(choose: Callable[[Pool], np.ndarray], pool: Pool, samples: Samples) -> np.ndarray:
    """Return weights for each test row, (rows, members), chosen on the other folds, so that they are out-of-fold too.

    The test rows of a single fold are divided into blocks.
    """
    sizes, count = [len(test) for _, test in samples.folds], len(samples.test_rows)
    fold_of = np.repeat(np.arange(len(sizes)), sizes) if len(sizes) > 1 else np.arange(count) * BLOCKS // count
    weights = np.zeros((count, len(pool.predicted)))
    for fold in np.unique(fold_of):
        weights[fold_of == fold] = choose(pool.on(np.flatnonzero(fold_of != fold)))
    return weights
