"""Header of a table: lines above it, its names, further header lines, and files without one."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import MAX_NAME_LENGTH
from mlapp.tables.dialects.cells import Row, column, column_kind, column_label, filled, is_blank, is_ruler, kind_of
from mlapp.tables.dialects.headerless import check_header, recurs

HEAD_ROWS = 30
"""Rows that `find_header` needs, without comments."""
COMMENTS = ("#", "//", "%", "--", "/*", ";", "!")
MAX_SECOND_HEADERS = 2
UNIT = re.compile(
    r"[µmckd]?m[²³23]?|km|in|ft|mi|[µmk]?g|t|lb|oz|[mcd]?l|s|sec|ms|min|hr?|d|days?|yr|years?|%|°?[cfk]|[km]?[vaw]|kwh|"
    r"hz|h?pa|bar|eur|usd|gbp|chf|[$€£¥]|km/h|m/s|mph|[np]|float|int|integer|num|number|numeric|string|text|str|bool|"
    r"date|datetime|[(\[].*",
    re.IGNORECASE,
)
"""Second headers: units and types."""


class Header(NamedTuple):
    """Where a table begins."""

    row: int
    """Index of the row of the column names; -1 if there is none."""
    first: int
    """Index of the first row below the header."""
    names: list[str]
    """Names of the columns; empty for a column without a name."""
    second: list[int]
    """Indexes of further header rows below the header: units, or names again."""
    above: list[int]
    """Indexes of title and comment rows above the header."""


def find_header(rows: Sequence[Row], header_row: int | None = None) -> Header:
    """Find the header in the first rows of a file or sheet.

    `header_row` is the index of the row of the names, -1 if there is none; it is found if not given.

    Raises:
        Unacceptable: all rows are blank, or the first row is like all rows below, so that there seems to be no header.
    """
    row = _find_row(rows) if header_row is None else header_row
    if not any(map(filled, rows if row < 0 else [_without_mark(rows, row)])):
        raise Unacceptable("The row of the column names is blank; give another header_row.")
    if row < 0:
        first = next(index for index, cells in enumerate(rows) if filled(cells))
        width = max(index + 1 for cells in rows for index in filled(cells))
        return Header(-1, first, [f"column_{number}" for number in range(1, width + 1)], [], [])
    above = [index for index in range(row) if filled(rows[index])]
    below = [cells for cells in rows[row + 1 :] if filled(cells)]
    if header_row is None:
        check_header(rows[row], below)
    names = _names(_without_mark(rows, row), below)
    second = _second_headers(rows, row)
    return Header(row, row + 1, names, second, above)


def is_comment(cells: Row) -> bool:
    """Return whether a row starts like a comment, or is a ruler."""
    return bool(cells) and ((cells[0] or "").lstrip().startswith(COMMENTS) or is_ruler(cells))


def comment_mark(rows: Sequence[Row]) -> str | None:
    """Return the mark of comments in the rows above a header; None if there are none."""
    texts = [(cells[0] or "").lstrip() for cells in rows if cells]
    return next((mark for text in texts for mark in COMMENTS if text.startswith(mark)), None)


def _find_row(rows: Sequence[Row]) -> int:
    """Return the first row with a name for every column that is used below it, or all but one."""
    candidates = [index for index, cells in enumerate(rows) if filled(cells)]
    plain = [index for index in candidates if not is_comment(rows[index])]
    if candidates and plain == candidates[1:] and _names_one_column(rows, candidates[0]):
        return candidates[0]
    for index in plain:
        count, needed = len(filled(rows[index])), _used(rows, index)
        # Names of groups above the names of columns are given twice.
        distinct = len({rows[index][each] for each in filled(rows[index])}) == count
        if count >= needed and not _has_header_below(rows, index, plain, count + distinct):
            # A comment line may hold the names, as numpy writes them.
            return _commented_names(rows, index, candidates) if index != candidates[0] else index
        if _is_shorter_header(rows, index, needed) and not _has_header_below(rows, index, plain, needed):
            return index
    return [*plain, *candidates, 0][0]


def _names_one_column(rows: Sequence[Row], index: int) -> bool:
    """Return whether a row is only a mark such as % or # above a single column of numbers, and so its name."""
    below = column([cells for cells in rows[index + 1 :] if filled(cells)], 0)
    is_mark = filled(rows[index]) == [0] and (rows[index][0] or "").strip() in COMMENTS
    return is_mark and _used(rows, index) == 1 and column_kind(below) == "number"


def _used(rows: Sequence[Row], index: int) -> int:
    """Return the number of columns that are used in the rows below one: at least twice, as one row may be too long."""
    below = [found for cells in rows[index + 1 :] if (found := filled(cells)) and not is_comment(cells)]
    counts: dict[int, int] = {}
    for found in below:
        for each in found:
            counts[each] = counts.get(each, 0) + 1
    return sum(count >= min(2, len(below) // 3) for count in counts.values())


def _is_shorter_header(rows: Sequence[Row], index: int, needed: int) -> bool:
    """Return whether a row may be a header without a name for an index column, or with gaps."""
    found = filled(rows[index])
    if len(found) == needed - 1 and needed > 2:
        return True
    if needed == 2:
        return found == [1] or (index + 1 < len(rows) and bool(filled(rows[index + 1])))
    return len(found) * 2 >= needed and found[-1] + 1 >= needed


def _has_header_below(rows: Sequence[Row], index: int, candidates: list[int], names: int) -> bool:
    """Return whether a later row has so many names for all columns, with words above numbers."""
    later = [each for each in candidates if index < each <= index + 15 and len(filled(rows[each])) >= names]
    return any(len(filled(rows[each])) >= _used(rows, each) and _names_numbers(rows, each) for each in later)


def _names_numbers(rows: Sequence[Row], index: int) -> bool:
    """Return whether a row has only words, some of them above columns of numbers or dates."""
    below = [cells for cells in rows[index + 1 :] if filled(cells)][:20]
    kinds = [(kind_of(cell), column_kind(column(below, each))) for each, cell in enumerate(rows[index])]
    return all(kind in ("word", "mark", "blank") for kind, _ in kinds) and any(
        kind == "word" and below in ("number", "date") for kind, below in kinds
    )


def _commented_names(rows: Sequence[Row], index: int, candidates: list[int]) -> int:
    """Return the comment row just above a row if it has the names of its columns, or else the row itself."""
    before = candidates[candidates.index(index) - 1]
    width = max(len(filled(rows[index])), _used(rows, before))
    is_header = width > 1 and is_comment(rows[before]) and len(filled(_without_mark(rows, before))) == width
    if not is_header or _names_numbers(rows, index):
        return index
    return before if _names_numbers(rows, before) or recurs(rows[index], rows[index + 1 :]) else index


def _without_mark(rows: Sequence[Row], index: int) -> Row:
    """Return a row without a first cell that is only the mark of a comment, unless it is the name of a column."""
    cells = rows[index]
    is_mark = bool(cells) and (cells[0] or "").strip() in COMMENTS
    return cells[1:] if is_mark and len(filled(cells)) > max(_used(rows, index), 1) else cells


def _names(header: Row, below: Sequence[Row]) -> list[str]:
    """Return a name for each column, which is empty for row names in front, and where only blank cells follow."""
    names = [cell or "" for cell in header]
    lengths = {len(cells) for cells in below}
    if lengths == {len(names) + 1} and _has_row_names(below, len(names)):
        return ["", *names]
    extra = max(lengths, default=0) - len(names)
    is_blank_beyond = all(index < len(names) for cells in below for index in filled(cells))
    return names + [""] * extra if extra > 0 and is_blank_beyond else names


def _has_row_names(below: Sequence[Row], last: int) -> bool:
    """Return whether rows start with names of rows, as R writes them: `1` to `n`, or distinct words."""
    if len(below) < 2 or all(is_blank(cells[last]) for cells in below):
        return False
    cells = column(below, 0)
    if cells == [str(number) for number in range(1, len(cells) + 1)]:
        return True
    return column_kind(cells) == "word" and len(set(cells)) == len(cells) and last > 1


def _second_headers(rows: Sequence[Row], header: int) -> list[int]:
    """Return the rows just below the header that repeat it, are rulers, or have words (units) above numbers."""
    for count in range(MAX_SECOND_HEADERS, 0, -1):
        found = range(header + 1, min(len(rows), header + 1 + count))
        below = [cells for cells in rows[header + 1 + count :] if filled(cells)][:20]
        if found and all(_is_second_header(rows[index], rows[header], below) for index in found):
            return list(found)
    return []


def _is_second_header(cells: Row, names: Row, below: Sequence[Row]) -> bool:
    if is_repeated(cells, names) or is_ruler(cells):
        return True
    words = [index for index, cell in enumerate(cells) if kind_of(cell) == "word"]
    kinds = {index: column_kind(column(below, index)) for index in filled(cells)}
    above_numbers = [index for index in words if kinds[index] in ("number", "date")]
    if len(below) < 2 or not above_numbers:
        return False
    if any(kind in ("number", "date") and index not in words for index, kind in kinds.items()):
        return False
    if any(cells[index] in column(below, index) for index in words if index not in above_numbers):
        return False
    texts = {(cells[index] or "").strip() for index in above_numbers}
    return len(texts) > 1 or bool(UNIT.fullmatch(texts.pop())) or len(filled(cells)) == 1 < len(filled(names))


def is_repeated(cells: Row, names: Row) -> bool:
    """Return whether a row has the names of the header again."""
    return bool(filled(cells)) and [cell or "" for cell in cells] == [name or "" for name in names]


def check_header_names(names: Sequence[str]) -> None:
    """Reject names that are given twice or too long; columns without a name are checked with their values.

    Raises:
        Unacceptable: a name is invalid.
    """
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        if len(name) > MAX_NAME_LENGTH:
            raise Unacceptable(
                f"Column {column_label(index)} has a name of {len(name):,} characters; "
                f"at most {MAX_NAME_LENGTH} are allowed."
            )
        if name and name in seen:
            raise Unacceptable(
                f"Columns {column_label(seen[name])} and {column_label(index)} are both called '{shorten(name)}'; "
                "rename one of them, or give the line of the names as header_row."
            )
        seen[name] = index
