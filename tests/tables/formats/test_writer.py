"""The writer of all formats."""

import polars as pl
import pytest

from mlapp.schemas import Format
from mlapp.tables.columns.inference import infer_column
from mlapp.tables.formats.csv import csv_table
from mlapp.tables.formats.ndjson import ndjson_table
from mlapp.tables.formats.reader import read_file
from mlapp.tables.formats.writer import format_rows, write_rows, write_table

FRAME = pl.DataFrame(
    {
        "a": [1, None],
        "b": ["x;y", 'say "hi"\n'],
        "c": pl.Series(["2024-01-31T00:00", "2024-01-31T10:05"]).str.to_datetime(),
        "d": [0.1, 2.0],
    }
)


@pytest.mark.parametrize("kind", [Format.CSV, Format.NDJSON, Format.PARQUET])
def test_written_table_is_read_back(kind):
    written = read_file(write_table(FRAME, kind), kind).frame

    assert [infer_column(column).values.to_list() for column in written] == [
        infer_column(column).values.to_list() for column in FRAME
    ]


def test_write_rows_keeps_records_as_they_were():
    table = ndjson_table(b'{"x": 1, "when": "2024-01-31"}\n{"x": 2.5, "flag": true}\n{"x": "\xc3\xa4"}\n')

    written = write_rows(table, slice(1, 3), pl.DataFrame({"prediction": [0.5, 1.5]}), Format.NDJSON)

    assert written.decode() == '{"x": 2.5, "flag": true, "prediction": 0.5}\n{"x": "ä", "prediction": 1.5}\n'


def test_write_rows_writes_the_header_with_the_first_rows_only():
    table = csv_table(b"x;y\n1;2\n01;\n")
    added = pl.DataFrame({"prediction": [0.5]})

    parts = [write_rows(table, slice(row, row + 1), added, Format.CSV) for row in (0, 1)]

    assert parts == [b"x;y;prediction\n1;2;0.5\n", b"01;;0.5\n"]


@pytest.mark.parametrize(
    ("kind", "body", "written"),
    [
        (Format.CSV, b"a;b\n1.50;\n;x\n", b"a;b;p\n1.50;;1\n;x;2\n"),
        (
            Format.NDJSON,
            b'{"a": 1.0}\n{"b": "\xc3\xa9", "a": null}\n',
            '{"a": 1.0, "p": 1}\n{"b": "é", "a": null, "p": 2}\n',
        ),
    ],
)
def test_rows_are_written_as_they_were_with_the_added_columns(kind, body, written):
    table, added = read_file(body, kind), pl.DataFrame({"p": [1, 2]})

    parts = [write_rows(table, slice(row, row + 1), added[row], kind) for row in range(2)]

    assert b"".join(parts).decode() == (written if isinstance(written, str) else written.decode())


def test_rows_of_another_format_are_written_as_ndjson():
    table = read_file(b"a\n1\n", Format.CSV)

    assert write_rows(table, slice(0, 1), pl.DataFrame({"p": [0.5]}), Format.NDJSON) == b'{"a":"1","p":0.5}\n'


def test_numbers_of_json_beside_texts_with_decimal_commas_are_written_with_points():
    table = ndjson_table(b'{"x": "1,5", "y": 2.5}\n')

    written = write_rows(table, slice(0, 1), pl.DataFrame({"p": [0.5]}), Format.CSV)

    assert written == b'x,y,p\n"1,5",2.5,0.5\n'


def test_texts_are_formatted_as_in_a_csv():
    names, rows = format_rows(FRAME)

    assert names == ["a", "b", "c", "d"]
    assert rows == [["1", "x;y", "2024-01-31", "0.1"], [None, 'say "hi"\n', "2024-01-31T10:05:00", "2.0"]]


def test_formulas_are_not_escaped_in_other_formats():
    assert write_table(pl.DataFrame({"=a": ["=1"]}), Format.NDJSON) == b'{"=a":"=1"}\n'
