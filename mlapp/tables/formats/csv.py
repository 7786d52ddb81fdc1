"""CSV reader: detects delimiter and header, and reads all cells as text."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from mlapp.errors import Unacceptable, UnreadableBody, UnsupportedType, shorten
from mlapp.schemas import Format, ReadAs
from mlapp.tables.table import MAX_CELLS, MAX_ROWS, Table, check_cells, check_names, check_shape

DELIMITERS = ",;\t|"
SAMPLE_BYTES = 1_000_000
"""Bytes that are decoded to find the header; longer than any valid header."""
SAMPLE_ROWS = 20
JSON_OBJECT = re.compile(rb"[\[\s]*\{\s*\"")
"""Start of a JSON object or list of objects, but not of a CSV, where a name that contains a quote is quoted."""
MAX_LINE_BYTES = 1_000_000
"""The limit of lines of NDJSON, too."""


class _Header(NamedTuple):
    delimiter: str
    names: list[str]
    length: int
    """In bytes."""
    matching_rows: int
    """Number of the first rows that have as many cells as the header; 0 for a single column."""


def csv_table(data: bytes) -> Table:
    """Read a CSV with a header row, in UTF-8 with or without BOM; the delimiter is detected.

    Empty cells are missing values, and so are cells that are missing at the end of a row. Rows with more cells than the
    header are rejected.

    Raises:
        UnreadableBody: the file is not UTF-8 text, a line is too long, or quotes or numbers of cells do not match.
        UnsupportedType: the file is JSON.
        Unacceptable: the file is empty or a single line, or column names are missing, repeated or too long.

    Source: RFC 4180.
    """
    data = _normalize_lines(data)
    _check_kind(data)
    _check_lines(data)
    header = _detect_header(data)
    check_names(header.names)
    check_shape(0, len(header.names))
    # Blank lines at the end are not rows; with a single column they are missing values.
    end = len(data.rstrip(b"\r\n") if len(header.names) > 1 else data)
    frame = _read(memoryview(data)[header.length : end], header)
    check_shape(frame.height, frame.width, at_least=True)
    check_cells(frame)
    return Table(frame, ReadAs(format=Format.CSV, delimiter=header.delimiter))


def _read(rows: memoryview, header: _Header) -> pl.DataFrame:
    # A header of numbers for polars: it returns no rows and no error for a header with a stray quote, and without a
    # header it decompresses rows that start like a compressed file ("x^2"), and rejects a short first row.
    names = [str(index) for index in range(len(header.names))]
    line = header.delimiter.join(names).encode() + b"\n"
    schema = dict.fromkeys(names, pl.String)
    # One row more than allowed shows that there are too many: 50 million rows of one digit took 1.5 GB.
    n_rows = min(MAX_ROWS, MAX_CELLS // len(names)) + 1
    try:
        data = io.BytesIO(b"".join((line, rows)))
        frame = pl.read_csv(data, schema=schema, separator=header.delimiter, n_rows=n_rows)
    except pl.exceptions.PolarsError:
        raise UnreadableBody(_find_error(rows, header)) from None
    frame.columns = header.names
    return frame


def _normalize_lines(data: bytes) -> bytes:
    """Return the text without BOM, and with line feeds if all lines end in carriage returns only."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise UnreadableBody("The CSV is not UTF-8 text (UTF-16, or a binary file?); save it as CSV UTF-8.")
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    return data.replace(b"\r", b"\n") if b"\r" in data and b"\n" not in data else data


def _check_kind(data: bytes) -> None:
    """Reject JSON, and files without line ends."""
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
    """Reject lines that are too long: reading a line of 100 MB took 800 MB."""
    start = 0
    while len(data) - start > MAX_LINE_BYTES:
        start = data.rfind(b"\n", start, start + MAX_LINE_BYTES) + 1 or len(data) + 1
    if start > len(data):
        raise UnreadableBody(f"A line of the CSV is longer than {MAX_LINE_BYTES:,} bytes; shorten its cells.")


def _detect_header(data: bytes) -> _Header:
    """Read the header with the delimiter for which most of the first rows have as many cells as the header."""
    try:
        sample = codecs.getincrementaldecoder("utf-8")().decode(data[:SAMPLE_BYTES])
    except UnicodeDecodeError:
        raise UnreadableBody("The CSV is not UTF-8 text; save it as CSV UTF-8.") from None
    if not sample.strip():
        raise Unacceptable("The CSV is empty; its first line names the columns, each further line is a row.")
    found = [header for delimiter in DELIMITERS if (header := _read_header(sample, delimiter))]
    if not found:
        raise UnreadableBody("The header of the CSV cannot be read; check its quotes.")
    return max(found, key=lambda header: (header.matching_rows, len(header.names)))


def _read_header(sample: str, delimiter: str) -> _Header | None:
    lines = io.StringIO(sample, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        names = next(reader)
    except csv.Error:
        return None
    length = len(sample[: lines.tell()].encode())
    return _Header(delimiter, names, length, _count_matching(reader, len(names)) if len(names) > 1 else 0)


def _count_matching(rows: Iterator[list[str]], width: int) -> int:
    """Return how many of the first rows have as many cells as the header, including the header."""
    matching = 1
    try:
        for _, row in zip(range(SAMPLE_ROWS), rows, strict=False):
            matching += len(row) == width
    except csv.Error:
        pass  # The sample may end within quotes; other errors are found when the whole file is read.
    return matching


def _find_error(rows: memoryview, header: _Header) -> str:
    """Return a message that names the first row with too many cells, or the error."""
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
    return "The CSV cannot be read: a quote is in the middle of a cell, or is not closed."
