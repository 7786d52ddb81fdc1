"""Held-out rows: a sample of out-of-fold probabilities, on which costs between several classes are tried."""

from dataclasses import dataclass

import numpy as np

from mlapp.ml.decisions.rules import LeastCost, MostProbable, Rule
from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.schemas import CostTrial

MAX_ROWS = 2_000
MAX_CLASSES = 30
"""Tables of costs and confusion are not shown for more."""


@dataclass(frozen=True, eq=False)
class HeldOutRows:
    """Out-of-fold probabilities of rows whose class is known."""

    probabilities: np.ndarray
    """(rows, classes)"""
    y: np.ndarray
    """Class indices, (rows,)."""
    weights: np.ndarray
    """Weights of the rows, (rows,)."""


def sample_held_out(samples: Samples, predicted: np.ndarray, seed: int) -> HeldOutRows | None:
    """Return random held-out rows; None unless there are three classes or more, and not too many."""
    if samples.classes is None or not 2 < samples.classes <= MAX_CLASSES:
        return None
    rows = np.sort(np.random.default_rng(seed).permutation(len(predicted))[:MAX_ROWS])
    weights = np.ones(len(predicted)) if samples.weights_test is None else samples.weights_test
    return HeldOutRows(
        predicted[rows].astype(np.float32), samples.y_test[rows].astype(np.int16), weights[rows].astype(np.float32)
    )


def trial_of(rows: HeldOutRows, costs: list[list[float]] | None) -> CostTrial:
    """Return what costs by actual and predicted class do to held-out rows; without costs, the most probable class."""
    rule: Rule = MostProbable() if costs is None else LeastCost(np.array(costs))
    cells = confusion(rows, rule.classes(rows.probabilities))
    total = float(cells.sum())
    cost = 0.0 if costs is None else float((cells * costs).sum())
    usual = 0.0 if costs is None else float((confusion(rows, rows.probabilities.argmax(axis=1)) * costs).sum())
    return CostTrial(
        counts=cells.tolist(), cost=cost / total, usual_cost=usual / total, accuracy=float(cells.trace()) / total
    )


def confusion(rows: HeldOutRows, predicted: np.ndarray) -> np.ndarray:
    """Return the weights of the rows by actual and predicted class, (classes, classes)."""
    classes = rows.probabilities.shape[1]
    cells = np.bincount(rows.y.astype(int) * classes + predicted, rows.weights, classes * classes)
    return cells.reshape(classes, classes)
