"""How alike rows of a group are."""

import numpy as np
import pytest

from mlapp.ml.data.dependence.alikeness import information, intraclass_correlations, is_steady

GROUPS = np.repeat(np.arange(50), 4)


@pytest.fixture
def columns() -> np.ndarray:
    """A column that is the same within groups, one that is about the same, one that is not, and a constant one."""
    random = np.random.default_rng(0)
    own, noise = random.normal(size=50)[GROUPS], random.normal(size=200)
    return np.column_stack([own, own + noise, noise, np.ones(200)])


def test_correlation_is_one_for_equal_and_next_to_none_for_independent_rows(columns):
    assert intraclass_correlations(GROUPS, columns) == pytest.approx([1, 0.5, 0, 0], abs=0.12)


def test_missing_values_count_as_the_mean(columns):
    columns[::7, 0] = np.nan

    assert 0.6 < intraclass_correlations(GROUPS, columns)[0] < 0.95


@pytest.mark.parametrize(("column", "known"), [(0, True), (2, False), (3, False)])
def test_columns_that_are_equal_within_groups_tell_them_apart(columns, column, known):
    assert (information(GROUPS, columns[:, [column]]) > 0.8) == known


def test_numbers_of_groups_have_no_order_but_quantities_have(columns):
    steady = columns[:, :1] * 0 + (GROUPS / 50)[:, None]

    assert is_steady(GROUPS.astype(float), GROUPS, steady)
    assert not is_steady(GROUPS.astype(float), GROUPS, columns)
    assert not is_steady(GROUPS.astype(float), GROUPS, columns[:, 2:])
