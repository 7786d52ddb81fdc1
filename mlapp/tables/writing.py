"""The one writer: a frame → bytes."""

import io
import json

import polars as pl

from mlapp.schemas import Format
from mlapp.tables.columns import spell
from mlapp.tables.table import Table


def write_rows(table: Table, rows: slice, added: pl.DataFrame, kind: Format) -> bytes:
    """Write some rows of a table as they came, followed by the columns that are added.

    A slice that begins at 0 begins the file.
    """
    if kind is Format.NDJSON and table.records is not None:
        lines = zip(table.records[rows], added.iter_rows(named=True), strict=True)
        return "".join(json.dumps(record | more, ensure_ascii=False) + "\n" for record, more in lines).encode()
    frame = table.frame[rows].hstack(added)
    return write_table(frame, kind, delimiter=table.delimiter, header=rows.start == 0)


def write_table(frame: pl.DataFrame, kind: Format, *, delimiter: str = ",", header: bool = True) -> bytes:
    """Write a frame as CSV, NDJSON or Parquet; `header` says whether a CSV starts with the column names."""
    buffer = io.BytesIO()
    if kind is Format.CSV:
        frame.write_csv(buffer, include_header=header, separator=delimiter, datetime_format="%Y-%m-%dT%H:%M:%S%.f")
    elif kind is Format.NDJSON:
        frame.write_ndjson(buffer)
    else:
        frame.write_parquet(buffer)
    return buffer.getvalue()


def texts(frame: pl.DataFrame) -> tuple[list[str], list[list[str | None]]]:
    """Return the names of a frame's columns, and its rows as text; for the few that are shown."""
    columns = [spell(column).to_list() for column in frame.iter_columns()]
    return frame.columns, [list(row) for row in zip(*columns, strict=True)]
