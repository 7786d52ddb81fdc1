"""Small tables, and models trained on them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from mlapp.ml import boosting, estimators
from mlapp.ml.inference.fitted_version import FittedVersion, load_version
from mlapp.ml.training.train import Trained, train
from mlapp.presentation.estimators import NAMES
from mlapp.schemas import TrainOptions
from mlapp.tables.table import Table
from tests.fitted import info_of

Training = Callable[..., Trained]
Fitting = Callable[..., FittedVersion]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests of recipes of the app that a fork has dropped: those with their names as parameters, or the marker."""
    dropped = NAMES.keys() - estimators.ESTIMATORS.keys() - {"auto", "ensemble"}
    for item in items:
        values = (
            item.callspec.params.values() if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ()
        )
        used = {value for value in values if isinstance(value, str)}
        used.update(*(marker.args for marker in item.iter_markers("recipes")))
        if lacks := sorted(used & dropped):
            item.add_marker(pytest.mark.skip(f"The catalog has no {', '.join(lacks)}"))


def small_table(rows: int = 60) -> pl.DataFrame:
    random = np.random.default_rng(0)
    size = random.uniform(1, 9, rows).round(2)
    kind = np.array(["disk", "fan", "pump"])[random.integers(0, 3, rows)]
    made = pl.Series([f"2024-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(rows)]).str.to_date()
    old = random.uniform(size=rows) < 0.4
    return pl.DataFrame(
        {
            "size": size,
            "parts": random.integers(1, 20, rows),
            "kind": kind,
            "made": made,
            "old": old,
            "load": np.where(random.uniform(size=rows) < 0.2, np.nan, random.uniform(0, 1, rows)),
            "price": (100 + 7 * size + 20 * (kind == "pump") - 9 * old + random.normal(0, 1, rows)).round(2),
            "grade": np.where(size + random.normal(0, 1, rows) > 5, "large", "small"),
            "sold": random.uniform(size=rows) < size / 10,
        }
    )


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    # On small tables threads cost more than they save, above all on busy cores.
    with threadpool_limits(1):
        yield


@contextmanager
def fewer_trees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimators, "FOREST_TREES", 10)
        patch.setattr(boosting, "ITERATIONS", 15)
        patch.setattr(boosting, "MAX_ITERATIONS", 15)
        patch.setattr(boosting, "SHALLOW_ITERATIONS", 10)
        yield


@pytest.fixture
def few_trees() -> Iterator[None]:
    """Recipes with a twentieth of their trees, for tests of all recipes that do not measure accuracy."""
    with fewer_trees():
        yield


@pytest.fixture(scope="session")
def table() -> pl.DataFrame:
    return small_table()


@pytest.fixture(scope="session")
def training() -> Training:
    """Return a function that trains on a frame; its clock advances a second on each call."""

    def run(frame: pl.DataFrame, target: str | None, *, seen: list[tuple[str, float]] | None = None, **options: Any):
        def report(stage: str, share: float) -> None:
            if seen is not None:
                seen.append((stage, share))

        chosen = TrainOptions(**({"estimator": "linear", "target": target} | options))
        return train(Table(frame), chosen, count().__next__, report)

    return run


@pytest.fixture(scope="session")
def fitting(training: Training) -> Fitting:
    def run(frame: pl.DataFrame, target: str, **options: Any) -> FittedVersion:
        trained = training(frame, target, **options)
        return load_version(info_of(trained), trained.file)

    return run


@pytest.fixture(scope="session")
def priced(fitting: Fitting, table: pl.DataFrame) -> FittedVersion:
    """A version that predicts the price, for tests that do not change it."""
    return fitting(table, "price")


@pytest.fixture(scope="session")
def graded(fitting: Fitting, table: pl.DataFrame) -> FittedVersion:
    """A version that predicts the grade, for tests that do not change it."""
    return fitting(table, "grade")
