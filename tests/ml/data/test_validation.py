"""Validation of rows against a signature."""

import itertools
import json
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.data.encoding import Encoder
from mlapp.ml.data.invalid_rows import reject_rows
from mlapp.ml.data.signature import infer_signature
from mlapp.ml.data.validation import Validator, Warnings
from mlapp.schemas import ColumnFormat, ColumnType, Feature, Format, ReadAs, TrainOptions
from mlapp.tables.formats.json import json_table as read_json
from mlapp.tables.table import Table

TRAINING = pl.DataFrame(
    {
        "n": [0.5, 2.5, 1.0],
        "i": [1, 5, 3],
        "b": [True, False, True],
        "c": ["1", "u", "1.0"],
        "d": ["2024-01-01", "2024-02-01T12:00", "2024-01-05"],
        "optional": [1.5, None, 2.5],
    }
)
ROW = {"n": 1, "i": 2, "b": True, "c": "u", "d": "2024-01-10", "optional": 2}


def json_table(body):
    return read_json(json.dumps(body).encode())[0]


class Checked(NamedTuple):
    rows: list[list[float | None]]
    warnings: Warnings


def check(table, features, *, strict=False):
    encoded = Encoder(features).encode_rows(table)
    reject_rows(table, encoded.invalid)
    warnings = Validator(features).table_warnings(table, encoded)
    if strict:
        Validator(features).reject_unusual(table, warnings)
    rows = [[None if np.isnan(value) else value for value in row] for row in encoded.x.tolist()]
    return Checked(rows, warnings)


@pytest.fixture
def features():
    return infer_signature(
        Table(TRAINING.with_columns(y=pl.Series([1, 2, 3]))), "y", TrainOptions(features=TRAINING.columns)
    ).features


@pytest.mark.parametrize(
    ("name", "value", "code", "detail"),
    [
        ("n", 212, "out_of_range", "212 is outside 0.5–2.5 seen in training"),
        ("i", -1, "out_of_range", "-1 is outside 1–5 seen in training"),
        ("i", 1.5, "not_whole", "1.5 is not whole; training saw whole numbers only"),
        ("d", "2025-01-01", "out_of_range", "2025-01-01 is outside 2024-01-01–2024-02-01T12:00:00 seen in training"),
        ("c", "x\ty", "unknown_category", "'x�y' was never seen in training"),
        ("c", 7, "unknown_category", "'7' was never seen in training"),
        ("b", None, "missing", "is missing; training saw no row without it"),
        ("n", "", "missing", "is missing; training saw no row without it"),
    ],
)
def test_value_outside_the_training_data_is_reported(features, name, value, code, detail):
    checked = check(json_table({"records": [ROW | {name: value}]}), features)

    (warning,) = checked.warnings.first
    assert (warning.row, warning.feature, warning.code, warning.detail) == (0, name, code, detail)
    assert checked.warnings.total == 1


@pytest.mark.parametrize(
    "row",
    [ROW, ROW | {"optional": None}, {name: value for name, value in ROW.items() if name != "optional"}, ROW | {"y": 1}],
)
def test_usual_row_has_no_warnings(features, row):
    checked = check(json_table({"records": [row]}), features)

    assert len(checked.rows[0]) == len(TRAINING.columns)
    assert checked.warnings == ([], 0)


def test_numbers_in_strings_are_converted(features):
    texts = ROW | {"n": "1", "i": "2", "b": "true", "optional": "2.0"}

    assert check(json_table({"records": [texts]}), features) == check(json_table({"records": [ROW]}), features)


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("n", "x", "Row 1, feature 'n': 'x' is not a number."),
        ("n", True, "Row 1, feature 'n': 'true' is not a number."),
        ("i", 1e39, "Row 1, feature 'i': '1e\\+39' is beyond ±1e38."),
        ("i", 2**60 + 1, "'1152921504606846977' has more digits than a 64-bit float; send it rounded, such as 1.15292"),
        ("b", 1, "Row 1, feature 'b': '1' is not true or false."),
        ("d", "soon", "Row 1, feature 'd': 'soon' is not a date or time such as 2024-01-31"),
    ],
)
@pytest.mark.parametrize("form", ["records", "columns"])
def test_value_of_another_type_is_rejected_with_its_pointer(features, form, name, value, detail):
    rows = [ROW, ROW | {name: value}]
    body = rows if form == "records" else {key: [row[key] for row in rows] for key in ROW}

    with pytest.raises(Unacceptable, match=detail) as rejected:
        check(json_table({form: body}), features)

    (error,) = rejected.value.errors
    assert error["pointer"] == (f"/records/1/{name}" if form == "records" else f"/columns/{name}/1")


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ({"records": [{"optional": 1}]}, 0),
        ({"records": [ROW, ROW, {"optional": 1}]}, 2),
        ({"columns": {"optional": [1]}}, 0),
    ],
)
def test_row_without_required_features_is_rejected_with_their_names(features, table, row):
    sentence = f"Row {row} lacks the feature 'n'; send its value, or null"
    if "columns" in table:
        sentence = "The table lacks the columns 'n', 'i', 'b', 'c', 'd'; cells may be empty where a value is not known."
    with pytest.raises(Unacceptable, match=sentence) as rejected:
        check(json_table(table), features)

    assert [error["pointer"].split("/")[-2:] for error in rejected.value.errors] == [
        [str(row), name] if "records" in table else [name, str(row)] for name in "nibcd"
    ]


def test_first_hundred_invalid_cells_are_reported_by_row(features):
    rows = [ROW] * 5 + [ROW | {"n": "x", "b": "x"}] * 60

    with pytest.raises(Unacceptable, match="Row 5, feature 'n'") as rejected:
        check(json_table({"records": rows}), features)

    pointers = [f"/records/{row}/{name}" for row in range(5, 55) for name in "nb"]
    assert [error["pointer"] for error in rejected.value.errors] == pointers


def test_first_hundred_warnings_are_returned_and_all_are_counted(features):
    rows = [ROW | {"n": 99, "c": "never"}] * 80

    checked = check(json_table({"records": rows}), features)

    assert checked.warnings.total == 160
    assert [(warning.row, warning.feature) for warning in checked.warnings.first] == [
        (row, name) for row in range(50) for name in "nc"
    ]


def test_all_warnings_of_many_cells_are_counted(features):
    rows = [ROW | {"i": 99.5}] * 80

    warnings = check(json_table({"records": rows}), features).warnings

    assert warnings.total == 160
    assert [(each.row, each.code) for each in warnings.first] == [
        (row, code) for row in range(50) for code in ("not_whole", "out_of_range")
    ]


def test_table_without_rows_is_rejected(features):
    with pytest.raises(Unacceptable, match="no rows to predict"):
        check(json_table({"records": []}), features)


def test_empty_row_is_valid_if_all_features_are_optional(features):
    optional = [feature for feature in features if not feature.required]

    assert check(json_table({"records": [{}, {}]}), optional).rows == [[None], [None]]


@pytest.mark.parametrize(
    ("row", "detail", "pointer"),
    [
        (ROW | {"n": 99}, "99 is outside 0.5–2.5", "/records/0/n"),
        (ROW | {"z": 1}, "Column 'z' is not a feature", "/records/0/z"),
    ],
)
def test_strict_validation_rejects_warnings_and_extra_columns(features, row, detail, pointer):
    with pytest.raises(Unacceptable, match=detail) as rejected:
        check(json_table({"records": [row]}), features, strict=True)

    assert [error["pointer"] for error in rejected.value.errors] == [pointer]


def test_strict_validation_accepts_a_usual_row(features):
    assert check(json_table({"records": [ROW]}), features, strict=True).warnings.total == 0


VALUES = [None, 1, 1.0, 1.5, -0.0, 1e22, 2**53, 2**64, 1e39, True, "", "1", "1.0", "u", "x", "2024-01-10", "true"]


@pytest.mark.parametrize("name", list(ROW))
def test_validation_of_a_row_does_not_depend_on_other_rows(features, name):
    feature = [feature for feature in features if feature.name == name]
    alone = [outcomes(feature, [{name: value}])[0] for value in VALUES]
    for pair in itertools.permutations(range(len(VALUES)), 2):
        expected = [alone[index] for index in pair]
        rejected = any(isinstance(found, str) for found in expected)

        together = outcomes(feature, [{name: VALUES[index]} for index in pair])

        assert together == [found if isinstance(found, str) or not rejected else None for found in expected]


def outcomes(features, rows):
    """Return for each row its error, or its values and warnings; None if another row is rejected."""
    try:
        checked = check(json_table({"records": list(rows)}), features)
    except Unacceptable as rejected:
        details = {int(error["pointer"].split("/")[2]): error["detail"] for error in rejected.errors}
        return [details[row].removeprefix(f"Row {row}") if row in details else None for row in range(len(rows))]
    warned = [(warning.row, warning.code, warning.detail) for warning in checked.warnings.first]
    return [(values, [found[1:] for found in warned if found[0] == row]) for row, values in enumerate(checked.rows)]


def test_words_in_place_of_numbers_count_as_missing_with_one_warning_each(features):
    rows = [ROW | {"n": "unknown", "optional": "not measured"}, ROW, ROW | {"d": "soon", "i": "many"}]
    texts = pl.DataFrame([{name: str(value).lower() for name, value in row.items()} for row in rows])

    checked = check(Table(texts, ReadAs(format=Format.CSV)), features)

    assert [(each.row, each.feature, each.code) for each in checked.warnings.first] == [
        (0, "n", "odd_value"),
        (0, "optional", "odd_value"),
        (2, "i", "odd_value"),
        (2, "d", "odd_value"),
    ]
    assert checked.warnings.first[0].detail == "'unknown' is not a number and counts as missing"
    assert (checked.rows[0][0], checked.rows[0][5], checked.warnings.total) == (None, None, 4)


def test_rows_with_a_problem_have_neither_errors_nor_warnings(features):
    frame = pl.DataFrame([ROW, ROW | {"n": 99}]).cast(pl.String).extend(pl.DataFrame([dict.fromkeys(ROW, "x9")]))
    table = Table(frame, ReadAs(format=Format.CSV), lines=[2, 3, 4], problems={2: "The line is a total."})

    checked = check(table, features)

    assert [(each.row, each.code) for each in checked.warnings.first] == [(1, "out_of_range")]


def test_value_that_is_no_word_of_a_boolean_is_rejected_with_the_words():
    words = ColumnFormat(words={"ja": True, "nein": False})
    feature = Feature(name="old", type=ColumnType.BOOLEAN, required=True, example=True, read_as=words)

    with pytest.raises(Unacceptable, match="Row 0, feature 'old': 'vielleicht' is none of ja, nein."):
        check(json_table({"records": [{"old": "vielleicht"}]}), [feature])
