"""The guess how long a training will take."""

import pytest

from mlapp.ml.estimators import AUTO, ESTIMATORS
from mlapp.ml.training.runtime_estimate import MEASURED, estimate_s
from mlapp.schemas import Task


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("name", MEASURED)
def test_estimate_gives_what_was_measured_at_its_size(name: str, task: Task):
    times = MEASURED[name].regression if task is Task.REGRESSION else MEASURED[name].classification

    assert [estimate_s(name, task, rows, 10) for rows in times] == pytest.approx(list(times.values()))


def test_estimate_lies_between_its_neighbours():
    found = estimate_s("random_forest", Task.REGRESSION, 30_000, 10)

    assert found == pytest.approx((32 * 146) ** 0.5, rel=0.05)


def test_estimate_of_small_tables_does_not_fall_to_nothing():
    assert estimate_s("blend", Task.REGRESSION, 10, 2) == MEASURED["blend"].regression[400]


def test_estimate_beyond_what_was_measured_grows_with_the_rows():
    found = estimate_s("linear", Task.CLASSIFICATION, 1_000_000, 10, 2)

    assert found == pytest.approx(9)


def test_estimate_counts_cells_and_classes():
    narrow = estimate_s("blend", Task.CLASSIFICATION, 5_000, 10, 2)
    wide = estimate_s("blend", Task.CLASSIFICATION, 5_000, 20, 2)
    many = estimate_s("blend", Task.CLASSIFICATION, 5_000, 10, 3)
    very_many = estimate_s("blend", Task.CLASSIFICATION, 5_000, 10, 400)

    assert narrow
    assert wide == estimate_s("blend", Task.CLASSIFICATION, 10_000, 10, 2)
    assert many == pytest.approx(1.5 * narrow)
    assert very_many == pytest.approx(2 * narrow)


def test_estimate_of_an_estimator_that_was_never_measured_is_not_guessed():
    assert estimate_s("my_own", Task.REGRESSION, 1_000, 10) is None


def test_estimate_knows_only_estimators_that_there_are():
    assert set(MEASURED) <= {AUTO, *ESTIMATORS}
