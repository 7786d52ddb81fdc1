"""Texts that differ only by case, spaces or Unicode form."""

import polars as pl
import pytest

from mlapp.schemas import ColumnType
from mlapp.tables.columns.inference import convert_column, infer_column
from mlapp.tables.columns.texts.spellings import spelling_variants


def test_variants_are_grouped_with_the_most_frequent_first():
    cities = ["Mainz", " mainz", "MAINZ", "Mainz", "Trier", None, "Ko\u0308ln", "K\u00f6ln", "Bad  Ems", "Bad Ems"]

    assert spelling_variants(pl.Series("^x$", cities)) == [
        ["Mainz", " mainz", "MAINZ"],
        ["Bad  Ems", "Bad Ems"],
        ["Ko\u0308ln", "K\u00f6ln"],
    ]


def test_merged_column_has_the_most_frequent_spellings():
    found = infer_column(pl.Series("city", ["Mainz", " mainz", "Mainz", "Trier", ""]), merge=True)

    assert found.values.to_list() == ["Mainz", "Mainz", "Mainz", "Trier", None]
    assert found.read_as is not None
    assert found.read_as.spellings == {"Mainz": "Mainz", " mainz": "Mainz", "Trier": "Trier"}


def test_merged_spelling_has_no_spaces_around_it():
    texts = ["BONN"] * 3 + ["Bonn "] * 2 + [" Bonn"] * 2

    assert infer_column(pl.Series("city", texts), merge=True).values.to_list() == ["Bonn"] * 7


@pytest.mark.parametrize(("text", "value"), [("MAINZ ", "Mainz"), ("trier", "Trier"), ("Bonn", "Bonn"), ("NA", None)])
def test_new_spellings_are_merged_at_prediction(text, value):
    read_as = infer_column(pl.Series("city", ["Mainz", " mainz", "Mainz", "Trier"]), merge=True).read_as

    assert convert_column(pl.Series([text]), ColumnType.CATEGORY, read_as).values.to_list() == [value]


@pytest.mark.parametrize("values", [["a", "b"], ["1", "2"]])
def test_column_without_variants_is_left_as_it_is(values):
    assert infer_column(pl.Series(values), merge=True).read_as is None
