"""Workbook writer: a frame as the only sheet of an xlsx file, with typed cells and a bold header."""

import io
import re
from collections.abc import Collection
from contextlib import suppress
from datetime import date, datetime
from html import escape
from math import isfinite
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl

from mlapp.errors import TooLarge
from mlapp.schemas import Format
from mlapp.tables.columns.conversion import format_values, unnamed

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

    Write = Callable[[int, int, Any], object]
    """Writes a value into a row and column, from 0."""

MAX_WORKBOOK_ROWS = 1_048_575
"""Rows of a sheet below its header.

Source: Microsoft, Excel specifications and limits.
"""
MAX_DIGITS = 10**15
"""Integers from here are written as text, as Excel keeps 15 digits."""
FIRST_DATE = date(1900, 3, 1)
"""Earlier dates are written as text: Excel has no dates before 1900, and a 29 February in 1900."""
DAY, MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
MAX_LENGTH = 24
"""Length of the shortest text of any float."""
ISO = re.compile(r"\d{4}-[01]\d-[0-3]\d(T\d\d:\d\d:\d\d(\.\d+)?)?")
OPTIONS = {"strings_to_urls": False, "strings_to_formulas": False, "nan_inf_to_errors": True}
CHUNK_ROWS = 5_000
"""Rows that are Python objects at a time."""
RICH_TEXT = "<r>"
"""xlsxwriter writes a text that begins so, and ends likewise, as XML."""


def check_workbook_rows(rows: int) -> None:
    """Reject tables that have more rows than a sheet.

    Raises:
        TooLarge: there are too many rows.
    """
    if rows > MAX_WORKBOOK_ROWS:
        raise TooLarge(
            f"A workbook holds {MAX_WORKBOOK_ROWS:,} rows, and the answer has {rows:,}; "
            f"ask for CSV with 'Accept: {Format.CSV}'."
        )


def write_workbook(frame: pl.DataFrame, mixed: Collection[str] = ()) -> bytes:
    """Write a frame as xlsx; missing values are empty cells.

    Texts of the columns `mixed` that are numbers, booleans or dates are written as such.

    Raises:
        TooLarge: there are too many rows.
    """
    # Imported here, as few servers ever write a workbook.
    from xlsxwriter.exceptions import FileCreateError

    check_workbook_rows(frame.height)
    try:
        # Rows go to a temporary file: in memory, each cell takes 190 bytes.
        with TemporaryDirectory() as folder:
            return _write(frame, mixed, {"constant_memory": True, "tmpdir": folder})
    except (OSError, FileCreateError):
        # On a full disk, predictions go on.
        return _write(frame, mixed, {"in_memory": True})


def _write(frame: pl.DataFrame, mixed: Collection[str], options: dict[str, Any]) -> bytes:
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    # Closed only at the end: closing writes the file, which fails again after an error.
    workbook = Workbook(buffer, OPTIONS | options)
    sheet = workbook.add_worksheet()
    sheet.freeze_panes(1, 0)
    bold = workbook.add_format({"bold": True})
    for number, name in enumerate(frame.columns):
        sheet.write_string(0, number, _literal(name), bold)
    pairs = [_prepare(unnamed(column), workbook, sheet) for column in frame.iter_columns()]
    for number, name in enumerate(frame.columns):
        if name in mixed:
            pairs[number] = frame.to_series(number), _typed(workbook, sheet)
    for start in range(0, frame.height, CHUNK_ROWS):
        chunks = [column[start : start + CHUNK_ROWS].to_list() for column, _ in pairs]
        _write_rows(start + 1, chunks, [write for _, write in pairs])
    workbook.close()
    return buffer.getvalue()


def _write_rows(first: int, columns: list[list[Any]], writes: "list[Write]") -> None:
    for row, cells in enumerate(zip(*columns, strict=True), first):
        for number, cell in enumerate(cells):
            if cell is not None:
                writes[number](row, number, cell)


def _prepare(column: pl.Series, workbook: "Workbook", sheet: "Worksheet") -> "tuple[pl.Series, Write]":
    """Return a column as Excel holds its values, and the method that writes them."""
    if column.dtype.is_float():
        return column.fill_nan(None), sheet.write_number
    if column.dtype == pl.Boolean:
        return column, sheet.write_boolean
    if column.dtype.is_integer() and _within(column.cast(pl.Float64), -MAX_DIGITS, MAX_DIGITS):
        return column, sheet.write_number
    if isinstance(column.dtype, pl.Datetime):
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if column.dtype.time_zone else column
    if column.dtype.is_temporal() and _within(column.dt.date(), FIRST_DATE, date.max):
        pattern = DAY if column.dtype == pl.Date else MOMENT
        form = workbook.add_format({"num_format": pattern})
        return column, lambda row, number, cell: sheet.write_datetime(row, number, cell, form)
    text = format_values(column)
    if text.str.starts_with(RICH_TEXT).any():
        text = pl.Series([cell and _literal(cell) for cell in text], dtype=pl.String)
    return pl.select(pl.when(text != "").then(text)).to_series(), sheet.write_string


def _typed(workbook: "Workbook", sheet: "Worksheet") -> "Write":
    """Return the method that writes the texts of a column of several types."""
    day, time = (workbook.add_format({"num_format": pattern}) for pattern in (DAY, MOMENT))

    def write(row: int, number: int, text: str) -> None:
        if text in ("true", "false"):
            sheet.write_boolean(row, number, text == "true")
        elif NUMBER.fullmatch(text) and len(text) <= MAX_LENGTH and isfinite(float(text)):
            sheet.write_number(row, number, float(text))
        elif moment := _moment(text):
            sheet.write_datetime(row, number, moment, day if len(text) == len(DAY) else time)
        else:
            sheet.write_string(row, number, _literal(text))

    return write


def _moment(text: str) -> datetime | None:
    """Return a date, as Excel holds it."""
    with suppress(ValueError):
        if ISO.fullmatch(text) and (moment := datetime.fromisoformat(text)).date() >= FIRST_DATE:
            return moment
    return None


def _within(column: pl.Series, low: Any, high: Any) -> bool:
    return bool(((column > low) & (column < high)).all())


def _literal(text: str) -> str:
    """Return the text so that xlsxwriter writes it as it is."""
    return f'<r><t xml:space="preserve">{escape(text, quote=False)}</t></r>' if text.startswith(RICH_TEXT) else text
