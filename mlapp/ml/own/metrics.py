"""Own metrics: to add one, write a function and register it in `OWN_METRICS`.

It is computed out of fold for each new version, beside the metrics of the app, and shown wherever they are: in the
record, on the pages, in the model card, in comparisons and in the score of a file. A metric that fails is left out,
with a warning.

The function takes three arrays, which it may change, and returns a number:

- the target of rows that were held out, (rows,): values, or class indices in the order of the record's `classes`
- predictions: values, (rows,), or probabilities, (rows, classes)
- weights of the rows, (rows,), or None if all count alike
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mlapp.errors import reason
from mlapp.schemas import Task


@dataclass(frozen=True)
class OwnMetric:
    """A metric of a fork."""

    score: Callable[[np.ndarray, np.ndarray, np.ndarray | None], float]
    """Returns the metric of target, predictions and weights."""
    task: Task
    label: str
    """Its name for people."""
    meaning: str
    """What it says, for the table of metrics."""
    higher_is_better: bool
    unit: Literal["target", "percent"] | None = None
    """Whether it is in units of the target, or a share that is shown in percent."""


OWN_METRICS: dict[str, OwnMetric] = {}
"""Metrics by the names that they have in records; those of the app stay what they are."""


def add_own_metrics(
    scores: Mapping[str, float], task: Task, y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None
) -> tuple[dict[str, float], list[str]]:
    """Return scores with own metrics after them, and why some are left out, as sentences."""
    found, failures = dict(scores), []
    for name, metric in OWN_METRICS.items():
        if metric.task is task and name not in scores:
            try:
                found[name] = _finite(metric, y, predicted, weights)
            # Code of a fork, which may raise anything; the training is worth more than the metric.
            except Exception as error:  # noqa: BLE001
                failures.append(f"The metric '{name}' could not be computed and is left out: {reason(error)}")
    return found, failures


def _finite(metric: OwnMetric, y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> float:
    value = float(metric.score(y.copy(), predicted.copy(), None if weights is None else weights.copy()))
    if not math.isfinite(value):
        raise ValueError(f"it is {value}, not a finite number")
    return value
