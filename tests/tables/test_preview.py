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
