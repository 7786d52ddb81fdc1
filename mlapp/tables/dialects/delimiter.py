"""Delimiter and quotes of text files, found in a sample of the first lines."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from mlapp.errors import Unacceptable, UnreadableBody
from mlapp.tables.dialects.cells import Row, filled, kind_of
from mlapp.tables.dialects.header import HEAD_ROWS, is_comment

DELIMITERS = "\t;|,"
"""The first is preferred among equally good ones: prose and numbers have commas, hardly any has tabs."""
HINT = re.compile(r"\"?sep=(.)\"?\r?\n?", re.IGNORECASE)
"""First line by which Excel is told the delimiter."""
MAX_COMMENTS = 1_000
MAX_CELLS = 10_000
"""Cells by which delimiters are compared."""
QUOTED = re.compile(r"(?:^|(?<=[,;\t|]))\s*'[^']*'\s*(?=$|[,;\t|])")


class Style(NamedTuple):
    """How cells are separated and quoted."""

    delimiter: str
    quote: str = '"'
    """Empty if cells are never quoted."""
    skip_spaces: bool = False
    """Whether spaces follow each delimiter."""
    escapes: bool = False
    """Whether quotes in cells are preceded by a backslash, as databases write them, and not doubled."""

    def rows(self, lines: Iterable[str]) -> Any:
        """Return the reader of rows."""
        return csv.reader(
            _without_indent(lines) if self.delimiter == " " else lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=self.skip_spaces,
            escapechar="\\" if self.escapes else None,
            doublequote=not self.escapes,
            strict=True,
        )


class Sample(NamedTuple):
    """The first rows of a text file."""

    style: Style
    rows: list[Row]
    ends: list[int]
    """Position in the text after each row."""
    lines: list[int]
    """Number of the line after each row, from 1."""


def find_style(text: str, delimiter: str | None = None) -> Sample:
    """Find delimiter and quotes of the first lines of a file; `delimiter` is found if not given.

    Raises:
        Unacceptable: the given delimiter cannot be one.
        UnreadableBody: no row can be read, because of its quotes.
    """
    if delimiter is not None:
        if delimiter in "\"'\r\n" or delimiter.isalnum():
            raise Unacceptable(f"{delimiter!r} cannot be a delimiter; give one such as ',' or ';'.")
        found = [_read(text, Style(delimiter, quote, skip_spaces=delimiter == " ")) for quote in _quotes(text)]
    else:
        styles = [Style(each, quote) for each in DELIMITERS if each in text for quote in _quotes(text)]
        found = [_read(text, style) for style in styles]
    samples = [sample for sample in found if sample.rows]
    best = max(samples, key=_score, default=None)
    if best is None or (delimiter is None and _score(best)[0] < 0.5):
        best = _read_blanks(text) or best or _read(text, Style(","))
    if not best.rows:
        raise UnreadableBody("The header of the CSV cannot be read; check its quotes.")
    return _refine(text, best)


def _quotes(text: str) -> str:
    """Return the possible quote characters: single quotes only if there are no double ones, and they come in pairs."""
    if '"' in text or "'" not in text:
        return '"'
    lines = text.splitlines()[:HEAD_ROWS]
    pairs = sum(len(QUOTED.findall(line)) for line in lines)
    return "'" if pairs and all("'" not in QUOTED.sub("", line) for line in lines) else '"'


def _read(text: str, style: Style) -> Sample:
    """Read the first rows, up to one that cannot be read, which may be cut off at the end of the sample."""
    lines = io.StringIO(text, newline="")
    reader = style.rows(iter(lines.readline, ""))
    rows: list[Row] = []
    ends, numbers, count = [], [], 0
    try:
        for row in reader:
            rows.append(row)
            ends.append(lines.tell())
            numbers.append(reader.line_num + 1)
            count += not is_comment(row)
            if count >= HEAD_ROWS or len(rows) >= MAX_COMMENTS:
                break
    except csv.Error:
        pass
    return Sample(style, rows, ends, numbers)


def _without_indent(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line.strip(" ") if line.strip() else "\n"


def _score(sample: Sample) -> tuple[float, float, int]:
    """Return the share of rows with the most frequent number of cells, that of clean cells, and that number."""
    rows = [row for row in sample.rows if filled(row) and not is_comment(row)] or sample.rows
    widths = Counter(map(len, rows))
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    if width < 2:
        return 0.0, 0.0, width
    others = DELIMITERS.replace(sample.style.delimiter, "")
    cells = [cell for row in rows[1:] or rows if len(row) == width for cell in row][:MAX_CELLS]
    mixed = sum(any(other in (cell or "") for other in others) and kind_of(cell) == "word" for cell in cells)
    return count / len(rows), 1 - mixed / max(len(cells), 1), width


def _read_blanks(text: str) -> Sample | None:
    """Read columns that are aligned by blanks, as R and printed reports have them; None if there are none."""
    sample = _read(text, Style(" ", skip_spaces=True))
    rows = [row for row in sample.rows if filled(row) and not is_comment(row)]
    width = len(rows[-1]) if rows else 0
    first = next((index for index, row in enumerate(rows) if all(len(each) == width for each in rows[index:])), 0)
    columns = zip(*rows[first + 1 :], strict=False)
    typed = [index for index, cells in enumerate(columns) if {*map(kind_of, cells)} <= {"number", "date", "mark"}]
    is_table = width > 1 and len(rows) - first > 1 and bool(typed)
    # R writes one name less than each row has cells; titles may precede names.
    if first == 1 and len(rows[0]) == width - 1:
        return sample if is_table and width > 2 else None
    is_named = first == 0 or (len(rows) > 1 + 2 * first and all(kind_of(rows[first][each]) == "word" for each in typed))
    return sample if is_table and is_named else None


def _refine(text: str, sample: Sample) -> Sample:
    """Read the sample again if its cells show more of its style."""
    style = sample.style
    if '\\"' in text:
        escaped = _read(text, style._replace(escapes=True))
        sample = escaped if len(escaped.rows) > len(sample.rows) else sample
    if style.delimiter == "\t":
        # Programs rarely quote cells between tabs.
        unquoted = _read(text, style._replace(quote=""))
        sample = unquoted if len(unquoted.rows) > len(sample.rows) + _line_breaks(sample) else sample
    rows = [row for row in sample.rows if len(row) > 1 and not is_comment(row)]
    cells = [cell for row in rows for cell in row[1:] if cell]
    if not style.skip_spaces and cells and all(cell.startswith(" ") for cell in cells):
        return _read(text, sample.style._replace(skip_spaces=True))
    return _read(text, Style(";")) if style == Style(",") and _is_decimal(sample.rows) else sample


def _line_breaks(sample: Sample) -> int:
    """Return the number of line breaks in cells."""
    return sum((cell or "").count("\n") for row in sample.rows for cell in row)


def _is_decimal(rows: list[Row]) -> bool:
    """Return whether commas are only decimal signs of a single column."""
    rows = [row for row in rows if filled(row)]
    numbers = ["".join(map(str, row)).lstrip("+-") for row in rows[1:] if len(row) == 2]
    is_single = bool(numbers) and len(rows[0]) == 1 and len(numbers) == len(rows) - 1
    return is_single and all(number.isdecimal() for number in numbers)
