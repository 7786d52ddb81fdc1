"""The reader of all formats, and Parquet."""

import gzip
import io
import zipfile
import zlib

import polars as pl
import pytest
from backports import zstd

from mlapp.errors import TooLarge, Unacceptable, UnreadableBody, UnsupportedType
from mlapp.schemas import Format
from mlapp.tables.formats.detection import detect_format
from mlapp.tables.formats.reader import read_file, read_request
from mlapp.tables.table import check_shape


def parquet(columns) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Format.CSV, b"a\n1\n"),
        (Format.NDJSON, b'{"a": 1}'),
        (Format.PARQUET, parquet({"a": [1]})),
    ],
)
def test_file_is_read_from_bytes_and_from_disk(tmp_path, kind, data):
    (tmp_path / "table").write_bytes(data)

    tables = [read_file(data, kind), read_file(tmp_path / "table", kind), read_request(data, kind)[0]]

    assert [table.format for table in tables] == [kind] * 3
    assert all(table.frame.equals(tables[0].frame) for table in tables)


def test_json_has_options_next_to_the_table():
    table, options = read_request(b'{"columns": {"a": [1]}, "target": "a", "seed": 1}', Format.JSON)

    assert (table.frame.rows(), options) == ([(1,)], {"target": "a", "seed": 1})


def test_json_that_is_not_an_object_is_rejected():
    with pytest.raises(Unacceptable, match="an object with 'records' or 'columns'"):
        read_request(b"7", Format.JSON)


OBJECT = b'{"a": 1}'


@pytest.mark.parametrize("kind", [None, *Format])
@pytest.mark.parametrize(
    ("data", "found"),
    [
        (OBJECT + b"\n" + OBJECT + b"\n", Format.NDJSON),
        (b'{"records": [{"a": 1}]}', Format.JSON),
        (b'\xef\xbb\xbf{"columns":\n {"a": [1]}}', Format.JSON),
        (parquet({"a": [1]}), Format.PARQUET),
    ],
)
def test_format_is_found_by_content(kind, data, found):
    assert read_file(data, kind).format is found


@pytest.mark.parametrize("kind", [None, *sorted(set(Format) - {Format.JSON, Format.NDJSON})])
def test_text_that_was_not_declared_as_json_is_csv(kind):
    assert read_file(b"a\n1\n", kind).format is Format.CSV


@pytest.mark.parametrize(("kind", "found"), [(Format.NDJSON, Format.NDJSON), (None, Format.JSON)])
def test_single_object_is_the_declared_format(kind, found):
    assert detect_format(OBJECT, kind) is found


@pytest.mark.parametrize("kind", [Format.JSON, Format.NDJSON])
def test_text_that_was_declared_as_json_is_damaged_json(kind):
    with pytest.raises(UnreadableBody, match="is not JSON"):
        read_file(b"a,b\n1,2\n", kind)


def test_json_that_spans_lines_is_a_document():
    assert detect_format(b'{"target": "a",\n"records": []}', None) is Format.JSON


def test_options_in_a_json_file_are_rejected():
    with pytest.raises(Unacceptable, match="has an option 'target'; send options in the form"):
        read_file(b'{"records": [{"a": 1}], "target": "a"}', None)


@pytest.mark.parametrize(("pack", "packed"), [(gzip.compress, "gzip"), (zstd.compress, "zstd")])
@pytest.mark.parametrize("data", [b"a\n1\n", OBJECT + b"\n" + OBJECT, parquet({"a": [1]})])
def test_packed_file_is_read_in_any_format(pack, packed, data):
    table = read_file(pack(data), None)

    assert table.frame.equals(read_file(data, None).frame)
    assert table.read_as.packed == packed


def test_other_files_of_an_archive_are_reported():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("rows.csv", "a\n1\n")
        archive.writestr("about.txt", "?")

    table = read_file(buffer.getvalue(), None)

    assert (table.read_as.packed, table.read_as.left_out) == (
        "zip",
        ["'about.txt' in the zip archive was left out."],
    )


@pytest.mark.parametrize("kind", [None, Format.CSV, Format.PARQUET])
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"%PDF-1.7", "a PDF, not a table; send the table that it shows"),
        (b"\x89PNG\r\n", "a PNG image"),
        (b"SQLite format 3\0", "an SQLite database, not a table; export it"),
        (b"\n<!DOCTYPE html><html>", "an HTML page, not a table; open it in a spreadsheet program"),
        (b"<table border=1>", "an HTML page"),
        (b"\xef\xbb\xbf<?xml version", "XML, not a table"),
        (b"Rar!", "compressed with RAR, not a table; unpack it"),
        *((zlib.compress(b"a\n1\n", level), "compressed with zlib") for level in (1, 6, 9)),
    ],
)
def test_file_that_is_no_table_is_rejected_with_what_it_is(kind, data, sentence):
    with pytest.raises(UnsupportedType, match=sentence):
        read_file(data, kind)


def test_word_document_is_rejected_with_what_it_is():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "")

    with pytest.raises(UnsupportedType, match="a Word document, not a table"):
        read_file(buffer.getvalue(), Format.CSV)


def test_zlib_that_starts_like_text_is_rejected_as_binary():
    with pytest.raises(UnreadableBody, match="binary content"):
        read_file(zlib.compress(b"a\n1\n", 5), Format.CSV)


@pytest.mark.parametrize("name", ["{", "[x]", "{x}", "[[", '[{" '])
def test_csv_whose_first_name_starts_like_json_is_read(name):
    quoted = '"' + name.replace('"', '""') + '"' if '"' in name else name

    assert read_file(f"{quoted},y\n1,2\n".encode(), Format.CSV).frame.columns == [name, "y"]


def test_parquet_with_too_many_rows_is_rejected_by_its_footer():
    data = parquet({"a": pl.repeat(1, 2_000_001, eager=True)})

    with pytest.raises(TooLarge, match="2,000,001 rows; at most 2,000,000"):
        read_file(data, Format.PARQUET)
    assert len(data) < 100_000


def test_repeated_long_text_is_rejected():
    with pytest.raises(TooLarge, match="The texts of the table take 224,000,000 bytes; at most 200,000,000"):
        read_file(parquet({"a": pl.repeat("x" * 32_000, 7_000, eager=True)}), Format.PARQUET)


@pytest.mark.parametrize(
    ("rows", "columns", "what"),
    [(2_000_001, 1, "2,000,001 rows"), (1, 1_001, "1,001 columns"), (1_000_001, 20, "20,000,020 cells")],
)
def test_table_that_is_too_large_is_rejected(rows, columns, what):
    with pytest.raises(TooLarge, match=what):
        check_shape(rows, columns)
