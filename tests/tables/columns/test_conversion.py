"""Inference of column types, and conversion."""

from datetime import date

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.schemas import ColumnType
from mlapp.tables.columns.conversion import convert_plain, format_values, is_whole
from mlapp.tables.columns.inference import infer_column

BOOLEAN, NUMBER, INTEGER = ColumnType.BOOLEAN, ColumnType.NUMBER, ColumnType.INTEGER
DATETIME, CATEGORY = ColumnType.DATETIME, ColumnType.CATEGORY


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (["1", " 2 ", "+3", "4.", "1e5"], INTEGER, [1, 2, 3, 4, 100_000]),
        (["0.5", ".5", "-1E-1", "1e-400"], NUMBER, [0.5, 0.5, -0.1, 0]),
        (["1", "", "nan", "NaN", "-nan"], INTEGER, [1, None, None, None, None]),
        (["true", "FALSE", " True "], BOOLEAN, [True, False, True]),
        (["yes", "maybe", ""], CATEGORY, ["yes", "maybe", None]),
        (["00123", "7"], CATEGORY, ["00123", "7"]),
        (["-00.5"], CATEGORY, ["-00.5"]),
        (["9007199254740991"], INTEGER, [9_007_199_254_740_991]),
        (["9007199254740992"], CATEGORY, ["9007199254740992"]),
        (["9007199254740992.0"], NUMBER, [9_007_199_254_740_992.0]),
        (["1", "inf", "-inf", "NA"], INTEGER, [1, None, None, None]),
        (["1_000"], CATEGORY, ["1_000"]),
        (["٣"], CATEGORY, ["٣"]),
        (["e5", ".", "0x1"], CATEGORY, ["e5", ".", "0x1"]),
        (["inf", "x"], CATEGORY, ["inf", "x"]),
        (["true", "7"], CATEGORY, ["true", "7"]),
        (["", ""], CATEGORY, [None, None]),
        ([], CATEGORY, []),
    ],
)
def test_text_has_the_narrowest_type_to_which_all_values_convert(texts, kind, values):
    found, converted = infer_column(pl.Series("a", texts, dtype=pl.String))[:2]

    assert (found, converted.to_list(), converted.name) == (kind, values, "a")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31 10:05", "2024-01-31T10:05:00"),
        ("2024-01-31T10:05:07", "2024-01-31T10:05:07"),
        ("2024-01-31T10:05:07.25", "2024-01-31T10:05:07.250"),
        ("2024-01-31T10:05Z", "2024-01-31T10:05:00"),
        ("2024-01-31T10:05+02:00", "2024-01-31T08:05:00"),
        ("2024-01-31T10:05:00-0130", "2024-01-31T11:35:00"),
    ],
)
def test_datetimes_are_converted_to_utc(text, moment):
    kind, converted = infer_column(pl.Series([text, ""]))[:2]

    assert (kind, converted.dtype, format_values(converted).to_list()) == (DATETIME, pl.Datetime("us"), [moment, None])


@pytest.mark.parametrize("text", ["2024-02-31", "2024-01-31T24:00", "20240131T10:00"])
def test_invalid_datetime_is_a_category(text):
    assert infer_column(pl.Series([text])).type is CATEGORY


@pytest.mark.parametrize(
    ("raw", "kind", "values"),
    [
        (pl.Series([True, None]), BOOLEAN, [True, None]),
        (pl.Series([1, None]), INTEGER, [1.0, None]),
        (pl.Series([1.0, float("nan"), None]), INTEGER, [1.0, None, None]),
        (pl.Series([1.5, 2.0], dtype=pl.Float32), NUMBER, [1.5, 2.0]),
        (pl.Series([2**53]), CATEGORY, ["9007199254740992"]),
        (pl.Series([2.0**60]), NUMBER, [2.0**60]),
        (pl.Series([float("nan")]), CATEGORY, [None]),
    ],
)
def test_typed_columns_have_the_types_of_equal_texts(raw, kind, values):
    found, converted = infer_column(raw)[:2]

    assert (found, converted.to_list()) == (kind, values)


@pytest.mark.parametrize(
    ("dtype", "moment"),
    [
        (pl.Date(), "2024-01-31"),
        (pl.Datetime("ms"), "2024-01-31T10:05:00"),
        (pl.Datetime("ns"), "2024-01-31T10:05:00"),
        (pl.Datetime("us", "Asia/Tokyo"), "2024-01-31T10:05:00"),
    ],
)
def test_typed_dates_and_datetimes_are_converted_to_utc(dtype, moment):
    raw = pl.Series(["2024-01-31T10:05:00+00:00"]).str.to_datetime().cast(dtype)

    kind, converted = infer_column(raw)[:2]

    assert (kind, converted.dtype, format_values(converted).to_list()) == (DATETIME, pl.Datetime("us"), [moment])


@pytest.mark.parametrize("values", [[1.0, 1e39], [1.0, float("inf")], ["1", "1e400"]])
def test_numbers_beyond_the_bound_are_rejected_with_their_row(values):
    raw = pl.Series("^a$", values)

    with pytest.raises(Unacceptable, match=r"Row 1 of column '.a.'") as rejected:
        infer_column(raw)

    assert rejected.value.errors[0]["pointer"] == "/records/1/^a$"


@pytest.mark.parametrize(
    ("raw", "kind", "values", "bad"),
    [
        (pl.Series(["1", "x", ""]), NUMBER, [1, None, None], [False, True, False]),
        (pl.Series(["1.5"]), INTEGER, [1.5], [False]),
        (pl.Series([True]), NUMBER, [None], [True]),
        (pl.Series([1e39, None]), NUMBER, [None, None], [True, False]),
        (pl.Series([1, 0]), BOOLEAN, [None, None], [True, True]),
        (pl.Series([20_240_131]), DATETIME, [None], [True]),
        (pl.Series([1, None]), CATEGORY, ["1", None], [False, False]),
        (pl.Series([date(2024, 1, 31)]), NUMBER, [None], [True]),
    ],
)
def test_conversion_marks_invalid_values(raw, kind, values, bad):
    converted, marked = convert_plain(raw, kind)

    assert (converted.to_list(), marked.to_list()) == (values, bad)


@pytest.mark.parametrize("name", ["^x$", "*", ":x", "a.b c", "", "count"])
@pytest.mark.parametrize("values", [["u", ""], ["1.5", "2"], ["2024-01-31", ""], ["true", ""], [1.5, float("nan")]])
def test_column_name_is_never_a_pattern(name, values):
    named, unnamed = infer_column(pl.Series(name, values))[:2], infer_column(pl.Series(values))[:2]

    assert named[1].name == name
    assert (named[0], named[1].to_list()) == (unnamed[0], unnamed[1].to_list())


def test_whole_numbers_are_exact_as_floats():
    assert is_whole(pl.Series([1.0, 1.5, None, 2.0**53])).to_list() == [True, False, None, False]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pl.Series([True, None]), ["true", None]),
        (pl.Series([1.0, 0.1]), ["1.0", "0.1"]),
        (pl.Series([1, 2**62]), ["1", str(2**62)]),
        (pl.Series([date(2024, 1, 31)]), ["2024-01-31"]),
        (pl.Series(["2024-01-31T00:00", "2024-01-31T10:05"]).str.to_datetime(), ["2024-01-31", "2024-01-31T10:05:00"]),
    ],
)
def test_values_are_formatted_as_in_a_csv(values, texts):
    assert format_values(values).to_list() == texts


@pytest.mark.parametrize("zero", [pl.Series(["-0"]), pl.Series([-0.0]), pl.Series([0])])
def test_negative_zero_becomes_zero(zero):
    _, values = infer_column(zero)[:2]

    assert str(values[0]) == "0.0"
