"""Writer of tables in all formats, and of rows as text."""

import io
import json

import polars as pl

from mlapp.schemas import Format
from mlapp.tables.columns.conversion import NUMBER, format_values, unnamed
from mlapp.tables.table import Table
from mlapp.tables.workbooks.writer import write_workbook

FORMULA = r"^[=+\-@\t\r\x00]"
"""Texts that spreadsheets run as formulas.

Source: OWASP, CSV Injection.
"""


def write_rows(table: Table, rows: slice, added: pl.DataFrame, kind: Format) -> bytes:
    """Write a range of rows of a table as they were read, followed by the added columns.

    Rows from 0 also write the header.
    """
    if kind is Format.NDJSON and (records := table.json_records(rows)) is not None:
        lines = zip(records, added.iter_rows(named=True), strict=True)
        return "".join(json.dumps(record | more, ensure_ascii=False) + "\n" for record, more in lines).encode()
    frame = table.frame[rows].hstack(added)
    return write_table(frame, kind, delimiter=table.read_as.delimiter or ",", header=rows.start == 0)


def write_table(frame: pl.DataFrame, kind: Format, *, delimiter: str = ",", header: bool = True) -> bytes:
    """Write a frame; `delimiter` and `header` apply to CSV."""
    buffer = io.BytesIO()
    if kind is Format.CSV:
        _escape_formulas(frame).write_csv(
            buffer, include_header=header, separator=delimiter, datetime_format="%Y-%m-%dT%H:%M:%S%.f"
        )
    elif kind is Format.NDJSON:
        frame.write_ndjson(buffer)
    elif kind is Format.WORKBOOK:
        return write_workbook(frame)
    elif kind is Format.ARROW:
        frame.write_ipc(buffer)
    else:
        frame.write_parquet(buffer)
    return buffer.getvalue()


def _escape_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `'` before names and texts that a spreadsheet would run as formulas."""
    columns = [_escape(column) if column.dtype == pl.String else column for column in frame.iter_columns()]
    names = _escape(pl.Series(frame.columns, dtype=pl.String)).to_list()
    if len(set(names)) < len(names):
        # An escaped name equals the name of another column; distinct names matter more.
        names = frame.columns
    return pl.DataFrame([column.alias(name) for column, name in zip(columns, names, strict=True)])


def _escape(column: pl.Series) -> pl.Series:
    text = unnamed(column)
    # A cheap comparison of bytes first: except for negative numbers, few columns have texts that may be formulas.
    # Without any value, the lowest is None, and "None" >= "A".
    lowest, highest = str(text.min()), str(text.max())
    if lowest >= "A" or (lowest >= "0" and highest < "="):
        return column
    suspicious = text.filter((text < "0") | ((text >= "=") & (text < "A")))
    if suspicious.cast(pl.Float64, strict=False).is_finite().sum() == len(suspicious):
        return column
    is_formula = text.str.contains(FORMULA) & ~text.str.contains(NUMBER)
    return pl.select(pl.when(is_formula).then("'" + text).otherwise(text)).to_series().alias(column.name)


def format_rows(frame: pl.DataFrame) -> tuple[list[str], list[list[str | None]]]:
    """Return the column names of a frame, and its rows as text."""
    columns = [format_values(column).to_list() for column in frame.iter_columns()]
    return frame.columns, [list(row) for row in zip(*columns, strict=True)]
