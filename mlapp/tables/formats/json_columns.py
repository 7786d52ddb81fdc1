"""JSON values → columns, some rows at a time, so that a large table never stands in memory as Python objects."""

from typing import Any

import polars as pl

from mlapp.errors import MAX_REPORTED, Unacceptable, pointer, shorten
from mlapp.schemas import Scalar
from mlapp.tables.table import SO_FAR, check_cells, check_names, check_shape

INT64 = range(-(2**63), 2**63)
PART_BYTES = 1_000_000
"""Bytes of JSON that become columns at a time."""


class Rows:
    """Columns that grow by rows."""

    def __init__(self) -> None:
        self._waiting: list[Any] = []
        self._bytes = self._height = 0
        self._parts: dict[str, list[pl.Series]] = {}
        self._absent: dict[str, list[int]] = {}

    def add(self, records: list[Any], size: int) -> None:
        """Add some rows, which took so many bytes.

        Raises:
            Unacceptable: one is no object of plain values.
            TooLarge: too many rows, columns or cells.
        """
        self._waiting += records
        self._bytes += size
        if self._bytes >= PART_BYTES:
            self._settle()

    def finish(self) -> tuple[pl.DataFrame, dict[str, list[int]]]:
        """Return the table, and the first rows that lack a name."""
        self._settle()
        columns = [_joined(name, self._parts.pop(name)) for name in list(self._parts)]
        return _frame(columns, self._height), {name: rows for name, rows in self._absent.items() if rows}

    def _settle(self) -> None:
        """Make columns of the rows that wait."""
        records, start = self._waiting, self._height
        names: dict[str, Any] = {}
        for row, record in enumerate(records, start):
            if not isinstance(record, dict):
                detail = f"Row {row} is not an object; each row is one object of column names and values."
                raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("records", row)}])
            names.update(record)
        new = [name for name in names if name not in self._parts]
        check_shape(start + len(records), len(self._parts) + len(new), SO_FAR)
        check_names([*self._parts, *new])
        for name in new:
            self._parts[name] = [_gaps(name, start)]
            self._absent[name] = list(range(min(start, MAX_REPORTED)))
        if any(len(record) < len(self._parts) for record in records):
            self._note_absent(records)
        for name, parts in self._parts.items():
            parts.append(column_of(name, [record.get(name) for record in records], start=start))
        self._height += len(records)
        self._waiting, self._bytes = [], 0

    def _note_absent(self, records: list[dict[str, Any]]) -> None:
        for name, known in self._absent.items():
            rows = (row for row, record in enumerate(records, self._height) if name not in record)
            known += [row for row, _ in zip(rows, range(MAX_REPORTED - len(known)), strict=False)]


class Columns:
    """Columns that come one after the other."""

    def __init__(self) -> None:
        self.lengths: dict[str, int] = {}
        self._made: list[pl.Series] = []
        self._parts: list[pl.Series] = []
        self._name = ""

    def begin(self, name: str) -> None:
        """Begin a column."""
        self._name, self._parts, self.lengths[name] = name, [], 0

    def add(self, values: list[Any]) -> None:
        """Add values to it.

        Raises:
            Unacceptable: one is a list or an object.
            TooLarge: too many rows or cells.
        """
        name = self._name
        self._parts.append(column_of(name, values, "columns", self.lengths[name]))
        self.lengths[name] += len(values)
        check_shape(self.lengths[name], len(self.lengths), SO_FAR)

    def end(self) -> None:
        """End the column."""
        self._made.append(_joined(self._name, self._parts))

    def finish(self) -> pl.DataFrame:
        """Return the table.

        Raises:
            Unacceptable: the columns are not equally long.
        """
        lengths = set(self.lengths.values())
        if len(lengths) > 1:
            raise Unacceptable(f"The lists in 'columns' are of different lengths ({min(lengths)} to {max(lengths)}).")
        return _frame(self._made, max(lengths, default=0))


def column_of(name: str, values: list[Any], where: str = "records", start: int = 0) -> pl.Series:
    """Make a column of JSON scalars; of mixed ones a column of text, spelled as a CSV spells them.

    Raises:
        Unacceptable: a value is a list or an object; `where` and the number of the first row say which.
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds - {bool, int, float, str}:
        row = start + next(i for i, value in enumerate(values) if isinstance(value, (list, dict)))
        place = pointer("records", row, name) if where == "records" else pointer("columns", name, row)
        detail = f"Row {row} of column '{shorten(name)}' is a list or an object; a cell holds one plain value."
        raise Unacceptable(detail, [{"detail": detail, "pointer": place}])
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int} and all(value is None or value in INT64 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds == {float}:
        return pl.Series(name, values, dtype=pl.Float64)
    if kinds <= {str}:
        return pl.Series(name, values, dtype=pl.String)
    # Whole and other numbers side by side are text too, for the category `1` is not `1.0`, whatever stands beside it.
    decimals = pl.Series([value if type(value) is float else None for value in values], dtype=pl.Float64)
    texts = zip(decimals.cast(pl.String), values, strict=True)
    return pl.Series(name, [_spell(value) if text is None else text for text, value in texts], dtype=pl.String)


def _joined(name: str, parts: list[pl.Series]) -> pl.Series:
    """Make one column of its parts, as `column_of` would of all values at once."""
    kinds = {part.dtype for part in parts if part.null_count() < len(part)}
    kind = kinds.pop() if len(kinds) == 1 else pl.String()
    alike = [part.cast(kind) if part.null_count() < len(part) else _gaps(name, len(part), kind) for part in parts]
    return pl.concat([_gaps(name, 0, kind), *alike], rechunk=True)


def _gaps(name: str, rows: int, kind: pl.DataType | None = None) -> pl.Series:
    return pl.repeat(None, rows, dtype=kind or pl.String(), eager=True).alias(name)


def _frame(columns: list[pl.Series], height: int) -> pl.DataFrame:
    # Of an empty list polars makes no rows.
    frame = pl.DataFrame(columns or None, height=height)
    check_cells(frame)
    return frame


def _spell(value: Scalar | None) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else str(value)
