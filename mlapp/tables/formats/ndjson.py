"""NDJSON reader: parses the bytes of a file in pieces, and again when rows are written, to keep no Python objects."""

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from mlapp.errors import UnreadableBody
from mlapp.schemas import Format, ReadAs
from mlapp.tables.columns.conversion import MAX_EXACT_INTEGER, format_categories
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.formats.json import records_table
from mlapp.tables.strict_json import BOM, STRICT, SURROGATE, parse
from mlapp.tables.table import Table, check_cells, check_names, check_shape

PIECE_BYTES = 100_000
"""Bytes that are parsed at a time."""
MAX_LINE_BYTES = 1_000_000
LINE_END = re.compile(rb"\r\n|[\r\n]")


def ndjson_table(data: bytes) -> Table:
    """Read one JSON object per line; blank lines are skipped.

    Raises:
        UnreadableBody: a line is not strict JSON, or too long.
        Unacceptable: a line is not an object.
        TooLarge: there are too many rows, columns or cells.
    """
    start, number = len(BOM) if data.startswith(BOM) else 0, 1
    columns, lines, numbers = _GrowingColumns(), _Lines(data), array("I")
    while start < len(data):
        found = LINE_END.search(data, start + PIECE_BYTES, start + PIECE_BYTES + MAX_LINE_BYTES)
        end = found.end() if found else len(data)
        if end - start > PIECE_BYTES + MAX_LINE_BYTES:
            number += len(LINE_END.findall(data, start, start + PIECE_BYTES))
            raise UnreadableBody(f"Line {number} is longer than {MAX_LINE_BYTES:,} bytes; each line is one row.")
        records, added, number = _parse_lines(data[start:end], number)
        lines.add(len(records), start, end)
        columns.add(records)
        numbers.extend(added)
        start = end
    return columns.table(lines=numbers, read_records=lines.records)


def _parse_lines(piece: bytes, number: int) -> tuple[list[Any], list[int], int]:
    """Return the rows of some lines, their line numbers, and the number of the next line."""
    lines = [line.strip(b" \t\n\r") for line in piece.splitlines()] if piece.strip() else []
    numbers = [line_number for line_number, line in enumerate(lines, number) if line]
    try:
        rows = [_parse_line(line.decode()) for line in lines if line]
    except (ValueError, RecursionError, UnreadableBody):
        rows = []
    if not rows or SURROGATE.search(piece.decode()):
        # One by one, to name the line in an error.
        rows = [parse(lines[line_number - number], f"Line {line_number}") for line_number in numbers]
    return rows, numbers, number + len(piece.splitlines())


def _parse_line(text: str) -> Any:
    value, end = STRICT.raw_decode(text)
    if end < len(text):
        raise ValueError(text)
    return value


class _GrowingColumns:
    """Columns to which rows are added."""

    def __init__(self) -> None:
        self._height = 0
        self._parts: dict[str, list[pl.Series]] = {}
        self._absent: dict[str, array[int]] = {}
        self._nested: dict[str, int] = {}
        self._kinds: dict[str, set[type]] = {}

    def add(self, records: list[Any]) -> None:
        """Add rows."""
        start = self._height
        table = records_table(records, first=start)
        new = [name for name in table.names if name not in self._parts]
        self._height += len(records)
        check_shape(self._height, len(self._parts) + len(new), at_least=True)
        check_names([*self._parts, *new])
        self._nested = table.nested | self._nested
        for name in new:
            self._parts[name] = [_missing(name, start)]
            self._absent[name] = array("I", range(start))
            self._kinds[name] = set()
        for name, parts in self._parts.items():
            values = table.values(name)
            parts.append(_missing(name, len(records)) if values is None else column_of(name, values))
            self._kinds[name].update(map(type, values or ()))
            lacking = range(len(records)) if values is None else table.absent.get(name, [])
            self._absent[name].extend(start + row for row in lacking)

    def table(self, **facts: Any) -> Table:
        """Return the table, to which further facts are known."""
        columns = [_concat(name, self._parts.pop(name)) for name in list(self._parts)]
        # An empty list of columns would make a frame without rows.
        frame = pl.DataFrame(columns or None, height=self._height)
        check_cells(frame)
        absent = {name: rows for name, rows in self._absent.items() if rows}
        mixed = {name for name, kinds in self._kinds.items() if str in kinds and kinds - {str, type(None)}}
        return Table(frame, ReadAs(format=Format.NDJSON), absent=absent, nested=self._nested, mixed=mixed, **facts)


def _concat(name: str, parts: list[pl.Series]) -> pl.Series:
    """Concatenate parts to the column that `column_of` would make of all values."""
    kinds = {part.dtype for part in parts if part.null_count() < len(part)}
    if kinds == {pl.Int64(), pl.Float64()} and all(map(_is_exact, parts)):
        kinds = {pl.Float64()}
    kind = kinds.pop() if len(kinds) == 1 else pl.String()
    as_kind = format_categories if kind == pl.String else lambda part: part.cast(kind)
    casted = [as_kind(part) if part.null_count() < len(part) else _missing(name, len(part), kind) for part in parts]
    return pl.concat([_missing(name, 0, kind), *casted], rechunk=True)


def _is_exact(part: pl.Series) -> bool:
    """Return whether floats have all digits of the numbers."""
    return part.dtype != pl.Int64 or bool(part.is_between(-MAX_EXACT_INTEGER, MAX_EXACT_INTEGER, closed="none").all())


def _missing(name: str, rows: int, kind: pl.DataType | None = None) -> pl.Series:
    return pl.repeat(None, rows, dtype=kind or pl.String(), eager=True).alias(name)


@dataclass
class _Lines:
    """The lines of a file, parsed again when rows are needed, as bytes take the least memory."""

    data: bytes
    _firsts: list[int] = field(default_factory=lambda: [0])
    """Index of the first row of each piece, and the number of all rows."""
    _pieces: list[tuple[int, int]] = field(default_factory=list)

    def add(self, rows: int, start: int, end: int) -> None:
        """Add a piece, which has the next rows."""
        self._firsts.append(self._firsts[-1] + rows)
        self._pieces.append((start, end))

    def records(self, rows: slice) -> Iterator[dict[str, Any]]:
        """Yield a range of rows."""
        for number in range(bisect_right(self._firsts, rows.start) - 1, len(self._pieces)):
            first, (start, end) = self._firsts[number], self._pieces[number]
            if first >= rows.stop:
                return
            lines = [json.loads(line) for line in self.data[start:end].splitlines() if line.strip()]
            yield from lines[max(rows.start - first, 0) : rows.stop - first]
