"""Kinds of single cells, as evidence of where a table begins and ends; the types of columns are decided elsewhere."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from mlapp.tables.columns.texts.marks import OTHER_MARKS

Row = Sequence[str | None]
"""Cells of a line of a text file, or of a row of a sheet."""

MAX_LENGTH = 100
"""Limit of numbers and dates, as matching longer texts takes time."""
MOST = 0.8
"""Share of the cells that decides on the kind of a column."""
_NUMBER = re.compile(
    r"[(+\-−]*\s*(?:[$€£¥₹]|[A-Z]{3}\s)?\s*[+\-−]?(?:\d[\d.,'’\s]*|[.,]\d+)(?:[eE][+-]?\d+)?"
    r"\s?[%$€£¥₹A-Za-zµ°²³/]{0,4}\)?"
)
_DATE = re.compile(
    r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?:[T ,].*)?|\d{1,2}:\d{2}(?::\d{2}.*)?|"
    r"\d{1,2}[-. ]?[A-Za-zäûé]{3,9}[-., ]{0,2}\d{2,4}"
)


def is_blank(cell: str | None) -> bool:
    """Return whether a cell is empty or has only spaces."""
    return cell is None or not cell.strip()


def filled(row: Row) -> list[int]:
    """Return the indexes of the cells that are not blank."""
    return [index for index, cell in enumerate(row) if not is_blank(cell)]


def kind_of(cell: str | None) -> str:
    """Return `blank`, `mark` (of a missing value), `date`, `number` (also with a unit) or `word`."""
    if is_blank(cell) or cell is None:
        return "blank"
    text = cell.strip()
    if text in OTHER_MARKS:
        return "mark"
    if len(text) > MAX_LENGTH:
        return "word"
    if _DATE.fullmatch(text):
        return "date"
    return "number" if _NUMBER.fullmatch(text) else "word"


def column_kind(cells: Iterable[str | None]) -> str | None:
    """Return `number` or `date` if most cells of a column are such, `word` if not; None if all are missing."""
    counts = Counter(map(kind_of, cells))
    del counts["blank"], counts["mark"]
    if not counts:
        return None
    kind, count = counts.most_common(1)[0]
    return kind if count >= MOST * counts.total() else "word"


def is_ruler(row: Row) -> bool:
    """Return whether a row is a line between header and rows, as databases print and Markdown has it."""
    text = "".join(cell or "" for cell in row)
    return len(text) > 2 and not text.strip("-+=|: ") and ("--" in text or "==" in text)


def column(rows: Sequence[Row], index: int) -> list[str | None]:
    """Return the cells of a column; rows may be shorter."""
    return [row[index] if index < len(row) else None for row in rows]


def letter(index: int) -> str:
    """Return the letter of a column, as spreadsheets have it: A, B, …, Z, AA."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def column_label(index: int) -> str:
    """Return number and letter of a column, for messages."""
    return f"{index + 1} ({letter(index)})"
