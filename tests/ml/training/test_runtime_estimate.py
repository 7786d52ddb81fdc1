"""Training time estimates."""

import pytest

from mlapp.ml.recipe import AUTO
from mlapp.ml.training.runtime_estimate import MAX_CLASS_FACTOR, MEASURED, estimate_s
from mlapp.presentation.estimators import NAMES
from mlapp.schemas import Task


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("name", MEASURED)
def test_estimate_at_a_measured_size_is_the_measured_time(name: str, task: Task):
    times = MEASURED[name].regression if task is Task.REGRESSION else MEASURED[name].classification

    assert [estimate_s(name, task, rows, 10) for rows in times] == pytest.approx(list(times.values()))


def test_estimate_is_interpolated_between_measured_sizes():
    times = MEASURED["random_forest"].regression

    found = estimate_s("random_forest", Task.REGRESSION, 7_071, 10)

    # The geometric mean, as 7,071 is that of the two sizes.
    assert found == pytest.approx((times[5_000] * times[10_000]) ** 0.5, rel=1e-3)


def test_estimate_of_small_tables_has_a_lower_bound():
    assert estimate_s("random_forest", Task.REGRESSION, 10, 2) == pytest.approx(
        MEASURED["random_forest"].regression[400]
    )


def test_estimate_of_larger_tables_grows_linearly():
    found = estimate_s("linear", Task.CLASSIFICATION, 1_000_000, 10, 2)

    assert found == pytest.approx(10 * MEASURED["linear"].classification[100_000])


def test_estimate_depends_on_cells_and_classes():
    narrow = estimate_s(AUTO, Task.CLASSIFICATION, 5_000, 10, 2)
    wide = estimate_s(AUTO, Task.CLASSIFICATION, 5_000, 20, 2)
    many = estimate_s(AUTO, Task.CLASSIFICATION, 5_000, 10, 3)
    very_many = estimate_s(AUTO, Task.CLASSIFICATION, 5_000, 10, 400)

    assert narrow
    assert wide == estimate_s(AUTO, Task.CLASSIFICATION, 10_000, 10, 2)
    assert many == pytest.approx(1.5 * narrow)
    assert very_many == pytest.approx(MAX_CLASS_FACTOR * narrow)


def test_classes_do_not_slow_down_forests():
    found = {estimate_s("random_forest", Task.CLASSIFICATION, 5_000, 10, classes) for classes in (2, 400)}

    assert len(found) == 1


def test_estimator_that_was_not_measured_has_no_estimate():
    assert estimate_s("my_own", Task.REGRESSION, 1_000, 10) is None


def test_measured_estimators_exist():
    # A fork may have dropped some.
    assert set(MEASURED) <= {AUTO, *NAMES}
