"""Default target."""

import polars as pl
import pytest

from mlapp.ml.training.default_target import default_target
from mlapp.schemas import TrainOptions
from mlapp.tables.preview import preview_table
from mlapp.tables.table import Table

ROWS = 40
NUMBERS = [row % 7 + 0.5 for row in range(ROWS)]
KINDS = ["red", "green"] * (ROWS // 2)
IMPLAUSIBLE = {
    "ID": range(ROWS),
    "account_no": [row * 1_000 for row in range(ROWS)],
    "constant": [1] * ROWS,
    "empty": [None] * ROWS,
    "mostly missing": [None] * 30 + NUMBERS[:10],
    "text": [f"text {row}" for row in range(ROWS)],
    "town": [f"town {row % 25}" for row in range(ROWS)],
    "day": [f"2024-01-{row % 28 + 1:02}" for row in range(ROWS)],
}


def chosen(columns, **options):
    table, chosen_options = Table(pl.DataFrame(columns)), TrainOptions(**options)
    return default_target(preview_table(table, chosen_options).columns, table.frame.height, chosen_options)


@pytest.mark.parametrize("name", IMPLAUSIBLE)
def test_implausible_column_is_not_the_default_target(name):
    assert chosen({"a": NUMBERS, name: IMPLAUSIBLE[name]}) == "a"
    assert chosen({name: IMPLAUSIBLE[name]}) is None


@pytest.mark.parametrize(
    "name",
    ["target", "Y", "Class", "species", "SalePrice", "sale_price", "Preis", "house price", "LABEL", "Umsatz", "y"],
)
def test_column_with_a_telling_name_is_the_default_target(name):
    assert chosen({"a": NUMBERS, name: NUMBERS, "b": NUMBERS}) == name


@pytest.mark.parametrize("name", ["class_size", "classes of", "pos_y", "id", "ÄÖ", ""])
def test_last_plausible_column_is_the_default_target_without_a_telling_name(name):
    assert chosen({name: NUMBERS, "b": KINDS, "c": NUMBERS}) == "c"


def test_most_telling_name_is_the_default_target():
    assert chosen({"target": NUMBERS, "class": KINDS, "price": NUMBERS}) == "target"
    assert chosen({"survived": NUMBERS, "class": KINDS, "price": NUMBERS}) == "survived"


def test_whole_numbers_with_a_telling_name_are_plausible_although_they_are_distinct():
    assert chosen({"y": range(ROWS), "id": range(ROWS)}) == "y"
    assert chosen({"a": NUMBERS, "b": [row * 10 for row in range(ROWS)]}) == "b"


@pytest.mark.parametrize("options", [{"exclude": ["y"]}, {"features": ["y"]}, {"time_column": "y"}])
def test_columns_used_otherwise_are_not_the_default_target(options):
    assert chosen({"a": NUMBERS, "y": NUMBERS}, **options) == "a"
