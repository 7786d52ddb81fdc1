"""Columns that may name groups or order rows."""

import numpy as np
import polars as pl
import pytest

from mlapp.ml.data.dependence import candidates
from mlapp.ml.data.dependence.candidates import GroupSample, possible_groups, possible_times, sample_groups
from mlapp.schemas import ColumnType, Feature


def sampled(name: str, values: pl.Series) -> GroupSample:
    found = sample_groups(name, values, 0)
    assert found
    return found


def feature(name: str, kind: ColumnType, values: pl.Series) -> Feature:
    numbers = {} if kind is ColumnType.CATEGORY else {"min": values.min(), "max": values.max()}
    return Feature(name=name, type=kind, required=not values.has_nulls(), example=None, **numbers)


@pytest.mark.parametrize(
    "values",
    [
        [f"P{row}" for row in range(100)],
        [row % 5 for row in range(100)],
        [None] * 90 + [1] * 10,
    ],
    ids=["all distinct", "few groups", "mostly missing"],
)
def test_columns_without_many_groups_of_several_rows_are_no_groups(values):
    assert sample_groups("id", pl.Series(values), 0) is None


def test_small_tables_are_not_sampled():
    sample = sampled("id", pl.Series([row // 4 if row else None for row in range(80)]))

    assert sample.rows.tolist() == list(range(1, 80))
    assert sample.groups.tolist() == [row // 4 for row in range(1, 80)]


@pytest.mark.parametrize(("groups", "rows"), [(20_000, 5), (100, 900)], ids=["many groups", "few groups"])
def test_large_tables_are_sampled_by_several_rows_of_a_group(groups, rows):
    sample = sampled("id", pl.Series(np.arange(groups * rows) % groups))

    assert len(sample.rows) <= candidates.SAMPLE_ROWS
    assert np.bincount(sample.groups).mean() == pytest.approx(rows if groups == 20_000 else 20, rel=0.2)


@pytest.mark.parametrize(
    ("name", "value", "entities"),
    [("machine", "north {}", True), ("patient_id", "{}", True), ("x", "M-{}", True), ("town", "{} town", False)],
)
def test_names_or_values_tell_entities_from_properties(name, value, entities):
    sample = sampled(name, pl.Series([value.format(row // 4) for row in range(80)]))

    assert sample.names_entities == entities


def test_types_that_may_name_groups():
    columns = {
        "x": pl.Series([0.5, 1.5]),
        "code": pl.Series([1.0, 2.0]),
        "made": pl.Series(["2024-01-01"] * 2).str.to_datetime(),
        "excluded": pl.Series(["a", "b"]),
        "patient": pl.Series(["a", "b"]),
        "other": pl.Series([0.5, 1.5]),
    }
    kinds = {"x": ColumnType.NUMBER, "code": ColumnType.INTEGER, "made": ColumnType.DATETIME}
    kinds |= {"patient": ColumnType.CATEGORY}

    assert possible_groups(columns, [feature(name, kind, columns[name]) for name, kind in kinds.items()]) == [
        "patient",
        "code",
        "excluded",
    ]


@pytest.mark.parametrize(
    ("name", "kind", "values", "found"),
    [
        ("made", ColumnType.DATETIME, [1.0, 0.0], True),
        ("made", ColumnType.DATETIME, [1.0, None], False),
        ("model_year", ColumnType.NUMBER, [70.0, 12.0], True),
        ("made", ColumnType.INTEGER, [2020.0, 1999.0], True),
        ("week", ColumnType.INTEGER, [1.0, 2.0], True),
        ("week", ColumnType.INTEGER, [1.0, 3.0, 2.0], False),
        ("age", ColumnType.INTEGER, [1.0, 2.0], False),
        ("kind", ColumnType.CATEGORY, ["a", "b"], False),
    ],
)
def test_dates_years_and_sorted_numbers_of_periods_order_rows(name, kind, values, found):
    values = pl.Series(values)
    values = values.cast(pl.Datetime) if kind is ColumnType.DATETIME else values

    assert (possible_times([feature(name, kind, values)], {name: values}) == [name]) == found
