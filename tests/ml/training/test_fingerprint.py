"""Hashes of training tables."""

import polars as pl
import pytest

from mlapp.ml.data.training_set import make_training_set
from mlapp.ml.training.fingerprint import fingerprints
from mlapp.schemas import TrainOptions
from mlapp.tables.table import Table

LAST = pl.int_range(60) == 59


def hashes(frame: pl.DataFrame, target: str = "price", **options) -> tuple[str, str]:
    """Return the hashes of the columns that are used and of the whole table."""
    table, chosen = Table(frame), TrainOptions(target=target, **options)
    training_set = make_training_set(table, chosen, embed=False)
    return fingerprints(table, training_set.signature, training_set.target, chosen)


def test_hash_depends_on_every_value(table):
    changed = table.with_columns(pl.when(LAST).then(1).otherwise("parts").alias("parts"))

    assert hashes(table) == hashes(table.clone()) != hashes(changed)
    assert hashes(table)[0] != hashes(changed)[0]


@pytest.mark.parametrize("option", ["weight_column", "time_column", "group_column"])
def test_hash_depends_on_columns_that_weight_or_split_the_rows(table, option):
    rows = pl.int_range(60, eager=True)
    tables = [table.with_columns(by=values) for values in (rows // 3 + 1, rows // 3 + 1, rows // 4 + 1)]

    first, same, other = (hashes(frame, **{option: "by"})[0] for frame in tables)

    assert (first == same, first == other) == (True, False)


def test_rows_without_a_target_do_not_count(table):
    partial = table.with_columns(pl.when(pl.int_range(60) >= 25).then("price"))

    assert hashes(partial)[0] == hashes(table[25:])[0]


@pytest.mark.parametrize(
    "options",
    [
        {"features": ["size", "kind"]},
        {"exclude": ["size", "huge"]},
        {"types": {"parts": "category"}},
        {"target": "grade"},
        {"target": "sold", "merge_values": ["kind"]},
        {"seed": 1, "time_column": "made"},
    ],
)
def test_hash_of_the_table_does_not_depend_on_the_options(table, options):
    frame = table.with_columns(serial=pl.format("n{}", pl.int_range(60)), huge=pl.lit(10.0) ** pl.int_range(60))
    used, whole = hashes(frame, exclude=["huge"])

    assert used != whole
    assert hashes(frame, **({} if "features" in options else {"exclude": ["huge"]}) | options)[1] == whole


@pytest.mark.parametrize("column", ["size", "parts", "kind", "made", "old", "price", "serial"])
def test_hash_of_the_table_depends_on_every_value(table, column):
    frame = table.with_columns(serial=pl.format("n{}", pl.int_range(60)))
    changed = frame.with_columns(pl.when(LAST).then(pl.col(column).shift(1)).otherwise(column).alias(column))
    renamed = frame.rename({"serial": "number"})

    found = {hashes(frame)[1] for frame in (frame, changed, renamed)}

    assert len(found) == 3 - changed.equals(frame)


def test_hash_of_the_table_counts_rows_without_a_target(table):
    partial = table.with_columns(pl.when(pl.int_range(60) >= 25).then("price"))

    assert hashes(partial)[1] == hashes(partial, "grade")[1]
