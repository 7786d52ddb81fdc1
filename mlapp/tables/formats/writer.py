"""Writer of tables in all formats, and of rows as text."""

import io
import json

import polars as pl

from mlapp.schemas import DecimalSign, Format
from mlapp.tables.columns.conversion import format_values
from mlapp.tables.formats.csv_writer import write_csv
from mlapp.tables.table import Table
from mlapp.tables.workbooks.writer import write_workbook


def write_rows(table: Table, rows: slice, added: pl.DataFrame, kind: Format, decimal: DecimalSign = ".") -> bytes:
    """Write a range of rows of a table as they were read, followed by the added columns.

    Rows from 0 also write the header. `decimal` is the decimal sign where a CSV has none.
    """
    if kind is Format.NDJSON and (records := table.json_records(rows)) is not None:
        lines = zip(records, added.iter_rows(named=True), strict=True)
        return "".join(json.dumps(record | more, ensure_ascii=False) + "\n" for record, more in lines).encode()
    frame = table.frame[rows].hstack(added)
    if kind is Format.WORKBOOK:
        return write_workbook(frame, table.mixed)
    if kind is not Format.CSV:
        return write_table(frame, kind)
    # JSON texts and cells of a workbook with decimal commas do not say how numbers are to be written.
    sign = table.conventions.decimal or decimal if table.format is Format.CSV else "."
    return write_csv(frame, table.read_as, header=rows.start == 0, decimal=sign)


def write_table(frame: pl.DataFrame, kind: Format) -> bytes:
    """Write a frame."""
    if kind is Format.CSV:
        return write_csv(frame)
    if kind is Format.WORKBOOK:
        return write_workbook(frame)
    buffer = io.BytesIO()
    if kind is Format.NDJSON:
        frame.write_ndjson(buffer)
    elif kind is Format.ARROW:
        frame.write_ipc(buffer)
    else:
        frame.write_parquet(buffer)
    return buffer.getvalue()


def format_rows(frame: pl.DataFrame) -> tuple[list[str], list[list[str | None]]]:
    """Return the column names of a frame, and its rows as text."""
    columns = [format_values(column).to_list() for column in frame.iter_columns()]
    return frame.columns, [list(row) for row in zip(*columns, strict=True)]
