"""Distributions of columns."""

import numpy as np
import polars as pl
import pytest

from mlapp.schemas import ColumnType
from mlapp.tables.columns.distributions import distribution

NUMBERS = np.random.default_rng(0).uniform(0, 1, 1_000)


def test_numbers_have_bins_of_equal_width_and_outliers_are_in_the_outer_ones():
    found = distribution(pl.Series([*NUMBERS, -1e9, 1e9, None]), ColumnType.NUMBER)

    assert found.edges
    assert (len(found.counts), sum(found.counts), found.missing, found.total) == (20, 1_002, 1, 1_003)
    assert 0 < found.edges[0] < 0.02
    assert 0.98 < found.edges[-1] < 1
    assert np.diff(found.edges) == pytest.approx(np.diff(found.edges)[0])
    assert min(found.counts) > 25


def test_few_integers_have_a_bin_each():
    found = distribution(pl.Series([3.0, 1.0, None, 3.0, 4.0]), ColumnType.INTEGER)

    assert (found.edges, found.counts, found.missing) == ([0.5, 1.5, 2.5, 3.5, 4.5], [1, 0, 2, 1], 1)


def test_bins_of_many_integers_contain_equally_many():
    found = distribution(pl.Series(range(45), dtype=pl.Float64), ColumnType.INTEGER)

    assert found.edges == [-0.5 + 3 * index for index in range(16)]
    assert found.counts == [3] * 15


def test_datetimes_are_counted_as_days():
    moments = pl.Series(["1970-01-02T00:00", "1970-01-03T12:00", None]).str.to_datetime()

    found = distribution(moments, ColumnType.DATETIME)

    assert found.edges
    assert (found.edges[0], found.edges[-1]) == pytest.approx((1, 2.5), abs=0.01)
    assert (found.counts[0], found.counts[-1], found.missing) == (1, 1, 1)


def test_most_frequent_categories_are_counted_separately():
    texts = ["^rare$", *(f"{number:02}" for number in range(30) for _ in range(number + 2)), None]

    found = distribution(pl.Series("^name$", texts), ColumnType.CATEGORY)

    assert found.categories == [f"{number:02}" for number in range(29, -1, -1)]
    assert (found.counts, found.others, found.missing) == (list(range(31, 1, -1)), 1, 1)


def test_categories_with_the_same_count_are_sorted():
    assert distribution(pl.Series(["b", "c", "a", "c"]), ColumnType.CATEGORY).categories == ["c", "a", "b"]


def test_long_text_is_not_a_category_of_its_own():
    found = distribution(pl.Series(["a", "x" * 201]), ColumnType.CATEGORY)

    assert (found.categories, found.counts, found.others) == (["a"], [1], 1)


def test_booleans_are_formatted_as_in_a_csv():
    found = distribution(pl.Series([True, None, True]), ColumnType.BOOLEAN)

    assert (found.categories, found.counts, found.missing) == (["true"], [2], 1)


@pytest.mark.parametrize("values", [[5.0] * 3, [1e38] * 3, [-2e-9] * 3])
def test_constant_column_has_one_bin(values: list[float]):
    found = distribution(pl.Series(values), ColumnType.NUMBER)

    assert found.edges
    assert found.edges[0] < values[0] < found.edges[1]
    assert found.counts == [3]


def test_other_values_than_a_spike_have_their_own_bins():
    found = distribution(pl.Series([0.0] * 999 + [1.0]), ColumnType.NUMBER)

    assert (found.counts[0], found.counts[-1]) == (999, 1)


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1e15, 1e15 + 0.125, 1e15 + 0.25], ColumnType.NUMBER), ([2.0**53 - 1, 2.0**53 - 3], ColumnType.INTEGER)],
)
def test_edges_that_round_to_the_same_number_are_merged(values: list[float], kind: ColumnType):
    found = distribution(pl.Series(values), kind)

    assert found.edges == sorted(set(found.edges or []))
    assert sum(found.counts) == found.total == len(values)


def test_empty_column_has_no_counts():
    numbers = distribution(pl.Series([None], dtype=pl.Float64), ColumnType.NUMBER)
    texts = distribution(pl.Series([None], dtype=pl.String), ColumnType.CATEGORY)

    assert (numbers.edges, numbers.counts, numbers.missing) == ([0, 1], [0], 1)
    assert (texts.categories, texts.counts, texts.missing) == ([], [], 1)
