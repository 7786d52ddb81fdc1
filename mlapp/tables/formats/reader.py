"""Reader of tables: CSV, NDJSON, Parquet and JSON; Parquet is read here."""

import io
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from mlapp.errors import Unacceptable, UnreadableBody, UnsupportedType, shorten
from mlapp.schemas import FileOptions, Format, ReadAs
from mlapp.tables.formats.csv import csv_table
from mlapp.tables.formats.json import json_table
from mlapp.tables.formats.ndjson import ndjson_table
from mlapp.tables.table import Table, check_cells, check_names, check_shape

MAGIC_BYTES = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip (an Excel workbook?)",
    b"\x78\x01": "zlib",
    b"\x78\x9c": "zlib",
    b"\x78\xda": "zlib",
}
"""First bytes of compressed files. zlib's 78 5E is not included, as a CSV may start with `x^`."""


def read_request(data: bytes, kind: Format | None, options: FileOptions | None = None) -> tuple[Table, dict[str, Any]]:
    """Read a request body: the table, and in JSON also the options next to it.

    Raises:
        MlappError: see `read_file` and `json_table`.
    """
    return (read_file(data, kind, options), {}) if kind is not Format.JSON else json_table(data)


def read_file(
    source: bytes | Path, kind: Format | None, options: FileOptions | None = None, *, training: bool = False
) -> Table:
    """Read a file. Its format is detected by its content; `kind` is a hint.

    For `training`, lines and columns around the table are left out and reported; otherwise all lines below the header
    are kept, those that are no rows with a problem each.

    Raises:
        UnreadableBody: the file does not have that format.
        UnsupportedType: the file is compressed.
        Unacceptable: the content is not a table of plain values.
        TooLarge: there are too many rows, columns or cells.
    """
    data = source.read_bytes() if isinstance(source, Path) else source
    for magic, name in MAGIC_BYTES.items():
        if data.startswith(magic):
            raise UnsupportedType(
                f"The file is compressed with {name}; send it uncompressed, as CSV, Parquet or NDJSON."
            )
    if data.startswith(b"PAR1") and kind is not Format.PARQUET:
        raise UnsupportedType(f"The file is Parquet, but was sent as {kind}; send it as {Format.PARQUET}.")
    if kind is Format.CSV:
        return csv_table(data)
    return ndjson_table(data) if kind is Format.NDJSON else parquet_table(data)


def parquet_table(data: bytes) -> Table:
    """Read a Parquet file; its size is checked by its footer, before any column is decompressed.

    Raises:
        UnreadableBody: the file is truncated, or not Parquet.
        Unacceptable: a column does not have plain values.
    """
    try:
        lazy = pl.scan_parquet(io.BytesIO(data))
        schema = lazy.collect_schema()
        check_shape(int(lazy.select(pl.len()).collect().item()), len(schema))
        check_names(schema.names())
        frame = lazy.select(_plain(name, dtype) for name, dtype in schema.items()).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise UnreadableBody("The Parquet file cannot be read: it is truncated, damaged or not Parquet.") from None
    check_cells(frame)
    return Table(frame, ReadAs(format=Format.PARQUET))


def _plain(name: str, dtype: pl.DataType) -> pl.Expr:
    # pl.col would treat names such as `*` and `^x$` as patterns.
    column = cs.by_name(name)
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.String, pl.Date) or isinstance(dtype, pl.Datetime):
        return column
    if isinstance(dtype, (pl.Categorical, pl.Enum, pl.Time, pl.Null)):
        return column.cast(pl.String)
    raise Unacceptable(
        f"Column '{shorten(name)}' has {dtype} values, not numbers, text, booleans or dates; leave it out."
    )
