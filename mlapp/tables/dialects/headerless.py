"""Files without a header: the first row is like all others."""

from collections.abc import Sequence
from itertools import pairwise

from mlapp.errors import Unacceptable, shorten
from mlapp.tables.dialects.cells import Row, column, column_kind, filled, is_blank, kind_of

YEARS = range(1800, 2201)
MIN_ROWS = 5
"""Rows of words that are evidence."""


def check_header(header: Row, below: Sequence[Row]) -> None:
    """Reject a first row whose cells are of the kind of every column below it.

    A run of years or other numbers names columns.

    Raises:
        Unacceptable: the first row looks like a row of values.
    """
    pairs = [(kind_of(cell), column_kind(column(below, index))) for index, cell in enumerate(header)]
    typed = [(kind, below_kind) for kind, below_kind in pairs if below_kind in ("number", "date")]
    if typed or not recurs(header, below):
        if not any(kind == below_kind for kind, below_kind in typed):
            return
        if any(kind not in (below_kind, "blank", "mark") for kind, below_kind in typed):
            return
    if _is_run([cell for cell in header if kind_of(cell) == "number"], below, header):
        return
    cells = ", ".join(f"'{shorten(cell, 20)}'" for cell in header[:4] if not is_blank(cell))
    raise Unacceptable(
        f"The first row ({cells}{', …' if len(header) > 4 else ''}) looks like a row of values, so the columns have no "
        "names. Set header_row=0 if the file has no header (the columns are then called column_1, column_2, …), or "
        "header_row=1 if the first row has the names."
    )


def recurs(header: Row, below: Sequence[Row]) -> bool:
    """Return whether all cells of a row are values of the columns below it, in several rows."""
    others, names = [cells for cells in below if list(cells) != list(header)], filled(header)
    if len(others) < MIN_ROWS or len(names) < 2:
        return False
    return all(header[index] in column(others, index) for index in names)


def _is_run(cells: list[str | None], below: Sequence[Row], header: Row) -> bool:
    """Return whether numbers are names: years, or evenly spaced or rising numbers."""
    try:
        numbers = [float(cell or "") for cell in cells]
    except ValueError:
        return False
    steps = {round(after - before, 9) for before, after in pairwise(numbers)}
    if len(numbers) == 2:
        return numbers == [0, 1] or all(map(_is_year, cells))
    if len(numbers) > 1:
        is_even = len(steps) == 1 and steps != {0.0}
        return is_even or (len(numbers) > 5 and (min(steps) > 0 or max(steps) < 0))
    if len(numbers) == 1 and _is_year(cells[0]):
        index = list(header).index(cells[0])
        return not all(is_blank(cell) or _is_year(cell) for cell in column(below, index))
    return False


def _is_year(cell: str | None) -> bool:
    text = (cell or "").strip()
    return len(text) == len("2024") and text.isdecimal() and int(text) in YEARS
