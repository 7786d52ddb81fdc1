"""Writer of CSV, in the dialect of the file that was read."""

import codecs
import io

import polars as pl

from mlapp.schemas import DecimalSign, Format, ReadAs
from mlapp.tables.columns.conversion import unnamed

FORMULA = r"^[=+\-@\t\r\x00]"
"""Texts that spreadsheets run as formulas.

Source: OWASP, CSV Injection.
"""
HARMLESS = r"^(?:[+-]?[ $€£¥₹]*(?:\d[\d.,'’ \u00a0\u202f]*|[.,]\d+)(?:[eE][+-]?\d+)?[ \u00a0]?[%$€£¥₹]?|-+)$"
"""Numbers in any notation, and marks of missing values."""
PLAIN = ReadAs(format=Format.CSV)
UTF_8 = "utf-8"


def write_csv(
    frame: pl.DataFrame, read_as: ReadAs = PLAIN, *, header: bool = True, decimal: DecimalSign = "."
) -> bytes:
    """Write a frame in the dialect of a file: encoding, delimiter, quotes and line ends.

    The byte order mark is part of the header; `decimal` is the decimal sign of columns of numbers.
    """
    buffer = io.BytesIO()
    _escape_formulas(frame).write_csv(
        buffer,
        include_header=header,
        separator=read_as.delimiter or ",",
        quote_char=read_as.quote or '"',
        line_terminator=read_as.line_end or "\n",
        datetime_format="%Y-%m-%dT%H:%M:%S%.f",
        decimal_comma=decimal == ",",
    )
    data, (encoding, bom) = buffer.getvalue(), csv_encoding(frame.columns, read_as)
    if header and frame.width > 1 and not frame.columns[0]:
        # An index column; pandas leaves its name blank, too.
        data = data.removeprefix(2 * (read_as.quote or '"').encode())
    if encoding != UTF_8:
        data = data.decode().encode(encoding, "replace")
    mark = "\ufeff".encode(encoding) if bom and header else b""
    return mark + data


def csv_encoding(names: list[str], read_as: ReadAs) -> tuple[str, bool]:
    """Return the encoding of a CSV with these column names, and whether it has a byte order mark.

    It is that of the file; UTF-8 with a byte order mark if that lacks a letter of a name, and thus of a class.
    """
    encoding = read_as.encoding or UTF_8
    try:
        codecs.encode("".join(names), encoding)
    except UnicodeError:
        return UTF_8, True
    return encoding, bool(read_as.bom)


def _escape_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `'` before names and texts that a spreadsheet would run as formulas."""
    columns = [_escape(column) if column.dtype == pl.String else column for column in frame.iter_columns()]
    names = _escape(pl.Series(frame.columns, dtype=pl.String)).to_list()
    if len(set(names)) < len(names):
        # An escaped name equals the name of another column; distinct names matter more.
        names = frame.columns
    # By name, as a list of columns would name a column without a name.
    return pl.DataFrame(dict(zip(names, columns, strict=True)))


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
    is_formula = text.str.contains(FORMULA) & ~text.str.contains(HARMLESS)
    return pl.select(pl.when(is_formula).then("'" + text).otherwise(text)).to_series().alias(column.name)
