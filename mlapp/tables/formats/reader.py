"""Reader of tables in any format, also packed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import FileOptions, Format
from mlapp.tables.formats.arrow import arrow_table
from mlapp.tables.formats.containers import unpack
from mlapp.tables.formats.csv import csv_table
from mlapp.tables.formats.detection import START_BYTES, detect_format
from mlapp.tables.formats.json import json_table
from mlapp.tables.formats.ndjson import ndjson_table
from mlapp.tables.formats.parquet import parquet_table
from mlapp.tables.strict_json import BOM
from mlapp.tables.table import Table
from mlapp.tables.workbooks.reader import workbook_table


def read_request(data: bytes, kind: Format | None, options: FileOptions | None = None) -> tuple[Table, dict[str, Any]]:
    """Read a request body: the table, and in JSON also the options next to it.

    Raises:
        MlappError: see `read_file` and `json_table`.
    """
    is_object = data[:START_BYTES].removeprefix(BOM).lstrip().startswith(b"{")
    if kind is Format.JSON or (is_object and detect_format(data, kind) is Format.JSON):
        return json_table(data)
    return read_file(data, kind, options), {}


def read_file(
    source: bytes | Path, kind: Format | None, options: FileOptions | None = None, *, training: bool = False
) -> Table:
    """Read a file. Its format is detected by its content; `kind` is a hint.

    For `training`, lines and columns around the table are left out and reported; otherwise all lines below the header
    are kept, those that are no rows with a problem each.

    Raises:
        UnreadableBody: the file is damaged, or does not have that format.
        UnsupportedType: the file is no table.
        Unacceptable: the content is not a table of plain values.
        TooLarge: there are too many rows, columns or cells.
    """
    options = options or FileOptions()
    unpacked = unpack(source.read_bytes() if isinstance(source, Path) else source)
    table = _read(unpacked.data, detect_format(unpacked.data, kind), options, training=training)
    table.options = options
    if unpacked.packed:
        others = [f"'{shorten(name)}' in the zip archive was left out." for name in unpacked.left_out]
        update = {"packed": unpacked.packed, "left_out": others + table.read_as.left_out}
        table.read_as = table.read_as.model_copy(update=update)
    return table


def _read(data: bytes, kind: Format, options: FileOptions, *, training: bool) -> Table:
    if read := _READERS.get(kind):
        return read(data, options, training=training)
    if kind is Format.NDJSON:
        return ndjson_table(data)
    table, further = json_table(data)
    if further:
        raise Unacceptable(
            f"The file has an option '{shorten(next(iter(further)))}'; send options in the form or in the query."
        )
    return table


_READERS: dict[Format, Callable[..., Table]] = {
    Format.CSV: csv_table,
    Format.WORKBOOK: workbook_table,
    Format.PARQUET: parquet_table,
    Format.ARROW: arrow_table,
}
