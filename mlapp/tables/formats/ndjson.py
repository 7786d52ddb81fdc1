"""NDJSON → table, some lines at a time, so that a large table is never in memory as Python objects."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from mlapp.errors import MAX_REPORTED, UnreadableBody
from mlapp.schemas import Format
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.formats.json import BOM, STRICT, SURROGATE, parse, records_table
from mlapp.tables.table import SO_FAR, Table, check_cells, check_names, check_shape

PIECE_BYTES = 100_000
"""Bytes that become columns at a time."""
MAX_LINE_BYTES = 1_000_000
LINE_END = re.compile(rb"\r\n|[\r\n]")


def ndjson_table(data: bytes) -> Table:
    """Read one JSON object a line; blank lines are skipped.

    Raises:
        UnreadableBody: a line is no strict JSON, or too long.
        Unacceptable: a line is no object of plain values.
        TooLarge: there are too many rows, columns or cells.
    """
    rows, sent = _Rows(), _Sent(data)
    start, number = len(BOM) if data.startswith(BOM) else 0, 1
    while start < len(data):
        found = LINE_END.search(data, start + PIECE_BYTES, start + PIECE_BYTES + MAX_LINE_BYTES)
        end = found.end() if found else len(data)
        if end - start > PIECE_BYTES + MAX_LINE_BYTES:
            number += len(LINE_END.findall(data, start, start + PIECE_BYTES))
            raise UnreadableBody(f"Line {number} is longer than {MAX_LINE_BYTES:,} bytes; each line is one row.")
        records, number = _lines(data[start:end], number)
        sent.add(len(records), start, end)
        rows.add(records)
        start = end
    frame, absent = rows.finish()
    return Table(frame, Format.NDJSON, absent=absent, sent=sent.records)


def _lines(piece: bytes, number: int) -> tuple[list[Any], int]:
    """Return the rows in some lines, and the number of the next line."""
    lines = [line.strip(b" \t\n\r") for line in piece.splitlines()] if piece.strip() else []
    try:
        rows = [_whole(line.decode()) for line in lines if line]
    except (ValueError, RecursionError, UnreadableBody):
        rows = []
    if not rows or SURROGATE.search(piece.decode()):
        # One by one, to name the line in an error.
        rows = [parse(line, f"Line {place}") for place, line in enumerate(lines, number) if line]
    return rows, number + len(piece.splitlines())


def _whole(text: str) -> Any:
    value, end = STRICT.raw_decode(text)
    if end < len(text):
        raise ValueError(text)
    return value


class _Rows:
    """Columns that grow by rows."""

    def __init__(self) -> None:
        self._height = 0
        self._parts: dict[str, list[pl.Series]] = {}
        self._absent: dict[str, list[int]] = {}

    def add(self, records: list[Any]) -> None:
        """Add some rows."""
        start = self._height
        table = records_table(records, first=start)
        new = [name for name in table.names if name not in self._parts]
        self._height += len(records)
        check_shape(self._height, len(self._parts) + len(new), SO_FAR)
        check_names([*self._parts, *new])
        for name in new:
            self._parts[name] = [_missing(name, start)]
            self._absent[name] = list(range(min(start, MAX_REPORTED)))
        for name, parts in self._parts.items():
            values = table.values(name)
            parts.append(_missing(name, len(records)) if values is None else column_of(name, values))
            lacking = range(len(records)) if values is None else table.absent.get(name, [])
            known = self._absent[name]
            known += [start + row for row in lacking[: MAX_REPORTED - len(known)]]

    def finish(self) -> tuple[pl.DataFrame, dict[str, list[int]]]:
        """Return the table, and the first rows that lack a name."""
        columns = [_joined(name, self._parts.pop(name)) for name in list(self._parts)]
        # Of an empty list polars makes no rows.
        frame = pl.DataFrame(columns or None, height=self._height)
        check_cells(frame)
        return frame, {name: rows for name, rows in self._absent.items() if rows}


def _joined(name: str, parts: list[pl.Series]) -> pl.Series:
    """Return parts as one column, as `column_of` makes it of all values at once."""
    kinds = {part.dtype for part in parts if part.null_count() < len(part)}
    kind = kinds.pop() if len(kinds) == 1 else pl.String()
    alike = [part.cast(kind) if part.null_count() < len(part) else _missing(name, len(part), kind) for part in parts]
    return pl.concat([_missing(name, 0, kind), *alike], rechunk=True)


def _missing(name: str, rows: int, kind: pl.DataType | None = None) -> pl.Series:
    return pl.repeat(None, rows, dtype=kind or pl.String(), eager=True).alias(name)


@dataclass
class _Sent:
    """The lines as they came, to be parsed again when they are wanted: as bytes they take least memory."""

    data: bytes
    _firsts: list[int] = field(default_factory=lambda: [0])
    """The number of each piece's first row, and how many there are in all."""
    _pieces: list[tuple[int, int]] = field(default_factory=list)

    def add(self, rows: int, start: int, end: int) -> None:
        """Note that these bytes hold the next rows."""
        self._firsts.append(self._firsts[-1] + rows)
        self._pieces.append((start, end))

    def records(self, rows: slice) -> Iterator[dict[str, Any]]:
        """Yield some rows."""
        for number in range(bisect_right(self._firsts, rows.start) - 1, len(self._pieces)):
            first, (start, end) = self._firsts[number], self._pieces[number]
            if first >= rows.stop:
                return
            lines = [json.loads(line) for line in self.data[start:end].splitlines() if line.strip()]
            yield from lines[max(rows.start - first, 0) : rows.stop - first]
