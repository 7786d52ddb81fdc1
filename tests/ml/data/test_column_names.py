"""Columns whose names differ from those of features only in how they are written."""

import numpy as np
import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.data.column_names import match_names
from mlapp.ml.data.encoding import Encoder
from mlapp.ml.data.validation import Validator
from mlapp.schemas import ColumnType, Feature, Format, ReadAs
from mlapp.tables.formats.json import records_table
from mlapp.tables.table import Table


def feature(name, *, required=True):
    return Feature(name=name, type=ColumnType.NUMBER, required=required, example=1, min=0, max=9)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("unit price", "Unit_Price"),
        ("unit price", "UNIT-PRICE "),
        ("UnitPrice", "unit.price"),
        ("größe", "gro\u0308ße"),
        ("ﬁne", "fine"),
        ("size 2", "Size_2"),
        ("a.1", "A_1"),
    ],
)
def test_name_that_is_written_differently_stands_for_a_feature(name, sent):
    assert match_names(["x", sent], [feature(name), feature("x")]) == {name: sent}


@pytest.mark.parametrize(
    ("names", "features"),
    [
        (["unit price"], ["unit price"]),
        (["Age", "AGE"], ["age"]),
        (["AGE"], ["age", "Age"]),
        (["age2"], ["age"]),
        (["size 25"], ["size 2.5"]),
        (["size 2 5"], ["size 2.5"]),
        (["unitprice$"], ["unit price"]),
    ],
)
def test_other_and_ambiguous_names_stand_for_nothing(names, features):
    assert match_names(names, [feature(name) for name in features]) == {}


def encode(table):
    features = [feature("age"), feature("size", required=False)]
    encoded = Encoder(features).encode_rows(table)
    return encoded, Validator(features).table_warnings(table, encoded)


def test_similar_column_of_a_file_is_taken_with_one_warning():
    table = Table(pl.DataFrame({"Age": [1, 2, 99], "size": [3, 4, 5]}), ReadAs(format=Format.CSV))

    encoded, warnings = encode(table)

    np.testing.assert_array_equal(encoded.x, [[1, 3], [2, 4], [99, 5]])
    assert [(each.row, each.feature, each.code) for each in warnings.first] == [
        (0, "age", "similar_name"),
        (2, "age", "out_of_range"),
    ]
    assert warnings.first[0].detail == "the column 'Age' is taken for it"


def test_each_record_is_matched_as_it_would_be_alone():
    records = [{"Age": 1, "size": 1}, {"age": 2, "SIZE": 2}, {"AGE": 3}]

    encoded, warnings = encode(records_table(records))

    np.testing.assert_array_equal(encoded.x, [[1, 1], [2, 2], [3, np.nan]])
    assert {each.feature for each in warnings.first} == {"age", "size"}


def test_lists_in_a_similar_column_of_records_are_rejected():
    with pytest.raises(Unacceptable, match="Row 0 of column 'age' is a list or an object"):
        encode(records_table([{"Age": [1]}]))


def test_cell_of_a_similar_column_is_reported_under_its_own_name():
    table = Table(pl.DataFrame({"AGE": ["1", "x1"]}), ReadAs(format=Format.CSV), lines=[2, 3])

    with pytest.raises(Unacceptable, match="Line 3, column 'AGE': 'x1' is not a number."):
        Encoder([feature("age")]).encode(table)
