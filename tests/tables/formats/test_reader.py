"""The reader of all formats, and Parquet."""

import gzip
import io
import zlib

import polars as pl
import pytest

from mlapp.errors import TooLarge, Unacceptable, UnreadableBody, UnsupportedType
from mlapp.schemas import Format
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
        read_request(b"[]", Format.JSON)


@pytest.mark.parametrize("kind", [Format.CSV, Format.NDJSON, Format.PARQUET])
@pytest.mark.parametrize(
    ("data", "packer"),
    [
        (gzip.compress(b"a\n1\n", mtime=0), "gzip"),
        (zlib.compress(b"a\n1\n"), "zlib"),
        (zlib.compress(b"a\n1\n", 9), "zlib"),
        (zlib.compress(b"a\n1\n", 1), "zlib"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"PK\x03\x04", "zip"),
    ],
)
def test_compressed_file_is_rejected_as_any_format(kind, data, packer):
    with pytest.raises(UnsupportedType, match=packer):
        read_file(data, kind)


def test_zlib_that_starts_like_text_is_rejected_as_binary():
    with pytest.raises(UnreadableBody, match="not UTF-8"):
        read_file(zlib.compress(b"a\n1\n", 5), Format.CSV)


@pytest.mark.parametrize("kind", [Format.CSV, Format.NDJSON])
def test_parquet_sent_as_another_format_is_rejected(kind):
    with pytest.raises(UnsupportedType, match=f"The file is Parquet, but was sent as {kind}"):
        read_file(parquet({"a": [1]}), kind)


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
