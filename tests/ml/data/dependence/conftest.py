"""Tables whose rows depend on each other, and tables whose rows do not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlapp.ml.data.training_set import TrainingSet, make_training_set
from mlapp.schemas import TrainOptions
from mlapp.tables.table import Table

Making = Callable[..., TrainingSet]


@pytest.fixture
def training_set() -> Making:
    """Return a function that makes the training set of a frame."""

    def make(frame: pl.DataFrame, target: str = "y", **options: Any) -> TrainingSet:
        return make_training_set(Table(frame), TrainOptions(target=target, **options))

    return make


def grouped(groups: int = 30, rows: int = 8, *, alike: float = 0.05, effect: float = 2.0) -> dict[str, Any]:
    """Return columns `group` (numbers without an order), `a`, `b` and `y` of rows that are alike within groups."""
    random = np.random.default_rng(0)
    group = np.repeat(np.arange(groups), rows)
    noise = random.normal(size=(3, len(group)))
    a, b = random.normal(size=(2, groups))[:, group] + alike * noise[:2]
    names = random.permutation(10 * groups)[:groups]
    return {"group": names[group], "a": a, "b": b, "y": random.normal(size=groups)[group] * effect + 0.2 * noise[2]}


def ordered(rows: int = 200, *, change: int = 160) -> dict[str, Any]:
    """Return columns `x` and `y` of rows whose relation changes from one row on, and `day`, their dates."""
    random = np.random.default_rng(0)
    x = random.normal(size=rows)
    y = np.where(np.arange(rows) < change, x, -x) * 3 + 0.3 * random.normal(size=rows)
    first = pl.date(2024, 1, 1)
    return {"day": pl.select(pl.date_range(first, first + pl.duration(days=rows - 1))).to_series(), "x": x, "y": y}
