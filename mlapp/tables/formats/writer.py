"""The one writer: a frame → bytes."""

import io
import json

import polars as pl

from mlapp.schemas import Format
from mlapp.tables.columns.types import NUMBER, format_values, unnamed
from mlapp.tables.table import Table

FORMULA = r"^[=+\-@\t\r\x00]"
"""What a text begins with that a spreadsheet would run as a formula.

Source: OWASP, CSV Injection.
"""


def write_rows(table: Table, rows: slice, added: pl.DataFrame, kind: Format) -> bytes:
    """Write some rows of a table as they came, followed by the columns that are added.

    A slice that begins at 0 begins the file.
    """
    if kind is Format.NDJSON and (records := table.as_sent(rows)) is not None:
        lines = zip(records, added.iter_rows(named=True), strict=True)
        return "".join(json.dumps(record | more, ensure_ascii=False) + "\n" for record, more in lines).encode()
    frame = table.frame[rows].hstack(added)
    return write_table(frame, kind, delimiter=table.delimiter, header=rows.start == 0)


def write_table(frame: pl.DataFrame, kind: Format, *, delimiter: str = ",", header: bool = True) -> bytes:
    """Write a frame as CSV, NDJSON or Parquet; `header` says whether a CSV starts with the column names."""
    buffer = io.BytesIO()
    if kind is Format.CSV:
        _without_formulas(frame).write_csv(
            buffer, include_header=header, separator=delimiter, datetime_format="%Y-%m-%dT%H:%M:%S%.f"
        )
    elif kind is Format.NDJSON:
        frame.write_ndjson(buffer)
    else:
        frame.write_parquet(buffer)
    return buffer.getvalue()


def _without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `'` before names and texts that a spreadsheet would run; numbers stay as they are."""
    columns = [_quoted(column) if column.dtype == pl.String else column for column in frame.iter_columns()]
    names = _quoted(pl.Series(frame.columns, dtype=pl.String)).to_list()
    if len(set(names)) < len(names):
        # A name that is guarded may be the name of another column: two apart are worth more than one guarded.
        names = frame.columns
    return pl.DataFrame([column.alias(name) for column, name in zip(columns, names, strict=True)])


def _quoted(column: pl.Series) -> pl.Series:
    text = unnamed(column)
    # Compared as bytes, which costs little, few columns hold what may run but numbers below zero; of gaps alone,
    # the lowest is None, which is above A.
    lowest, highest = str(text.min()), str(text.max())
    if lowest >= "A" or (lowest >= "0" and highest < "="):
        return column
    unlike = text.filter((text < "0") | ((text >= "=") & (text < "A")))
    if unlike.cast(pl.Float64, strict=False).is_finite().sum() == len(unlike):
        return column
    runs = text.str.contains(FORMULA) & ~text.str.contains(NUMBER)
    return pl.select(pl.when(runs).then("'" + text).otherwise(text)).to_series().alias(column.name)


def texts(frame: pl.DataFrame) -> tuple[list[str], list[list[str | None]]]:
    """Return the names of a frame's columns, and its rows as text; for the few that are shown."""
    columns = [format_values(column).to_list() for column in frame.iter_columns()]
    return frame.columns, [list(row) for row in zip(*columns, strict=True)]
