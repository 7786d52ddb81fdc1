"""Training time estimates, interpolated between measured training times."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mlapp.schemas import Task

MEASURED_FEATURES = 10
"""Features of the measured tables; other tables are compared by their number of cells."""

Measured = Mapping[int, float]
"""Rows → seconds of `train()`, in ascending order of rows."""


class _Times(NamedTuple):
    regression: Measured
    classification: Measured


MEASURED = {
    "linear": _Times(
        {400: 0.2, 2_000: 0.4, 10_000: 0.6, 100_000: 1.1, 300_000: 1.4}, {300: 0.2, 10_000: 0.5, 100_000: 1.0}
    ),
    "hist_gradient_boosting": _Times(
        {400: 0.5, 2_400: 1.0, 5_500: 1.4, 10_000: 3.5, 20_000: 6, 100_000: 8},
        {300: 0.5, 1_300: 0.8, 5_000: 1.0, 50_000: 3.0, 100_000: 4.5},
    ),
    "random_forest": _Times(
        {400: 1.0, 2_400: 3.0, 5_000: 6, 10_000: 12, 20_000: 38, 100_000: 180},
        {300: 0.9, 1_300: 1.3, 5_000: 2.4, 50_000: 7, 100_000: 30},
    ),
    "auto": _Times(
        {400: 1.1, 2_400: 3.2, 5_500: 4.8, 10_000: 9, 20_000: 12, 100_000: 16},
        {300: 0.8, 1_300: 1.2, 5_000: 1.8, 50_000: 5, 100_000: 7},
    ),
}
"""Measured by `benchmarks.quality.training_times`, with two classes: typical CPU seconds of tables of about this size,
and half of these for forests, which use two cores. Tables differ: boosting stops early on some."""
SCALES_WITH_CLASSES = {"hist_gradient_boosting", "auto"}
"""Boosting fits one tree per class in each iteration."""
MAX_CLASS_FACTOR = 3.5
"""The recipes limit the time of many classes by fewer iterations."""


def estimate_s(name: str, task: Task, rows: int, features: int, classes: int = 0) -> float | None:
    """Return the expected seconds of a training without reading the file; None for estimators that were not measured.

    Time is interpolated as a power of the size between measured sizes, and grows linearly beyond the largest one, which
    is the upper bound.
    """
    if name not in MEASURED:
        return None
    times = MEASURED[name].regression if task is Task.REGRESSION else MEASURED[name].classification
    class_factor = min(max(1.0, classes / 2), MAX_CLASS_FACTOR) if name in SCALES_WITH_CLASSES else 1.0
    return _interpolate(times, rows * max(0.5, features / MEASURED_FEATURES)) * class_factor


def _interpolate(times: Measured, size: float) -> float:
    sizes = list(times)
    within = float(np.exp(np.interp(np.log(size), np.log(sizes), np.log(list(times.values())))))
    return within * max(1.0, size / sizes[-1])
