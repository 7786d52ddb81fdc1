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
        {400: 0.3, 2_000: 0.7, 10_000: 0.9, 100_000: 1.1, 300_000: 1.4}, {300: 0.4, 10_000: 0.6, 100_000: 0.9}
    ),
    "hist_gradient_boosting": _Times(
        {400: 0.6, 2_000: 1.6, 10_000: 2.9, 30_000: 6, 100_000: 5},
        {300: 0.6, 1_500: 1.2, 10_000: 2.8, 30_000: 4.5, 100_000: 4.5},
    ),
    "random_forest": _Times(
        {400: 2.1, 2_000: 4.5, 10_000: 32, 100_000: 146}, {300: 2.2, 1_500: 4.4, 10_000: 13, 100_000: 54}
    ),
    "auto": _Times(
        {400: 1.7, 2_000: 3.4, 10_000: 9, 30_000: 14, 100_000: 16},
        {300: 0.8, 1_500: 2.0, 10_000: 7, 30_000: 9.5, 100_000: 6.5},
    ),
}
"""Measured on two cores, those of boosting and `auto` in CPU seconds, with up to two classes. For targets from 0,
`auto` tries more recipes; its times are the mean of such a target and another one. More rows may take less time where a
recipe, or `auto`, does less on larger tables; see `mlapp.ml.estimators`."""


def estimate_s(name: str, task: Task, rows: int, features: int, classes: int = 0) -> float | None:
    """Return the expected seconds of a training without reading the file; None for estimators that were not measured.

    Time is interpolated as a power of the size between measured sizes, and grows linearly beyond the largest one, which
    is the upper bound.
    """
    if name not in MEASURED:
        return None
    times = MEASURED[name].regression if task is Task.REGRESSION else MEASURED[name].classification
    # Boosting fits one tree per class in each iteration; the recipe limits this by fewer iterations.
    class_factor = min(max(1.0, classes / 2), 2.0)
    return _interpolate(times, rows * max(0.5, features / MEASURED_FEATURES)) * class_factor


def _interpolate(times: Measured, size: float) -> float:
    sizes = list(times)
    within = float(np.exp(np.interp(np.log(size), np.log(sizes), np.log(list(times.values())))))
    return within * max(1.0, size / sizes[-1])
