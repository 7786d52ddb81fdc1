"""A table as it was read: text still text, every value there."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from mlapp.errors import TooLarge, Unacceptable, pointer, shorten
from mlapp.schemas import MAX_NAME_LENGTH, Format
from mlapp.tables.columns.types import nameless

MAX_ROWS = 2_000_000
MAX_COLUMNS = 1_000
MAX_CELLS = 20_000_000
MAX_CELL_BYTES = 32_000
MAX_TEXT_BYTES = 200_000_000
"""Of all texts together: a Parquet file of some kilobytes may hold a long one a million times."""
SO_FAR = "at least "


@dataclass(frozen=True)
class Source:
    """The bytes that rows came in, to be parsed once more when they are wanted: as bytes they take least memory."""

    data: bytes
    parse: Callable[[bytes], list[dict[str, Any]]]
    _firsts: list[int] = field(default_factory=lambda: [0])
    """The number of each piece's first row, and how many there are in all."""
    _pieces: list[tuple[int, int]] = field(default_factory=list)

    def add(self, rows: int, start: int, end: int) -> None:
        """Say that these bytes hold the next rows."""
        self._firsts.append(self._firsts[-1] + rows)
        self._pieces.append((start, end))

    def records(self, rows: slice) -> Iterator[dict[str, Any]]:
        """Give some rows, as they came."""
        for number in range(bisect_right(self._firsts, rows.start) - 1, len(self._pieces)):
            first, (start, end) = self._firsts[number], self._pieces[number]
            if first >= rows.stop:
                return
            yield from self.parse(self.data[start:end])[max(rows.start - first, 0) : rows.stop - first]


@dataclass(frozen=True)
class Table:
    """Rows × named columns, before any column type is decided.

    `frame` holds text, numbers, booleans, dates and nothing else. `absent` names the columns that some
    records lack altogether, with the first rows that do: prediction treats that unlike a null.
    """

    frame: pl.DataFrame
    format: Format = Format.JSON
    delimiter: str = ","
    absent: dict[str, list[int]] = field(default_factory=dict)
    by_columns: bool = False
    """Whether it came as one list a column."""
    source: "Source | None" = None
    """The rows as they came, where they came as records."""

    def pointer(self, row: int, name: str) -> str:
        """Return the JSON pointer to a cell."""
        return pointer("columns", name, row) if self.by_columns else pointer("records", row, name)


def check_shape(rows: int, columns: int, so_far: str = "") -> None:
    """Refuse more than a server of 512 MB can handle; `so_far` says that not all was counted.

    Raises:
        TooLarge: too many rows, columns or cells.
    """
    for count, limit, what in (
        (rows, MAX_ROWS, "rows"),
        (columns, MAX_COLUMNS, "columns"),
        (rows * columns, MAX_CELLS, "cells"),
    ):
        if count > limit:
            raise TooLarge(f"The table has {so_far}{count:,} {what}; at most {limit:,} are taken. Send a smaller one.")


def check_names(names: list[str]) -> None:
    """Refuse column names that could not be told apart, or not be shown.

    Raises:
        Unacceptable: a name stands twice, is empty or too long.
    """
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        if not name:
            raise Unacceptable(f"Column {number} has no name; give every column one.")
        if len(name) > MAX_NAME_LENGTH:
            raise Unacceptable(
                f"Column {number} has a name of {len(name):,} characters; at most {MAX_NAME_LENGTH} are taken."
            )
        if name in seen:
            raise Unacceptable(f"Two columns are called '{shorten(name)}'; rename one of them.")
        seen.add(name)


def check_cells(frame: pl.DataFrame) -> None:
    """Refuse cells that are documents rather than values.

    Raises:
        Unacceptable: a text is too long.
        TooLarge: all texts together are.
    """
    total = 0
    for column in frame.select(pl.col(pl.String)).iter_columns():
        sizes = nameless(column).str.len_bytes()
        total += int(sizes.cast(pl.Int64).sum())
        if (sizes > MAX_CELL_BYTES).any():
            name = shorten(column.name)
            raise Unacceptable(
                f"Column '{name}' holds a text of over {MAX_CELL_BYTES:,} bytes; shorten it or leave it out."
            )
    if total > MAX_TEXT_BYTES:
        raise TooLarge(
            f"The texts of the table take {total:,} bytes; at most {MAX_TEXT_BYTES:,} are taken. Send fewer rows."
        )
