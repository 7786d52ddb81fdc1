"""CSV → table: every cell as text, so that nothing is changed before a type is decided."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from mlapp.errors import Unacceptable, UnreadableBody, UnsupportedType, shorten
from mlapp.schemas import Format
from mlapp.tables.table import MAX_CELLS, MAX_ROWS, SO_FAR, Table, check_cells, check_names, check_shape

DELIMITERS = ",;\t|"
SAMPLE_BYTES = 1_000_000
"""Bytes that are decoded to find the header: more than the longest one that is taken."""
SAMPLE_ROWS = 20
JSON_OBJECT = re.compile(rb"[\[\s]*\{\s*\"")
"""What objects, and lists of them, start with. No CSV does: a name that holds a quote is quoted itself."""
MAX_LINE_BYTES = 1_000_000
"""As much as a row of JSON may have."""


class _Header(NamedTuple):
    delimiter: str
    names: list[str]
    length: int
    """Bytes up to the first row below the header."""
    alike: int
    """Rows among the first ones that have as many cells as the header; 0 where there is one column."""


def csv_table(data: bytes) -> Table:
    """Read a CSV with a header row; UTF-8 with or without BOM, delimiter found by itself.

    An empty cell is a gap. Cells that a row lacks at its end are gaps too; a row with more cells than the
    header is refused, for its values could not be told apart.

    Raises:
        UnreadableBody: it is not UTF-8, not text, a line is too long, or its quotes or cells do not add up.
        UnsupportedType: it is JSON.
        Unacceptable: it has no header, or nothing else, or the header names a column twice.

    Source: RFC 4180.
    """
    data = _unix_lines(data)
    _check_kind(data)
    _check_lines(data)
    header = _header(data)
    check_names(header.names)
    check_shape(0, len(header.names))
    # A blank last line is no row, but where there is one column it is a gap.
    end = len(data.rstrip(b"\r\n") if len(header.names) > 1 else data)
    frame = _read(memoryview(data)[header.length : end], header)
    check_shape(frame.height, frame.width, SO_FAR)
    check_cells(frame)
    return Table(frame, Format.CSV, header.delimiter)


def _read(rows: memoryview, header: _Header) -> pl.DataFrame:
    # polars gets a header of numbers: of one with a stray quote it would make no rows, and say nothing; of rows
    # alone it would unpack those that start like a packed file ("x^2"), and refuse a first row that is short.
    places = [str(place) for place in range(len(header.names))]
    line = header.delimiter.join(places).encode() + b"\n"
    schema = dict.fromkeys(places, pl.String)
    most = min(MAX_ROWS, MAX_CELLS // len(places)) + 1
    try:
        # One row more than is taken is enough to see that there are too many: 50 million of a digit took 1.5 GB.
        frame = pl.read_csv(io.BytesIO(b"".join((line, rows))), schema=schema, separator=header.delimiter, n_rows=most)
    except pl.exceptions.PolarsError:
        raise UnreadableBody(_what_is_wrong(rows, header)) from None
    frame.columns = header.names
    return frame


def _unix_lines(data: bytes) -> bytes:
    """Return the text without BOM, and with line feeds where the whole file has none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise UnreadableBody("The CSV is not UTF-8 text (UTF-16, or a binary file?); save it as CSV UTF-8.")
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    return data.replace(b"\r", b"\n") if b"\r" in data and b"\n" not in data else data


def _check_kind(data: bytes) -> None:
    """Refuse JSON, and what has lost its line ends."""
    is_line = b"\n" not in data
    if JSON_OBJECT.match(data) or (is_line and data.startswith((b"{", b"["))):
        raise UnsupportedType(
            f"The file is JSON, but was sent as {Format.CSV}; send it with 'Content-Type: {Format.JSON}', "
            f"or {Format.NDJSON} where each line is a row."
        )
    if is_line and data.strip():
        raise Unacceptable(
            "The CSV is a single line, so it has no rows. "
            "If curl sent it: -d removes the line ends of a file; send the file by --data-binary @file."
        )


def _check_lines(data: bytes) -> None:
    """Refuse a line that no row can be: to read one of 100 MB took 800 MB."""
    start = 0
    while len(data) - start > MAX_LINE_BYTES:
        start = data.rfind(b"\n", start, start + MAX_LINE_BYTES) + 1 or len(data) + 1
    if start > len(data):
        raise UnreadableBody(f"A line of the CSV is longer than {MAX_LINE_BYTES:,} bytes; shorten its cells.")


def _header(data: bytes) -> _Header:
    """Find the delimiter by which the first rows have the most cells alike, and read the header with it."""
    try:
        sample = codecs.getincrementaldecoder("utf-8")().decode(data[:SAMPLE_BYTES])
    except UnicodeDecodeError:
        raise UnreadableBody("The CSV is not UTF-8 text; save it as CSV UTF-8.") from None
    if not sample.strip():
        raise Unacceptable("The CSV is empty; its first line names the columns, each further line is a row.")
    found = [header for delimiter in DELIMITERS if (header := _try(sample, delimiter))]
    if not found:
        raise UnreadableBody("The header of the CSV cannot be read; check its quotes.")
    return max(found, key=lambda header: (header.alike, len(header.names)))


def _try(sample: str, delimiter: str) -> _Header | None:
    lines = io.StringIO(sample, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        names = next(reader)
    except csv.Error:
        return None
    length = len(sample[: lines.tell()].encode())
    return _Header(delimiter, names, length, _count_alike(reader, len(names)) if len(names) > 1 else 0)


def _count_alike(rows: Iterator[list[str]], width: int) -> int:
    """Count the rows as wide as the header among the first ones, the header included."""
    alike = 1
    try:
        for _, row in zip(range(SAMPLE_ROWS), rows, strict=False):
            alike += len(row) == width
    except csv.Error:
        pass  # The sample may end within quotes; what is wrong for good shows when all is read.
    return alike


def _what_is_wrong(rows: memoryview, header: _Header) -> str:
    """Find the first row that does not fit the header, for a sentence that names it."""
    width = len(header.names)
    try:
        lines = io.TextIOWrapper(io.BytesIO(rows), "utf-8", newline="")
        for number, row in enumerate(csv.reader(lines, delimiter=header.delimiter, strict=True)):
            if len(row) > width:
                return (
                    f"Row {number} of the CSV has {len(row)} cells where the header has {width}: '{shorten(row[-1])}'."
                )
    except UnicodeDecodeError:
        return "The CSV is not UTF-8 text; save it as CSV UTF-8."
    except csv.Error as error:
        return f"The CSV cannot be read: {error}. Check its quotes."
    return "The CSV cannot be read: a quote stands in the middle of a cell, or is opened and not closed."
