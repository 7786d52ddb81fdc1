"""Own metrics: in records, and in scores of files."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from mlapp.ml.own import metrics
from mlapp.ml.own.metrics import OwnMetric, add_own_metrics
from mlapp.schemas import Task
from tests.ml.conftest import Training

COST = OwnMetric(
    lambda y, predicted, weights: float(np.average(np.abs(y - predicted) * 3, weights=weights)),
    Task.REGRESSION,
    "Cost",
    "euros a row",
    higher_is_better=False,
)


def failing(y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> float:
    raise KeyError("rates")


def changing(y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> float:
    y[:] = predicted[:] = 0
    return float(np.nan)


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add metrics to those of a fork."""
    added = {
        "cost": COST,
        "mae": COST,
        "broken": replace(COST, score=failing),
        "changing": replace(COST, score=changing),
        "hits": OwnMetric(
            lambda y, predicted, _: float((predicted.argmax(axis=1) == y).sum()),
            Task.CLASSIFICATION,
            "Hits",
            "rows",
            higher_is_better=True,
        ),
    }
    for name, metric in added.items():
        monkeypatch.setitem(metrics.OWN_METRICS, name, metric)


def test_own_metrics_of_a_version_are_out_of_fold_with_baseline_and_spread(training: Training, table: pl.DataFrame):
    record = training(table, "price").record

    assert record["metrics"]["cost"] == pytest.approx(3 * record["metrics"]["mae"])
    assert record["baseline"]["cost"] == pytest.approx(3 * record["baseline"]["mae"])
    assert record["spread"]["cost"] == pytest.approx(3 * record["spread"]["mae"])
    assert not {"broken", "changing", "hits"} & record["metrics"].keys()
    assert [warning for warning in record["warnings"] if "left out: " in warning] == [
        "The metric 'broken' could not be computed and is left out: KeyError: 'rates'",
        "The metric 'changing' could not be computed and is left out: ValueError: it is nan, not a finite number",
    ]


def test_own_metrics_of_classes_get_indices_and_probabilities(training: Training, table: pl.DataFrame):
    record = training(table, "grade").record

    assert record["metrics"]["hits"] == round(record["metrics"]["accuracy"] * record["rows"])
    assert "cost" not in record["metrics"]


def test_own_metrics_count_weights_and_change_nothing():
    y, predicted, weights = np.array([1.0, 2.0]), np.array([2.0, 5.0]), np.array([3.0, 1.0])

    found, failures = add_own_metrics({"mae": 1.5}, Task.REGRESSION, y, predicted, weights)

    assert found["mae"] == 1.5
    assert found["cost"] == pytest.approx(4.5)
    assert len(failures) >= 2
    assert (y.tolist(), predicted.tolist()) == ([1, 2], [2, 5])
