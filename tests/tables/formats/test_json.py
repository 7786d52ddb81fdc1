"""The JSON and NDJSON readers."""

import gc
import json

import pytest

from mlapp.errors import TooLarge, Unacceptable, UnreadableBody
from mlapp.schemas import MAX_JSON_BYTES, Format
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.formats.json import json_body, leave_out_nested, require_plain
from mlapp.tables.formats.json import json_table as read_json
from mlapp.tables.formats.ndjson import ndjson_table
from mlapp.tables.formats.reader import read_file, read_request


def json_table(body):
    return read_json(json.dumps(body).encode())[0]


@pytest.mark.parametrize(
    ("body", "value"),
    [(b' {"a": [1, 2.5, null, "\\ud83d\\ude00"]} ', {"a": [1, 2.5, None, "😀"]}), (b"\xef\xbb\xbf{}", {})],
)
def test_json_is_parsed(body, value):
    assert json_body(body) == (None, value)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"\xff", "The body is not UTF-8"),
        (b'{"a": 1,}', "The body is not JSON: .* at line 1, column"),
        (b'"\\ud800"', "lone surrogate"),
        (b"1" * 5_000, "thousands of digits"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a": NaN}', "NaN is not JSON; send null"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"b": 0, "a": 1, "a": 2}', "The name 'a' is given twice"),
    ],
)
def test_json_that_is_not_strict_is_rejected_with_the_reason(body, sentence):
    with pytest.raises(UnreadableBody, match=sentence):
        json_body(body)


def test_json_over_the_limit_is_rejected_with_the_alternatives():
    with pytest.raises(TooLarge, match="CSV, NDJSON or Parquet"):
        json_body(b" " * (MAX_JSON_BYTES + 1))


def test_large_body_is_parsed_without_garbage_collection():
    numbers = ", ".join(["1234567"] * 600_000)

    table, options = json_body(f'{{"columns": {{"a": [{numbers}]}}, "seed": 1}}'.encode())

    assert table is not None
    assert (table.height, set(table.values("a") or []), options) == (600_000, {1234567}, {"seed": 1})
    assert gc.isenabled()


def test_records_and_columns_are_equal():
    records = json_table({"records": [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]})
    columns = json_table({"columns": {"a": [1, None], "b": ["x", "y"]}})

    assert records.frame.equals(columns.frame)
    assert (records.pointer(1, "a/b"), columns.pointer(1, "a/b")) == ("/records/1/a~1b", "/columns/a~1b/1")


def test_absent_keys_are_missing_values_and_recorded():
    table = json_table({"records": [{"a": 1}, {"b": 2}, {"a": None, "b": 3}, {}]})

    assert table.frame.to_dict(as_series=False) == {"a": [1, None, None, None], "b": [None, 2, 3, None]}
    assert {name: list(rows) for name, rows in table.absent.items()} == {"a": [1, 3], "b": [0, 3]}


@pytest.mark.parametrize("body", [{"records": [{}, {}]}, {"records": []}, {"columns": {}}, {"columns": {"a": []}}])
def test_table_without_cells_is_valid(body):
    assert json_table(body).frame.height == len(body.get("records", []))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "exactly one of 'records' .* and 'columns'"),
        ([[1]], "Row 0 is not an object"),
        ({"records": [], "columns": {}}, "exactly one"),
        ({"records": {}}, "'records' must be a list"),
        ({"records": [{}, 1]}, "Row 1 is not an object"),
        ({"columns": []}, "'columns' must be an object"),
        ({"columns": {"a": 1}}, "'columns' must be an object"),
        ({"columns": {"a": [1], "b": []}}, "different lengths \\(0 to 1\\)"),
        ({"records": [{"": 1}]}, "Column 1 has no name"),
        ({"records": [{"a" * 201: 1}]}, "Column 1 has a name of 201 characters"),
        ({"records": [{"a": "x" * 32_001}]}, "Row 0 of column 'a' .* 32,000 bytes"),
    ],
)
def test_invalid_table_is_rejected_with_the_reason(body, sentence):
    with pytest.raises(Unacceptable, match=sentence):
        json_table(body)


@pytest.mark.parametrize("cell", [[], {}, [1], {"a": {"a": {}}}])
@pytest.mark.parametrize(("body", "pointer"), [("records", "/records/1/a"), ("columns", "/columns/a/1")])
def test_nested_cell_is_rejected_with_its_pointer_where_it_is_needed(cell, body, pointer):
    table = json_table({body: [{"a": 1}, {"a": cell}] if body == "records" else {"a": [1, cell]}})

    with pytest.raises(Unacceptable, match="Row 1 of column 'a'") as rejected:
        require_plain(table, ["b", "a"])

    assert rejected.value.errors[0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("values", "made"),
    [
        ([True, None], [True, None]),
        ([1, None, -(2**63)], [1, None, -(2**63)]),
        ([1.0, None, 1e300], [1.0, None, 1e300]),
        ([1, 1.5, None], [1.0, 1.5, None]),
        ([2**53, 1.5, 1.0], ["9007199254740992", "1.5", "1"]),
        ([2**63], [str(2**63)]),
        ([True, 7, 0.1, 1e22, "x", None], ["true", "7", "0.1", "1e+22", "x", None]),
        ([None, None], [None, None]),
        ([False, "x"], ["false", "x"]),
    ],
)
def test_column_keeps_every_value(values, made):
    assert column_of("a", values).to_list() == made


def test_ndjson_has_one_object_per_line():
    table = ndjson_table(b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"b": "x\\ny"}\n')

    assert table.frame.rows() == [(1, None), (None, "x\ny")]
    assert (table.format, list(table.lines or ())) == (Format.NDJSON, [1, 4])
    assert {name: list(rows) for name, rows in table.absent.items()} == {"a": [1], "b": [0]}


def test_invalid_line_of_ndjson_is_named():
    with pytest.raises(UnreadableBody, match="Line 3 is not JSON"):
        ndjson_table(b'{"a": 1}\n\n{"a": }\n')


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"records": [{"a": 1}, {"a": "x" * 32_001}]}, "/records/1/a"),
        ({"columns": {"a": ["é" * 16_001]}}, "/columns/a/0"),
    ],
)
def test_text_that_is_too_long_is_rejected_with_its_pointer(body, pointer):
    with pytest.raises(Unacceptable, match="has a text of over") as rejected:
        json_table(body)

    assert [error["pointer"] for error in rejected.value.errors] == [pointer]


@pytest.mark.parametrize("data", [b'{"a": 1, "tags": ["x"]}\n{"a": 2}\n', b'[{"a": 1, "tags": ["x"]}, {"a": 2}]'])
def test_nested_column_is_json_text_in_the_frame_and_left_out_of_training(data):
    table = read_file(data, None)

    assert table.frame.rows() == [(1, '["x"]'), (2, None)]
    leave_out_nested(table, ["a"])
    assert table.frame.columns == ["a"]
    assert table.read_as.left_out == ["Column 'tags' has lists or objects; it is left out."]


@pytest.mark.parametrize(
    "text", ['[{"a": 1}, {"a": 2}]', '{"a": 1}\n{"a": 2}\n', '{"records": [{"a": 1},\n {"a": 2}]}']
)
@pytest.mark.parametrize("kind", [Format.JSON, Format.NDJSON, None])
def test_lists_lines_and_objects_are_the_same_table(kind, text):
    assert read_request(text.encode(), kind)[0].frame.rows() == [(1,), (2,)]


def test_second_value_that_is_no_line_of_its_own_is_rejected():
    with pytest.raises(UnreadableBody, match="Extra data at line 1, column 10"):
        read_json(b'{"a": 1} {"a": 2}\n{"a":')


def test_flat_object_is_one_row():
    assert json_table({"a": 1, "b": None}).frame.rows() == [(1, None)]


@pytest.mark.parametrize(
    "body",
    [
        {"columns": ["a"], "index": [0], "data": [[1]]},
        {"0": {"a": 1}, "1": {"a": 2}},
        {"a": {"0": 1, "1": 2}},
    ],
    ids=["split", "index", "columns"],
)
def test_other_forms_of_pandas_are_rejected_with_the_right_call(body):
    with pytest.raises(Unacceptable, match=r"send df.to_json\(orient='records'\)"):
        json_table(body)


def test_cell_that_is_nested_too_deeply_has_no_text():
    cell: list[object] = []
    for _ in range(100_000):
        cell = [cell]

    with pytest.raises(UnreadableBody, match="A cell is nested too deeply"):
        column_of("a", [cell])
