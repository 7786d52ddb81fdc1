"""Reader of delimited text: finds encoding, delimiter and header, and reads all cells as text."""

import codecs
import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from mlapp.errors import Unacceptable, UnreadableBody, shorten
from mlapp.schemas import FileOptions, Format, ReadAs
from mlapp.tables.dialects.cells import Row, filled
from mlapp.tables.dialects.delimiter import HINT, Style, find_style
from mlapp.tables.dialects.encoding import Text, decode
from mlapp.tables.dialects.header import COMMENTS, check_header_names, comment_mark, find_header
from mlapp.tables.dialects.layout import above_sentence, lay_out
from mlapp.tables.dialects.lines import Lines
from mlapp.tables.table import MAX_CELLS, MAX_ROWS, Table, check_cells, check_shape

SAMPLE_BYTES = 1_000_000
"""Bytes that are decoded to find the header; longer than any valid header."""
FEW_BYTES, MANY_LINES = 50_000, 100
PLAIN = Style(",")
MAX_LINE_BYTES = 1_000_000
"""The limit of lines of NDJSON, too."""


class _Start(NamedTuple):
    """Where the rows of a file start, and how they are written."""

    style: Style
    names: list[str]
    position: int
    """Of the first row, in bytes."""
    line: int
    """Of the first row, from 1."""
    header_row: int
    first_rows: Sequence[Row]
    """Cells of the first rows."""
    second: list[int]
    """Indexes of rows that are further headers."""
    above: Sequence[tuple[int, Row]]
    """Lines above the header, with their numbers."""


def csv_table(data: bytes, options: FileOptions | None = None, *, training: bool = False) -> Table:
    """Read delimited text; whatever `options` do not give is found.

    Empty cells are missing values, and so are cells that are missing at the end of a row. Rows with more cells than the
    header are rejected.

    Raises:
        UnreadableBody: the file is not text, a line is too long, or quotes or numbers of cells do not match.
        Unacceptable: the file is empty or a single line, or column names are missing, repeated or too long.

    Source: RFC 4180.
    """
    options = options or FileOptions()
    text = decode(data, options.encoding)
    content, line_end = _normalize_lines(text.data)
    _check_lines(content)
    start = _find_start(content, options)
    check_header_names(start.names)
    # Blank lines at the end are not rows; with a single column they are missing values.
    end = len(content.rstrip(b"\r\n") if len(start.names) > 1 else content)
    frame = _read(memoryview(content)[start.position : end], start)
    check_shape(frame.height, frame.width, at_least=True)
    names = start.names + [""] * (frame.width - len(start.names))
    lines = Lines(start.line, frame)
    comment = comment_mark([cells for _, cells in start.above])
    needed = options.needed_columns
    laid_out = lay_out(frame, names, lines, second=start.second, comment=comment, training=training, needed=needed)
    check_cells(laid_out.frame)
    return Table(
        laid_out.frame,
        _read_as(text, line_end, start, above_sentence(start.above) + laid_out.left_out, laid_out.warnings),
        options=options,
        lines=lines if laid_out.kept is None else Lines(start.line, frame, laid_out.kept),
        problems=laid_out.problems,
    )


def _read_as(text: Text, line_end: str, start: _Start, left_out: list[str], warnings: list[str]) -> ReadAs:
    return ReadAs(
        format=Format.CSV,
        encoding=text.encoding,
        bom=text.bom,
        delimiter=start.style.delimiter,
        quote=None if start.style.quote in ('"', "") else start.style.quote,
        line_end=line_end,
        header_row=start.header_row,
        left_out=left_out,
        warnings=text.warnings + warnings,
    )


def _normalize_lines(data: bytes) -> tuple[bytes, str]:
    """Return the text with line feeds if all lines end in carriage returns only, and its line end."""
    data = data.rstrip(b"\x1a")
    feed = data.find(b"\n")
    if feed < 0 and b"\r" in data:
        return data.replace(b"\r", b"\n"), "\r"
    if feed < 0 and data.strip():
        raise Unacceptable(
            "The CSV is a single line, so it has no rows. "
            "If curl sent it: -d removes the line ends of a file; send the file by --data-binary @file."
        )
    return data, "\r\n" if data[feed - 1 : feed] == b"\r" else "\n"


def _check_lines(data: bytes) -> None:
    """Reject lines that are too long: reading a line of 100 MB took 800 MB."""
    start = 0
    while len(data) - start > MAX_LINE_BYTES:
        start = data.rfind(b"\n", start, start + MAX_LINE_BYTES) + 1 or len(data) + 1
    if start > len(data):
        raise UnreadableBody(f"A line of the CSV is longer than {MAX_LINE_BYTES:,} bytes; shorten its cells.")


def _find_start(data: bytes, options: FileOptions) -> _Start:
    """Find the delimiter and the header in the first lines."""
    hint = HINT.match(data[:20].decode(errors="ignore"))
    hinted = len(hint.group().encode()) if hint else 0
    skipped = max(hinted, _line_start(data, options.header_row)) if options.header_row else _skip_blank(data, hinted)
    line = 1 + data.count(b"\n", 0, skipped)
    sample = _sample(data, skipped)
    if not sample.strip():
        raise Unacceptable("The CSV is empty; its first line names the columns, each further line is a row.")
    found = find_style(sample, options.delimiter or (hint.group(1) if hint else None))
    check_shape(0, max(map(len, found.rows)))
    header = find_header(found.rows, None if options.header_row is None else 0 if options.header_row else -1)
    start = found.ends[header.row] if header.row >= 0 else 0
    numbers = [line, *(line + number - 1 for number in found.lines)]
    before = enumerate(data[hinted:skipped].decode().splitlines(), 1 + bool(hint))
    above = [(number, [text]) for number, text in before if text.strip()]
    return _Start(
        found.style,
        [name.strip(" ") for name in header.names] if found.style.skip_spaces else header.names,
        skipped + len(sample[:start].encode()),
        numbers[header.row + 1],
        numbers[header.row] if header.row >= 0 else 0,
        found.rows[header.row + 1 :],
        [index - header.first for index in header.second],
        above + [(numbers[index], found.rows[index]) for index in header.above],
    )


def _sample(data: bytes, start: int) -> str:
    """Return the first lines; many lines without comments need not be many bytes, which take time to decode."""
    first = data[start : start + FEW_BYTES]
    if first.count(b"\n") < MANY_LINES or first.decode(errors="ignore").startswith(COMMENTS):
        first = data[start : start + SAMPLE_BYTES]
    return codecs.getincrementaldecoder("utf-8")().decode(first)


def _skip_blank(data: bytes, position: int) -> int:
    start = data[position : position + MAX_LINE_BYTES]
    return position + len(start) - len(start.lstrip(b"\r\n"))


def _line_start(data: bytes, line: int) -> int:
    """Return the position of a line, from 1."""
    position = 0
    for _ in range(line - 1):
        position = data.find(b"\n", position) + 1
        if not position:
            raise Unacceptable(f"The file has less than {line} lines; give the line of the names as header_row.")
    return position


def _read(rows: memoryview, start: _Start) -> pl.DataFrame:
    """Read rows as text; further columns are added for blank cells beyond the header."""
    style, width = start.style, len(start.names)
    if not style.delimiter.isascii() or style.delimiter == " " or style.escapes:
        return _parse_rewritten(rows, start)
    if style.skip_spaces and style.quote and style.quote.encode() in bytes(rows):
        return _strip(_parse_rewritten(rows, start), style)
    try:
        frame = _parse(rows, style, width)
        is_read = _has_rows(frame, start.first_rows)
    except pl.exceptions.PolarsError:
        is_read = False
    if not is_read:
        # Cells beyond the header, or quotes within cells.
        frame = _parse_rewritten(rows, start)
    return _strip(frame, style) if style.skip_spaces else frame


def _has_rows(frame: pl.DataFrame, rows: Sequence[Row]) -> bool:
    """Return whether a frame has the cells of the first rows; polars merges rows with stray quotes."""
    # Blank lines at the end are no rows.
    height = max((index + 1 for index, row in enumerate(rows) if filled(row)), default=0)
    found = [_stripped(row, frame.width) for row in frame.head(height).rows()]
    return found == [_stripped(row, frame.width) for row in rows[:height]]


def _stripped(row: Row, width: int) -> list[str]:
    cells = [(cell or "").strip() for cell in row[:width]]
    return cells + [""] * (width - len(cells))


def _parse_rewritten(rows: memoryview, start: _Start) -> pl.DataFrame:
    rewritten, width = _rewrite(rows, start)
    return _parse(rewritten, PLAIN, width)


def _strip(frame: pl.DataFrame, style: Style) -> pl.DataFrame:
    """Return cells without the spaces that align them."""
    cells = pl.all().str.strip_chars(" ") if style.delimiter == "|" else pl.all().str.strip_chars_start(" ")
    return frame.with_columns(cells).with_columns(pl.all().replace("", None))


def _parse(rows: bytes | memoryview, style: Style, width: int) -> pl.DataFrame:
    # A header of numbers for polars: it returns no rows and no error for a header with a stray quote, and without a
    # header it decompresses rows that start like a compressed file ("x^2"), and rejects a short first row.
    names = [str(index) for index in range(width)]
    line = style.delimiter.join(names).encode() + b"\n"
    schema = dict.fromkeys(names, pl.String)
    # One row more than allowed shows that there are too many: 50 million rows of one digit took 1.5 GB.
    n_rows = min(MAX_ROWS, MAX_CELLS // width) + 1
    data = io.BytesIO(b"".join((line, rows)))
    return pl.read_csv(data, schema=schema, separator=style.delimiter, quote_char=style.quote or None, n_rows=n_rows)


def _rewrite(rows: memoryview, start: _Start) -> tuple[bytes, int]:
    """Return rows in a dialect that polars reads, and the number of cells of the longest one.

    Raises:
        UnreadableBody: a row has too many cells, or quotes do not match; the message names its line.
    """
    width, widest, line = len(start.names), len(start.names), start.line
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    reader = start.style.rows(io.TextIOWrapper(io.BytesIO(rows), "utf-8", newline=""))
    try:
        for row in reader:
            if len(row) > width and (beyond := [index for index in filled(row) if index >= width]):
                raise UnreadableBody(
                    f"Line {line} of the CSV has {beyond[-1] + 1} cells where the header has {width}: "
                    f"'{shorten(row[beyond[-1]])}'. Quote cells that contain the delimiter, or name all columns."
                )
            writer.writerow(row)
            widest = max(widest, len(row))
            line = start.line + reader.line_num
    except csv.Error as error:
        raise UnreadableBody(f"Line {line} of the CSV cannot be read: {error}. Check its quotes.") from None
    return text.getvalue().encode(), widest
