"""Table: rows and columns as they were read, before column types are inferred; and its limits."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import polars as pl

from mlapp.errors import TooLarge, Unacceptable, pointer, shorten
from mlapp.schemas import JSON_AS_READ, MAX_NAME_LENGTH, FileOptions, Format, ReadAs
from mlapp.tables.columns.conventions import Conventions
from mlapp.tables.columns.conversion import format_values, unnamed
from mlapp.tables.columns.evidence import find_conventions
from mlapp.tables.columns.json_values import column_of, format_scalar

ReadRecords = Callable[[slice], Iterable[dict[str, Any]]]
"""Reads a range of rows as JSON objects."""

MAX_ROWS = 2_000_000
MAX_COLUMNS = 1_000
MAX_CELLS = 20_000_000
MAX_CELL_BYTES = 32_000
MAX_TEXT_BYTES = 200_000_000
"""Limit of all texts of a table: a Parquet file of some kilobytes may contain a long text a million times."""


class Table:
    """A table of raw values.

    It contains a polars frame of text, numbers, booleans and dates, or JSON scalars, by row or by column; `frame`
    converts JSON scalars on first use.
    """

    def __init__(  # noqa: PLR0913 - all optional
        self,
        frame: pl.DataFrame | None = None,
        read_as: ReadAs = JSON_AS_READ,
        *,
        options: FileOptions | None = None,
        lines: Sequence[int] | None = None,
        problems: dict[int, str] | None = None,
        records: list[dict[str, Any]] | None = None,
        values: dict[str, list[Any]] | None = None,
        names: Sequence[str] = (),
        absent: Mapping[str, Sequence[int]] | None = None,
        nested: dict[str, int] | None = None,
        mixed: Collection[str] = (),
        read_records: ReadRecords | None = None,
    ) -> None:
        """Create a table of a frame, of `records` with the column `names`, or of `values` by column.

        `absent` has the rows without a key for each column that some records lack, as prediction distinguishes absent
        keys from null. `nested` has the columns with a list or an object in a cell, and the first row of one; such
        cells are JSON text in `frame`. `mixed` has the columns with texts and other values, all text in `frame`.
        `read_records` returns rows as JSON objects, if the table was read from NDJSON.
        `lines` has the line or row of the file for each row, from 1. `problems` says which rows cannot be predicted,
        and why: blank lines, a second header or totals, which keep their place in the answer.
        """
        self.read_as, self.absent, self.nested, self.records = read_as, absent or {}, nested or {}, records
        self.mixed = mixed
        self.lines, self.problems = lines, problems or {}
        self.options: FileOptions = options or FileOptions()
        self._read_records = read_records
        self.by_columns = values is not None
        if frame is not None:
            self.frame, self.names, self.height = frame, frame.columns, frame.height
        elif values is not None:
            self._values = values
            self.names, self.height = list(values), len(next(iter(values.values()), ()))
        else:
            self.names, self.height = list(names), len(records or ())

    @property
    def format(self) -> Format:
        """The format of the body."""
        return self.read_as.format

    @cached_property
    def conventions(self) -> Conventions:
        """How numbers and dates of the table are written, where a column alone is ambiguous."""
        return find_conventions(self.frame.iter_columns(), self.options, self.read_as.delimiter)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """All columns, raw."""
        # An empty list of columns would make a frame without rows.
        columns = [column_of(name, values) for name, values in self._values.items()]
        return pl.DataFrame(columns or None, height=self.height)

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        """JSON scalars by column; empty if the table is a frame."""
        if self.records is None:
            return {}
        return {name: [record.get(name) for record in self.records] for name in self.names}

    def json_records(self, rows: slice) -> Iterable[dict[str, Any]] | None:
        """Return rows as they were in JSON; None if the table was not read from JSON objects."""
        if self.records is not None:
            return self.records[rows]
        return self._read_records(rows) if self._read_records else None

    def values(self, name: str) -> list[Any] | None:
        """Return the JSON scalars of a column; None if only `frame` has them, or there is no such column."""
        if name in self.mixed and self._read_records:
            return [record.get(name) for record in self._read_records(slice(0, self.height))]
        return self._values.get(name)

    def text(self, row: int, name: str) -> str:
        """Return a cell as text, as in a CSV."""
        if self.records is not None:
            return format_scalar(self.records[row].get(name)) or ""
        values = self._values.get(name)
        cell = (
            format_values(unnamed(self.frame[name])[row : row + 1])[0] if values is None else format_scalar(values[row])
        )
        return cell or ""

    def place(self, row: int) -> str:
        """Return where a row is: its line in the file, or its number in JSON."""
        return f"Row {row}" if self.lines is None else f"Line {self.lines[row]}"

    def pointer(self, row: int, name: str) -> str:
        """Return the JSON pointer to a cell."""
        return pointer("columns", name, row) if self.by_columns else pointer("records", row, name)

    @contextmanager
    def pointers(self) -> Iterator[None]:
        """Let errors of columns, which point to `/records/<row>/<name>`, point to where the body has the cell."""
        try:
            yield
        except Unacceptable as error:
            if self.by_columns:
                error.errors = [found | {"pointer": _by_column(found["pointer"])} for found in error.errors]
            raise


def _by_column(found: str) -> str:
    """Return the pointer to a cell of a body by columns; other pointers unchanged."""
    _, *parts = found.split("/")
    return f"/columns/{parts[2]}/{parts[1]}" if parts[0] == "records" else found


def check_shape(rows: int, columns: int, *, at_least: bool = False) -> None:
    """Reject tables that are too large for a server with 512 MB of memory.

    `at_least` states that there may be more rows and columns.

    Raises:
        TooLarge: there are too many rows, columns or cells.
    """
    prefix = "at least " if at_least else ""
    for count, limit, what in (
        (rows, MAX_ROWS, "rows"),
        (columns, MAX_COLUMNS, "columns"),
        (rows * columns, MAX_CELLS, "cells"),
    ):
        if count > limit:
            raise TooLarge(
                f"The table has {prefix}{count:,} {what}; at most {limit:,} are allowed. Send a smaller one."
            )


def check_names(names: list[str]) -> None:
    """Reject column names, given once each, that cannot be shown.

    Raises:
        Unacceptable: a name is empty or too long.
    """
    for number, name in enumerate(names, 1):
        if not name:
            raise Unacceptable(f"Column {number} has no name; give every column one.")
        if len(name) > MAX_NAME_LENGTH:
            raise Unacceptable(
                f"Column {number} has a name of {len(name):,} characters; at most {MAX_NAME_LENGTH} are allowed."
            )


def check_cells(frame: pl.DataFrame) -> None:
    """Reject texts that are too long to be values of a cell.

    Raises:
        Unacceptable: a text is too long.
        TooLarge: the sum of all texts is too long.
    """
    total = 0
    for column in frame.select(pl.col(pl.String)).iter_columns():
        sizes = unnamed(column).str.len_bytes()
        total += int(sizes.cast(pl.Int64).sum())
        if (sizes > MAX_CELL_BYTES).any():
            raise Unacceptable(text_too_long(f"Column '{shorten(column.name)}'"))
    if total > MAX_TEXT_BYTES:
        raise TooLarge(
            f"The texts of the table take {total:,} bytes; at most {MAX_TEXT_BYTES:,} are allowed. Send fewer rows."
        )


def text_too_long(where: str) -> str:
    """Return what is wrong with a column or cell that has a text that is too long."""
    return f"{where} has a text of over {MAX_CELL_BYTES:,} bytes; shorten it or leave it out."
