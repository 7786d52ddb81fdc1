"""Rules that turn class probabilities into predicted classes: by a threshold, costs, or the highest probability."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from mlapp.ml.decisions.outcomes import Outcome, outcomes
from mlapp.schemas import Decision, Record, Scalar, VersionInfo
from mlapp.schemas.decisions import ROWS_PER_LIMIT, Costs
from mlapp.tables.columns.conversion import format_values

CostMatrix = list[list[float]]
"""Cost by index of the actual and of the predicted class."""


class Rule(Protocol):
    """Predicts classes."""

    def classes(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the index of the predicted class of each row, (rows,), from probabilities (rows, classes)."""


class MostProbable:
    """Predicts the most probable class."""

    def classes(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the index of the most probable class of each row, (rows,)."""
        return np.asarray(probabilities.argmax(axis=1))


@dataclass(frozen=True)
class AtThreshold:
    """Predicts one of two classes from a probability on."""

    positive: int
    """Its index."""
    threshold: float

    def classes(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the index of the predicted class of each row, (rows,)."""
        return np.where(probabilities[:, self.positive] >= self.threshold, self.positive, 1 - self.positive)


@dataclass(frozen=True, eq=False)
class LeastCost:
    """Predicts the class of the lowest expected cost."""

    costs: np.ndarray
    """By actual and predicted class, (classes, classes)."""

    def classes(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the index of the predicted class of each row, (rows,)."""
        return np.asarray((probabilities @ self.costs).argmin(axis=1))


def rule_of(info: VersionInfo) -> Rule:
    """Return what the predictions of a version follow."""
    classes, decision = info.classes or [], info.decision
    if info.threshold is not None and info.positive is not None:
        return AtThreshold(classes.index(info.positive), info.threshold)
    if decision and decision.costs and len(classes) > 2:
        return LeastCost(np.array(cost_matrix(decision.costs, class_names(classes))))
    return MostProbable()


def find_threshold(record: Record, decision: Decision | None) -> float | None:
    """Return the threshold of a version that follows a decision; None if it has none.

    By costs, it is the one of the lowest cost on held-out rows; by a limit, the lowest one that keeps it.
    """
    curve, classes = record.threshold_curve, record.classes
    if decision is None or classes is None or record.positive is None:
        return None
    if curve is None or decision.threshold is not None:
        return decision.threshold
    found = outcomes(curve)
    if decision.limit is not None:
        limit = decision.limit / ROWS_PER_LIMIT
        return next((each.threshold for each in found if each.share_positive <= limit), found[-1].threshold)
    return _cheapest(found, kinds_of_errors(decision.costs or {}, classes, record.positive)).threshold


def _cheapest(found: list[Outcome], costs: CostMatrix) -> Outcome:
    """Return the outcome of the lowest cost; of several, the one nearest to where the expected costs are equal.

    Source: Elkan, The Foundations of Cost-Sensitive Learning (IJCAI 2001), §2.1.
    """
    missed, alarm = costs[1][0] - costs[1][1], costs[0][1] - costs[0][0]
    equal = alarm / (missed + alarm) if missed > 0 and alarm > 0 else 0.5
    return min(found, key=lambda each: (round(each.cost(costs), 9), abs(each.threshold - equal)))


def kinds_of_errors(costs: Costs, classes: list[Scalar], positive: Scalar) -> CostMatrix:
    """Return the costs of two classes with that of interest last."""
    names, index = class_names(classes), classes.index(positive)
    matrix = cost_matrix(costs, names, index)
    return [[matrix[actual][predicted] for predicted in (1 - index, index)] for actual in (1 - index, index)]


def cost_matrix(costs: Costs, names: list[str], positive: int = 1) -> CostMatrix:
    """Return the cost by index of the actual and the predicted class.

    Costs of classes that are not among the names are left out. `positive` is the index of the class of interest, if
    there are two classes.
    """
    matrix = [[float(actual != predicted) for predicted in range(len(names))] for actual in range(len(names))]
    for actual, row in enumerate(names):
        given = costs.get(row)
        for predicted, column in enumerate(names):
            if isinstance(given, dict) and column in given:
                matrix[actual][predicted] = given[column]
    missed, alarm = costs.get("false_negative"), costs.get("false_positive")
    if isinstance(missed, int | float) and isinstance(alarm, int | float) and len(names) == 2:
        matrix[positive][1 - positive], matrix[1 - positive][positive] = missed, alarm
    return matrix


def class_names(classes: list[Scalar]) -> list[str]:
    """Return the names of classes as keys."""
    return format_values(pl.Series(classes)).to_list()
