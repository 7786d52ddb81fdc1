"""Reader of tables in all formats."""

from pathlib import Path
from typing import Any

from mlapp.errors import UnsupportedType
from mlapp.schemas import FileOptions, Format
from mlapp.tables.formats.arrow import arrow_table
from mlapp.tables.formats.containers import document_kind
from mlapp.tables.formats.csv import csv_table
from mlapp.tables.formats.json import json_table
from mlapp.tables.formats.ndjson import ndjson_table
from mlapp.tables.formats.parquet import parquet_table
from mlapp.tables.table import Table
from mlapp.tables.workbooks.bounds import OLE, ZIP
from mlapp.tables.workbooks.reader import workbook_table

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
    options = options or FileOptions()
    if data.startswith(OLE) or (data.startswith(ZIP) and document_kind(data) == "workbook"):
        return workbook_table(data, options, training=training)
    for magic, name in MAGIC_BYTES.items():
        if data.startswith(magic):
            raise UnsupportedType(
                f"The file is compressed with {name}; send it uncompressed, as CSV, Parquet or NDJSON."
            )
    if data.startswith(b"PAR1") and kind is not Format.PARQUET:
        raise UnsupportedType(f"The file is Parquet, but was sent as {kind}; send it as {Format.PARQUET}.")
    if kind is Format.WORKBOOK:
        raise UnsupportedType(f"The file is not a workbook, but was sent as {kind}; send it as what it is.")
    if kind is Format.CSV:
        return csv_table(data)
    if kind is Format.NDJSON:
        return ndjson_table(data)
    if data.startswith(b"ARROW1"):
        return arrow_table(data, options, training=training)
    return parquet_table(data, options, training=training)
