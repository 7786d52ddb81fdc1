"""Columns that restate the target together."""

import numpy as np
import pytest

from mlapp.ml.data.quality.identities import adding_up
from mlapp.ml.data.quality.quality_checks import identity_warnings
from mlapp.schemas import ColumnType, Feature, Task

ROWS = 600
RANDOM = np.random.default_rng(0)
DISTANCE = RANDOM.gamma(2, 2, ROWS)
FARE = 2.5 + 2.5 * DISTANCE + RANDOM.gamma(1, 1, ROWS)
TIP = np.where(RANDOM.random(ROWS) < 0.6, 0.2 * FARE, 0)
TOLLS = np.where(RANDOM.random(ROWS) < 0.1, 6.1, 0)
SURCHARGE = RANDOM.choice([0.8, 3.3, 3.8], ROWS)


def found(y: np.ndarray, task: Task = Task.REGRESSION, kind: ColumnType = ColumnType.NUMBER, **columns: np.ndarray):
    features = [Feature(name=name, type=kind, required=True, example=None) for name in columns]
    return adding_up(np.column_stack([*columns.values()]), features, y, task, seed=0)


def test_parts_of_a_bill_are_found_in_spite_of_surcharges_and_proxies():
    total = FARE + TIP + TOLLS + SURCHARGE

    assert found(total, distance=DISTANCE, fare=FARE, tip=TIP, tolls=TOLLS) == ["fare", "tip", "tolls"]


def test_weighted_sums_and_products_are_found_if_exact():
    gaps = np.where(np.arange(ROWS) % 200 == 0, np.nan, DISTANCE)

    assert found(3 * FARE - 7 * TOLLS, fare=FARE, tolls=TOLLS, other=gaps) == ["fare", "tolls"]
    assert found(FARE * DISTANCE, fare=FARE, distance=DISTANCE, sign=TOLLS - 1) == ["distance", "fare"][::-1]


@pytest.mark.parametrize(
    "y", [3 * FARE - 7 * TOLLS + 5 * RANDOM.normal(size=ROWS), np.cumsum(RANDOM.normal(size=ROWS)), np.ones(ROWS)]
)
def test_good_predictors_are_no_identity(y: np.ndarray):
    assert found(y, fare=FARE, tolls=TOLLS, distance=DISTANCE) == []


def test_single_columns_classes_and_few_rows_are_not_searched():
    total = FARE + TIP

    assert found(FARE, fare=FARE) == []
    assert found(2 * FARE, fare=FARE, tip=TIP) == []
    assert found(total, task=Task.CLASSIFICATION, fare=FARE, tip=TIP) == []
    assert found(total, kind=ColumnType.CATEGORY, fare=FARE, tip=TIP) == []
    assert found(total[:20], fare=FARE[:20], tip=TIP[:20]) == []


def test_identity_is_warned_of():
    assert identity_warnings([], "total") == []
    (warning,) = identity_warnings(["fare", "tip", "tolls"], "total")
    assert warning.startswith("Columns 'fare', 'tip' and 'tolls' together give 'total' almost exactly")
