"""How values lie, and others counted in the same bins."""

import numpy as np
import polars as pl
import pytest

from mlapp.schemas import ColumnType, Distribution
from mlapp.tables.columns.histograms import distribution, recount

NUMBERS = np.random.default_rng(0).uniform(0, 1, 1_000)


def test_numbers_get_equally_wide_bins_and_outliers_fall_into_the_outer_ones():
    found = distribution(pl.Series([*NUMBERS, -1e9, 1e9, None]), ColumnType.NUMBER)

    assert found.edges
    assert (len(found.counts), sum(found.counts), found.missing, found.total) == (20, 1_002, 1, 1_003)
    assert 0 < found.edges[0] < 0.02
    assert 0.98 < found.edges[-1] < 1
    assert np.diff(found.edges) == pytest.approx(np.diff(found.edges)[0])
    assert min(found.counts) > 25


def test_value_on_an_edge_belongs_to_the_bin_that_it_begins():
    like = Distribution(edges=[0, 1, 2, 3], counts=[0, 0, 0])

    assert recount(pl.Series([-5.0, 1.0, 1.5, 3.0, 9.0]), like, ColumnType.NUMBER).counts == [1, 2, 2]


def test_few_whole_numbers_have_a_bin_each():
    found = distribution(pl.Series([3.0, 1.0, None, 3.0, 4.0]), ColumnType.INTEGER)

    assert (found.edges, found.counts, found.missing) == ([0.5, 1.5, 2.5, 3.5, 4.5], [1, 0, 2, 1], 1)


def test_bins_of_many_whole_numbers_hold_equally_many_of_them():
    found = distribution(pl.Series(range(45), dtype=pl.Float64), ColumnType.INTEGER)

    assert found.edges == [-0.5 + 3 * place for place in range(16)]
    assert found.counts == [3] * 15


def test_datetimes_are_counted_as_days():
    moments = pl.Series(["1970-01-02T00:00", "1970-01-03T12:00", None]).str.to_datetime()

    found = distribution(moments, ColumnType.DATETIME)

    assert found.edges
    assert (found.edges[0], found.edges[-1]) == pytest.approx((1, 2.5), abs=0.01)
    assert (found.counts[0], found.counts[-1], found.missing) == (1, 1, 1)


def test_the_most_frequent_categories_are_named_and_the_others_counted():
    texts = ["^rare$", *(f"{number:02}" for number in range(30) for _ in range(number + 2)), None]

    found = distribution(pl.Series("^name$", texts), ColumnType.CATEGORY)

    assert found.categories == [f"{number:02}" for number in range(29, -1, -1)]
    assert (found.counts, found.others, found.missing) == (list(range(31, 1, -1)), 1, 1)


def test_categories_of_one_count_come_in_order():
    assert distribution(pl.Series(["b", "c", "a", "c"]), ColumnType.CATEGORY).categories == ["c", "a", "b"]


def test_text_that_is_a_document_is_not_kept():
    found = distribution(pl.Series(["a", "x" * 201]), ColumnType.CATEGORY)

    assert (found.categories, found.counts, found.others) == (["a"], [1], 1)


def test_booleans_are_spelled_as_in_a_csv():
    found = distribution(pl.Series([True, None, True]), ColumnType.BOOLEAN)

    assert (found.categories, found.counts, found.missing) == (["true"], [2], 1)
    again = recount(pl.Series([True, False, None]), found, ColumnType.BOOLEAN)
    assert (again.counts, again.others, again.missing) == ([1], 1, 1)


def test_category_that_was_not_there_is_one_of_the_others():
    like = Distribution(categories=["a", "b"], counts=[7, 6])

    found = recount(pl.Series(["b", "new", None, "b"]), like, ColumnType.CATEGORY)

    assert (found.categories, found.counts, found.others, found.missing) == (["a", "b"], [0, 2], 1, 1)


@pytest.mark.parametrize("values", [[5.0] * 3, [1e38] * 3, [-2e-9] * 3])
def test_one_value_gets_one_bin(values: list[float]):
    found = distribution(pl.Series(values), ColumnType.NUMBER)

    assert found.edges
    assert found.edges[0] < values[0] < found.edges[1]
    assert found.counts == [3]


def test_spike_does_not_hide_the_values_beside_it():
    found = distribution(pl.Series([0.0] * 999 + [1.0]), ColumnType.NUMBER)

    assert (found.counts[0], found.counts[-1]) == (999, 1)


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1e15, 1e15 + 0.125, 1e15 + 0.25], ColumnType.NUMBER), ([2.0**53 - 1, 2.0**53 - 3], ColumnType.INTEGER)],
)
def test_edges_that_round_to_the_same_number_are_one(values: list[float], kind: ColumnType):
    found = distribution(pl.Series(values), kind)

    assert found.edges == sorted(set(found.edges or []))
    assert sum(found.counts) == found.total == len(values)


def test_nothing_is_counted_where_there_is_nothing():
    numbers = distribution(pl.Series([None], dtype=pl.Float64), ColumnType.NUMBER)
    texts = distribution(pl.Series([None], dtype=pl.String), ColumnType.CATEGORY)

    assert (numbers.edges, numbers.counts, numbers.missing) == ([0, 1], [0], 1)
    assert (texts.categories, texts.counts, texts.missing) == ([], [], 1)


@pytest.mark.parametrize("kind", [ColumnType.NUMBER, ColumnType.INTEGER])
def test_column_recounted_in_its_own_bins_is_the_same(kind: ColumnType):
    values = pl.Series((NUMBERS * 200).round(0 if kind is ColumnType.INTEGER else 9))
    found = distribution(values, kind)

    assert recount(values, found, kind) == found
