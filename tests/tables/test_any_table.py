"""Property-based tests: any table is equal in all formats, and any JSON is read or rejected alike."""

import csv
import io
import json

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlapp.errors import MlappError, Unacceptable, UnreadableBody
from mlapp.schemas import ColumnType, Format
from mlapp.tables.columns.conversion import convert_plain
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.dialects.header import COMMENTS
from mlapp.tables.formats import ndjson as ndjson_lines
from mlapp.tables.formats.json import json_body, json_table
from mlapp.tables.formats.ndjson import ndjson_table
from mlapp.tables.formats.reader import read_request

pytestmark = pytest.mark.slow

often = settings(max_examples=60, deadline=None, derandomize=True, database=None)
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=8) | st.sampled_from(
    ["00123", "1.0", "nan", "-0", "1e5", "true", "\u202eabc", "e\u0301", "é", '"', "a,b;c\td|e", "{}", "}]", "\\"]
)
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
names = st.text(characters, min_size=1, max_size=8) | st.sampled_from(
    ["^x$", "*", "../etc", "<script>", "e\u0301", "é"]
)


def columns_of(values):
    return st.integers(1, 12).flatmap(
        lambda rows: st.dictionaries(names, st.lists(values, min_size=rows, max_size=rows), min_size=1, max_size=4)
    )


def records_of(columns):
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def ndjson(columns):
    return "\n".join(json.dumps(record) for record in records_of(columns)).encode()


def read(data, kind):
    return read_request(data, kind)[0].frame


@often
@given(columns_of(scalars))
def test_records_columns_and_ndjson_are_equal(columns):
    frame = read(json.dumps({"columns": columns}).encode(), Format.JSON)

    assert read(json.dumps({"records": records_of(columns)}, indent=1).encode(), Format.JSON).equals(frame)
    assert read(ndjson(columns), Format.NDJSON).equals(frame)
    assert frame.columns == list(columns)


@often
@given(columns_of(texts.filter(lambda text: "\r" not in text)))
@example({"a": ["", "x"]})
def test_texts_are_equal_in_all_formats(columns):
    frame = read(json.dumps({"columns": columns}).encode(), Format.JSON)
    parquet, text = io.BytesIO(), io.StringIO()
    frame.write_parquet(parquet)
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([list(columns), *zip(*columns.values(), strict=True)])

    assert read(parquet.getvalue(), Format.PARQUET).equals(frame)
    found = outcome(lambda: read(text.getvalue().encode(), Format.CSV))
    # An empty cell is a missing value; and a file may start like another format, or with a comment.
    is_commented = next(iter(columns)).lstrip().startswith(COMMENTS)
    same = frame.with_columns(pl.all().replace("", None)).fill_null("")
    assert is_commented or isinstance(found, MlappError) or found.equals(same)


def outcome(call):
    try:
        return call()
    except MlappError as error:
        return error


@pytest.fixture(scope="module", autouse=True)
def small_pieces():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ndjson_lines, "PIECE_BYTES", 50)
        yield


@often
@given(columns_of(scalars), st.booleans(), st.sampled_from([None, 1]), st.dictionaries(texts, scalars, max_size=2))
def test_json_and_ndjson_are_equal(columns, escaped, indent, options):
    options = {name: value for name, value in options.items() if name not in {"records", "columns"}}
    records = records_of(columns)
    whole = pl.DataFrame([column_of(name, values) for name, values in columns.items()])

    body = json.dumps(options | {"records": records}, ensure_ascii=escaped, indent=indent).encode()
    lines = "".join(json.dumps(record, ensure_ascii=escaped) + "\n" for record in records).encode()
    table, found = json_body(b"\xef\xbb\xbf" + body)

    assert table is not None
    assert found == options
    for each in (table, ndjson_table(lines)):
        assert each.frame.equals(whole)
        assert list(each.json_records(slice(0, len(records))) or ()) == records
        assert list(each.json_records(slice(1, 3)) or ()) == records[1:3]


@often
@given(st.lists(st.dictionaries(st.sampled_from("abcd"), scalars, max_size=4), max_size=12))
def test_absent_keys_are_found_across_pieces(records):
    lines = "".join(json.dumps(record) + "\n" for record in records).encode()
    known = list(dict.fromkeys(name for record in records for name in record))

    lacking = {name: [row for row, record in enumerate(records) if name not in record] for name in known}
    for table in (json_table(json.dumps({"records": records}).encode())[0], ndjson_table(lines)):
        absent = {name: list(rows) for name, rows in table.absent.items()}
        assert absent == {name: rows for name, rows in lacking.items() if rows}
        assert table.frame.columns == known


json_texts = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=6)


@often
@given(json_texts.map(json.dumps), st.data())
def test_damaged_json_is_rejected_with_the_position(text, data):
    text = '{"records": [{"a": 1, "b": "x}"}, {"a": ' + text + "}]}"
    index = data.draw(st.integers(0, len(text) - 1))
    changed = text[:index] + data.draw(st.sampled_from(["", "]", ",", '"', "}", " ", "\\", "é"])) + text[index + 1 :]
    body = data.draw(st.sampled_from([text, changed, text[:index]])).encode()
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        wrong = f"line {error.lineno}, column {error.colno}."
    else:
        wrong = ""

    found = outcome(lambda: json_body(body))

    # Some errors are found before the invalid JSON.
    if wrong and isinstance(found, UnreadableBody) and "twice" not in found.detail:
        assert found.detail.endswith(wrong)
    assert not wrong or isinstance(found, MlappError)
    assert wrong or not isinstance(found, UnreadableBody) or "twice" in found.detail


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"records": [{"a": 1}], "records": []}', "'records' is given twice"),
        (b'{"columns": {"a": [1], "a": [2]}}', "'a' is given twice"),
        (b'{"records": [{"a": 1},]}', "Expecting value at line 1, column 23"),
        (b'{"records": [{"a": 1} 1]}', "Expecting ',' delimiter at line 1, column 23"),
        (b'{"records": [{"a": 1}]} 1', "Extra data at line 1, column 25"),
        (b'{"a" 1}', "Expecting ':' delimiter at line 1, column 6"),
        (b'{"a": 1 "b"}', "Expecting ',' delimiter at line 1, column 9"),
        (b'{"a": 1,\n"b": x}', "Expecting value at line 2, column 6"),
        (b"{a}", "Expecting property name enclosed in double quotes at line 1, column 2"),
    ],
)
def test_invalid_json_is_rejected_with_the_position(body, sentence):
    with pytest.raises(UnreadableBody, match=sentence):
        json_body(body)


def test_too_many_options_are_rejected():
    with pytest.raises(Unacceptable, match="more than 100 options"):
        json_body(json.dumps(dict.fromkeys(map(str, range(101)))).encode())


@pytest.mark.parametrize("line", [b"1" * 2_000_000, b"1" * 2_000_000 + b"\n{}"])
def test_line_that_is_too_long_is_rejected_with_its_number(line):
    with pytest.raises(UnreadableBody, match="Line 2 is longer than 1,000,000 bytes"):
        ndjson_table(b"{}\n" + line)


def test_line_with_two_objects_is_rejected():
    with pytest.raises(UnreadableBody, match="Line 2 is not JSON: Extra data at line 1, column 5"):
        ndjson_table(b'{"a": 1}\n{}  {}\n')


PIECES = [
    "0",
    "1",
    "00",
    "9",
    "-",
    "+",
    ".",
    "e",
    "E",
    " ",
    "\t",
    "nan",
    "inf",
    "true",
    "TRUE",
    "2024-01-31",
    "T10:00",
    "Z",
]


@often
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), min_size=1, max_size=12), st.data())
@pytest.mark.parametrize("kind", list(ColumnType))
def test_conversion_of_a_text_does_not_depend_on_other_rows(kind, cells, data):
    # Columns whose values are all valid are converted by a faster path.
    plain = [cell for cell in cells if not convert_plain(pl.Series([cell]), kind)[1].any()]
    others = data.draw(st.lists(st.sampled_from(cells), max_size=3))
    for column in (plain, cells, plain + others):
        alone = [convert_plain(pl.Series([cell, *others]), kind) for cell in column for others in ([], [" 1 "])]

        values, bad = convert_plain(pl.Series(column, dtype=pl.String), kind)

        expected = [(found[0][0], found[1][0]) for found in alone]
        assert expected == [found for found in zip(values, bad, strict=True) for _ in range(2)]
