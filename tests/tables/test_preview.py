"""Table previews."""

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.schemas import ColumnType, TrainOptions
from mlapp.tables.preview import preview_table
from mlapp.tables.table import Table


def test_columns_are_described_as_training_would_convert_them():
    frame = pl.DataFrame({"^n$": ["1", "", "2", "2", "5", "9"], "b": [True, None, False, True, True, True]})

    number, boolean = preview_table(Table(frame), TrainOptions()).columns

    assert (number.name, number.type, number.missing, number.distinct) == ("^n$", ColumnType.INTEGER, 1, 4)
    assert number.examples == ["1", "2", "5"]
    assert (boolean.type, boolean.missing, boolean.examples) == (ColumnType.BOOLEAN, 1, ["true", "false"])


def test_first_rows_are_shown_as_text():
    preview = preview_table(Table(pl.DataFrame({"a": range(30), "b": [None] * 30})), TrainOptions())

    assert preview.rows == 30
    assert preview.head == [[str(row), None] for row in range(20)]


def test_table_without_columns_is_rejected():
    with pytest.raises(Unacceptable, match="The table is empty"):
        preview_table(Table(pl.DataFrame()), TrainOptions())


def test_columns_have_distributions():
    frame = pl.DataFrame({"n": ["1", "", "2", "2"], "b": [True, None, True, True], "empty": [None] * 4})

    numbers, booleans, empty = [column.distribution for column in preview_table(Table(frame), TrainOptions()).columns]

    assert numbers
    assert (numbers.edges, numbers.counts, numbers.missing) == ([0.5, 1.5, 2.5], [1, 2], 1)
    assert booleans
    assert (booleans.categories, booleans.counts, booleans.missing) == (["true"], [3], 1)
    assert empty
    assert (empty.categories, empty.counts, empty.missing) == ([], [], 4)


def test_column_that_cannot_be_read_is_shown_with_the_reason():
    frame = pl.DataFrame({"a": [1e300, 2.0, 2.0], "b": [1, 2, 3]})

    broken, ordinary = preview_table(Table(frame), TrainOptions()).columns

    assert (broken.type, broken.distinct, len(broken.examples)) == (ColumnType.CATEGORY, 2, 2)
    assert "Row 0 of column 'a' is beyond ±1e38" in broken.warnings[0]
    assert (ordinary.type, ordinary.warnings) == (ColumnType.INTEGER, [])


def described(options=None, **columns):
    return preview_table(Table(pl.DataFrame(columns)), TrainOptions(**options or {})).columns


def test_columns_tell_how_they_are_written():
    percent, word = described(share=["1.5%", "2%", "3%"], sold=["yes", "no", "yes"])

    assert percent.read_as
    assert (percent.type, percent.read_as.unit, percent.examples) == (ColumnType.NUMBER, "%", ["1.5%", "2%", "3%"])
    assert word.read_as
    assert (word.type, word.read_as.words) == (ColumnType.BOOLEAN, {"no": False, "yes": True})


@pytest.mark.parametrize("merge_values", [[], ["city"]])
def test_columns_with_spellings_are_marked_also_when_merged(merge_values):
    city, kind = described({"merge_values": merge_values}, city=["Bonn", "bonn", "Ulm"], kind=["a", "b", "b"])

    assert (city.variants, kind.variants, city.distinct) == (True, False, 2 if merge_values else 3)


def test_column_keeps_its_own_type_if_the_chosen_one_does_not_fit():
    text, zipcode = described({"types": {"text": "number", "zip": "category"}}, text=["a", "b"], zip=["10115", "2"])

    assert (text.type, zipcode.type, zipcode.warnings) == (ColumnType.CATEGORY, ColumnType.CATEGORY, [])
    assert "Column 'text' cannot be read as numbers, as 'types' asks for" in text.warnings[0]
