"""A table as it was read: text still text, every value there."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import polars as pl

from mlapp.errors import TooLarge, Unacceptable, pointer, shorten
from mlapp.schemas import MAX_NAME_LENGTH, Format
from mlapp.tables.columns.json_values import column_of, format_scalar
from mlapp.tables.columns.types import format_values, unnamed

Sent = Callable[[slice], Iterable[dict[str, Any]]]
"""Returns some rows as they came, where they came as JSON objects."""

MAX_ROWS = 2_000_000
MAX_COLUMNS = 1_000
MAX_CELLS = 20_000_000
MAX_CELL_BYTES = 32_000
MAX_TEXT_BYTES = 200_000_000
"""Of all texts together: a Parquet file of some kilobytes may hold a long one a million times."""
SO_FAR = "at least "


class Table:
    """Rows × named columns, before any column type is decided.

    It holds a polars frame (text, numbers, booleans, dates and nothing else), or JSON scalars, as records or by column,
    of which `frame` makes one when it is needed.
    """

    def __init__(  # noqa: PLR0913 - what is known of a table
        self,
        frame: pl.DataFrame | None = None,
        format: Format = Format.JSON,  # noqa: A002 - the format of the body
        delimiter: str = ",",
        *,
        records: list[dict[str, Any]] | None = None,
        values: dict[str, list[Any]] | None = None,
        names: Sequence[str] = (),
        absent: dict[str, list[int]] | None = None,
        sent: Sent | None = None,
    ) -> None:
        """Take a frame, or JSON scalars: `records` with their `names`, or `values` by column.

        `absent` names the columns that some records lack, with the first such rows: prediction treats an absent key
        unlike null. `sent` returns some rows as they came.
        """
        self.format, self.delimiter, self.absent, self.records = format, delimiter, absent or {}, records
        self._sent = sent
        self.by_columns = values is not None
        if frame is not None:
            self.frame, self.names, self.height = frame, frame.columns, frame.height
        elif values is not None:
            self._values = values
            self.names, self.height = list(values), len(next(iter(values.values()), ()))
        else:
            self.names, self.height = list(names), len(records or ())

    @cached_property
    def frame(self) -> pl.DataFrame:
        """All columns, raw."""
        # Of an empty list polars makes no rows.
        columns = [column_of(name, values) for name, values in self._values.items()]
        return pl.DataFrame(columns or None, height=self.height)

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        """JSON scalars by column; empty where the table is a frame."""
        if self.records is None:
            return {}
        return {name: [record.get(name) for record in self.records] for name in self.names}

    def as_sent(self, rows: slice) -> Iterable[dict[str, Any]] | None:
        """Return some rows as they came, None where they did not come as JSON objects."""
        if self.records is not None:
            return self.records[rows]
        return self._sent(rows) if self._sent else None

    def values(self, name: str) -> list[Any] | None:
        """Return the JSON scalars of a column, None where the table is a frame or has no such column."""
        return self._values.get(name)

    def text(self, row: int, name: str) -> str:
        """Return a cell as text, as a CSV has it."""
        if self.records is not None:
            return format_scalar(self.records[row].get(name)) or ""
        values = self.values(name)
        cell = (
            format_values(unnamed(self.frame[name])[row : row + 1])[0] if values is None else format_scalar(values[row])
        )
        return cell or ""

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
        Unacceptable: a name is given twice, is empty or too long.
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
        sizes = unnamed(column).str.len_bytes()
        total += int(sizes.cast(pl.Int64).sum())
        if (sizes > MAX_CELL_BYTES).any():
            raise text_too_long(column.name)
    if total > MAX_TEXT_BYTES:
        raise TooLarge(
            f"The texts of the table take {total:,} bytes; at most {MAX_TEXT_BYTES:,} are taken. Send fewer rows."
        )


def text_too_long(name: str) -> Unacceptable:
    """Return the error about a text that is a document rather than a value."""
    return Unacceptable(
        f"Column '{shorten(name)}' holds a text of over {MAX_CELL_BYTES:,} bytes; shorten it or leave it out."
    )
