"""Margins of a table: rows below its header that are no rows of the table, and columns that have no name."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl

from mlapp.errors import Unacceptable, shorten
from mlapp.tables.columns.conversion import format_values, unnamed
from mlapp.tables.dialects.cells import Row, column_kind, column_label, filled, is_blank, is_ruler, kind_of
from mlapp.tables.dialects.totals import is_total_label, is_total_of

TAIL_ROWS = 12
"""Rows at the end that may be totals and notes."""
INDEX_NAME = re.compile(r"Unnamed: 0(\.\d+)*")
NOTE = re.compile(
    r"\W*(source|note|notes|footnote|quelle|hinweis|anmerkung|stand|fuente|nota|notas|fonte|source|remarque|bron|"
    r"export(ed|iert)?|last|updated|letzte|generated|created|erstellt|printed|report|copyright|©|page|seite|end|ende|eof)\b.*"
    r"|\W*\d[\d,.]* (rows?|records?|zeilen|lignes|filas)\b.*|[*†‡#].+|--.*",
    re.IGNORECASE | re.DOTALL,
)
NOTE_WORDS = 4
"""A single cell with so many words is a note."""


class Margins(NamedTuple):
    """What is around the rows and columns of a table."""

    rows: dict[int, str]
    """Index of each row that is no row of the table, and what it is."""
    blank_columns: list[int]
    """Indexes of columns without name and values."""
    index_columns: list[int]
    """Indexes of columns that count or name the rows."""
    total_like: dict[int, str]
    """Rows that are kept, but look like a total."""


def find_margins(
    frame: pl.DataFrame,
    names: Sequence[str],
    second: Sequence[int] = (),
    *,
    comment: str | None = None,
    training: bool = False,
) -> Margins:
    """Find the margins of the rows below a header.

    `frame` has the raw columns in the order of `names`, which are empty for columns without a name; `second` are the
    indexes of rows that are further headers; `comment` is the mark of comments above the header, if there are any.

    Raises:
        Unacceptable: a column that has values, and is no index, has no name.
    """
    rows = dict.fromkeys(second, "a second header")
    rows |= dict.fromkeys(_comments(frame, comment) if comment else (), "a comment")
    rows |= dict.fromkeys(_blank_rows(frame), "blank")
    rows |= dict.fromkeys(_repeated_headers(frame, names), "the header again")
    total_like = _find_closing_rows(frame, rows)
    inner = without_rows(frame, rows)
    blank = [index for index, name in enumerate(names) if is_blank(name) and _is_empty(inner.to_series(index))]
    index = _index_columns(inner, names, blank, training=training)
    for each, name in enumerate(names):
        if not name and each not in blank and each not in index:
            values = unnamed(inner.to_series(each)).drop_nulls()
            raise Unacceptable(
                f"Column {column_label(each)} has values, such as '{shorten(values[0], 20)}', but no name; "
                "give it one, or delete it."
            )
    return Margins(dict(sorted(rows.items())), blank, index, total_like)


def without_rows(frame: pl.DataFrame, rows: Collection[int]) -> pl.DataFrame:
    """Return the frame without some rows; a slice if these are at the end."""
    if not rows:
        return frame
    first = min(rows)
    if len(rows) == frame.height - first:
        return frame.head(first)
    return frame.filter(~pl.int_range(frame.height, eager=True).is_in(list(rows)))


def _is_empty(column: pl.Series) -> bool:
    if column.null_count() == len(column):
        return True
    return column.dtype == pl.String and bool((unnamed(column).drop_nulls().str.strip_chars() == "").all())


def _blank_rows(frame: pl.DataFrame) -> list[int]:
    """Return the rows in which all cells are empty or spaces."""
    columns = [unnamed(column) for column in frame.iter_columns()]
    if len(columns) == 1:
        # A blank line is a missing value.
        return []
    # A cheap comparison of bytes, to search the other columns in few rows only.
    first = columns[0]
    rows = (first.is_null() | (first <= " ") if first.dtype == pl.String else first.is_null()).arg_true()
    for column in columns:
        if rows.is_empty():
            break
        rows = rows.filter(_are_blank(column.gather(rows)))
    return rows.to_list()


def _are_blank(cells: pl.Series) -> pl.Series:
    return cells.is_null() | (cells.str.strip_chars() == "") if cells.dtype == pl.String else cells.is_null()


def _comments(frame: pl.DataFrame, mark: str) -> list[int]:
    """Return the rows that are a single cell which starts with the mark of comments."""
    first, *others = [unnamed(column) for column in frame.iter_columns()]
    found = first.str.starts_with(mark).arg_true().to_list() if others and first.dtype == pl.String else []
    return [row for row in found if not any(column[row] for column in others)]


def _repeated_headers(frame: pl.DataFrame, names: Sequence[str]) -> list[int]:
    """Return the rows that have the names of the columns again, as in files that were joined."""
    named = [index for index, name in enumerate(names) if name]
    if not named or frame.to_series(named[0]).dtype != pl.String:
        return []
    found = (unnamed(frame.to_series(named[0])) == names[named[0]]).arg_true().to_list()[:1_000]
    return [row for row in found if all(frame.to_series(index)[row] == names[index] for index in named)]


def _find_closing_rows(frame: pl.DataFrame, rows: dict[int, str]) -> dict[int, str]:
    """Add notes and totals at the end to `rows`, and return rows that look like a total, but are none."""
    end = frame.height
    while end - 1 in rows:
        end -= 1
    start = max(end - TAIL_ROWS, 0)
    tail: list[Row] = list(zip(*[_texts(column[start:end]) for column in frame.iter_columns()], strict=True))
    # Other spaces than those that `_blank_rows` searches for.
    rows |= {start + index: "blank" for index, cells in enumerate(tail) if frame.width > 1 and not filled(cells)}
    last = [(start + index, cells) for index, cells in enumerate(tail) if start + index not in rows]
    if frame.width > 1:
        _pop_notes(last, frame, rows)
    labelled: list[tuple[int, Row]] = []
    while last and any(is_total_label(cell) for cell in last[-1][1]):
        labelled.append(last.pop())
    return _find_totals(labelled, frame, rows) if labelled else {}


def _find_totals(labelled: list[tuple[int, Row]], frame: pl.DataFrame, rows: dict[int, str]) -> dict[int, str]:
    """Add the labelled rows that are totals to `rows`, with the subtotals among the rows; and return the others."""
    first = labelled[-1][0]
    around = {*rows, *range(first, frame.height)}
    inner, total_like = without_rows(frame, around), {}
    for row, cells in labelled:
        index = next(index for index, cell in enumerate(cells) if is_total_label(cell))
        labels = unnamed(frame.to_series(index)).head(row)
        subtotals = [each for each in _labelled_rows(labels) if each < first]
        if is_total_of(cells, inner) and not (labels == cells[index]).any():
            rows[row] = f"a total ('{shorten(cells[index])}')"
        elif subtotals and is_total_of(cells, without_rows(frame, around.union(subtotals))):
            rows |= dict.fromkeys([*subtotals, *(each for each, _ in labelled)], "a total")
            return {}
        elif is_total_label(cells[filled(cells)[0]]):
            total_like[row] = shorten(cells[index])
    return total_like


def _labelled_rows(labels: pl.Series) -> list[int]:
    """Return the rows with the label of a total."""
    found = [label for label in labels.unique().to_list() if is_total_label(label)]
    return labels.is_in(found).arg_true().to_list() if found else []


def _pop_notes(last: list[tuple[int, Row]], frame: pl.DataFrame, rows: dict[int, str]) -> None:
    """Move notes at the end of the last rows to `rows`; texts below a blank line are notes."""
    prose = {
        index for _, cells in last for index in filled(cells) if len(filled(cells)) > 1 and _is_prose(cells[index])
    }
    start = len(last)
    while start and _is_text(last[start - 1][1], prose):
        start -= 1
    after_blank = start < len(last) and rows.get(last[start][0] - 1) == "blank"
    while last and ((after_blank and len(last) > start) or _is_note(*last[-1], frame, prose)):
        row, cells = last.pop()
        rows[row] = f"a note ('{shorten(cells[filled(cells)[0]])}')"


def _is_prose(cell: str | None) -> bool:
    return len((cell or "").split()) >= NOTE_WORDS


def _is_text(cells: Row, prose: set[int]) -> bool:
    """Return whether a row is a ruler, or a single text, but not in a column of prose."""
    found = filled(cells)
    return is_ruler(cells) or (len(found) == 1 and found[0] not in prose and _is_words(cells))


def _is_note(row: int, cells: Row, frame: pl.DataFrame, prose: set[int]) -> bool:
    """Return whether a row is a ruler, or a text in one or two cells, unlike the cells above it."""
    found = filled(cells)
    text = (cells[found[0]] or "").strip()
    if is_ruler(cells) or frame.height < 2 or found[0] in prose:
        return is_ruler(cells)
    if len(found) > 1:
        return 2 * len(found) <= len(cells) and _is_words(cells) and bool(NOTE.fullmatch(text))
    if NOTE.fullmatch(text):
        return True
    if kind_of(text) != "word":
        return False
    if _is_prose(text) or is_total_label(text):
        return True
    above = column_kind(_texts(frame.to_series(found[0])[max(row - TAIL_ROWS, 0) : row]))
    return found[0] == 0 and above in ("number", "date")


def _is_words(cells: Row) -> bool:
    return all(kind_of(cells[index]) == "word" for index in filled(cells))


def _index_columns(frame: pl.DataFrame, names: Sequence[str], blank: list[int], *, training: bool) -> list[int]:
    """Return the first columns if they number or name the rows, as pandas and R write them."""
    found: list[int] = []
    for index, name in enumerate(names):
        column = unnamed(frame.to_series(index))
        if name and INDEX_NAME.fullmatch(name):
            numbers = column.cast(pl.Int64, strict=False)
            is_index = not numbers.has_nulls() and numbers.is_unique().all()
        elif not name and index == 0 and index not in blank:
            is_index = not training or (not column.has_nulls() and bool(column.is_unique().all()))
        else:
            break
        if not is_index:
            break
        found.append(index)
    return found if len(found) + len(blank) < len(names) else []


def _texts(column: pl.Series) -> list[str | None]:
    return format_values(unnamed(column)).to_list()
