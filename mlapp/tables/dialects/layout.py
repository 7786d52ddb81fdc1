"""Layout: a table without its margins for training, or with a problem for each line that is no row for prediction."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl

from mlapp.errors import Unacceptable, shorten
from mlapp.tables.dialects.cells import Row, column_label, filled
from mlapp.tables.dialects.margins import find_margins, without_rows

MAX_LEFT_OUT = 100_000
LISTED = 5
"""Lines that a sentence lists."""


class Layout(NamedTuple):
    """A table, and what was around it."""

    frame: pl.DataFrame
    kept: pl.Series | None
    """Indexes of the rows that were kept; None if all were."""
    problems: dict[int, str]
    """Why rows cannot be predicted."""
    left_out: list[str]
    """What was left out, as sentences."""
    warnings: list[str]


def lay_out(  # noqa: PLR0913 - all optional
    frame: pl.DataFrame,
    names: Sequence[str],
    lines: Sequence[int],
    *,
    second: Sequence[int] = (),
    comment: str | None = None,
    training: bool = False,
    needed: Collection[str] = (),
    unit: str = "line",
) -> Layout:
    """Name the raw columns of a table, and leave out what is around it.

    `lines` has the number of each row in the file, which `unit` calls a line or a row; `second` are the indexes of rows
    that are further headers, `comment` is the mark of comments above the header. In prediction, no row is left out,
    and the index column stays; in training, an index column stays if it is among the `needed` columns.

    Raises:
        Unacceptable: a column that has values, and is no index, has no name.
    """
    margins = find_margins(frame, names, second, comment=comment, training=training)
    if len(margins.rows) > MAX_LEFT_OUT:
        raise Unacceptable(f"Over {MAX_LEFT_OUT:,} {unit}s of the file are blank or repeat the header; delete them.")
    warnings = [
        f"{unit.capitalize()} {lines[row]} is labelled '{label}', but its numbers are neither sums nor means of the "
        "columns, so it is used as a row; delete it if it is a total."
        for row, label in margins.total_like.items()
        if training
    ]
    left = [each for each in margins.index_columns if training and names[each] not in needed]
    dropped = set(margins.blank_columns) | set(left)
    left_out = _column_sentences(left, margins.blank_columns, names)
    kept = None
    if training and margins.rows:
        left_out = _row_sentences(margins.rows, lines, unit) + left_out
        kept = _kept(margins.rows, frame.height)
        frame = without_rows(frame, margins.rows)
    columns = [index for index in range(frame.width) if index not in dropped]
    frame = frame.select(frame.to_series(index).alias(names[index]) for index in columns)
    problems = {} if training else {row: f"The {unit} is {what}." for row, what in margins.rows.items()}
    return Layout(frame, kept, problems, left_out, warnings)


def _kept(rows: dict[int, str], height: int) -> pl.Series:
    indexes = pl.int_range(height, eager=True, dtype=pl.UInt32)
    return indexes.filter(~indexes.is_in(list(rows)))


def _row_sentences(rows: dict[int, str], lines: Sequence[int], unit: str) -> list[str]:
    by_kind: dict[str, list[int]] = {}
    for row, what in rows.items():
        by_kind.setdefault(what, []).append(lines[row])
    return [
        f"{_numbered(numbers, unit)} {'was' if len(numbers) == 1 else 'were'} left out: {what}."
        for what, numbers in by_kind.items()
    ]


def _numbered(numbers: Sequence[int], unit: str) -> str:
    if len(numbers) == 1:
        return f"{unit.capitalize()} {numbers[0]}"
    if len(numbers) > LISTED:
        return f"{len(numbers):,} {unit}s ({', '.join(map(str, numbers[:LISTED]))}, …)"
    return f"{unit.capitalize()}s {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _column_sentences(index: Sequence[int], blank: Sequence[int], names: Sequence[str]) -> list[str]:
    found = []
    for each in index:
        called = f", '{shorten(names[each])}'," if names[each] else ""
        found.append(f"Column {column_label(each)}{called} was left out: it only numbers or names the rows.")
    if blank:
        labels = [column_label(index) for index in blank[:LISTED]] + (["…"] if len(blank) > LISTED else [])
        if len(blank) == 1:
            found.append(f"Column {labels[0]} was left out: it has neither a name nor values.")
        else:
            listed = f"{', '.join(labels[:-1])} and {labels[-1]}" if labels[-1] != "…" else ", ".join(labels)
            found.append(f"Columns {listed} were left out: they have neither names nor values.")
    return found


def above_sentence(rows: Sequence[tuple[int, Row]], unit: str = "line") -> list[str]:
    """Return the sentence about title and comment rows above the header, given with their numbers."""
    if not rows:
        return []
    texts = [(cells[found[0]] or "").strip() for _, cells in rows[:2] if (found := filled(cells))]
    quoted = ", ".join(f"'{shorten(text, 40)}'" for text in texts)
    plural = "was" if len(rows) == 1 else "were"
    return [f"{_numbered([number for number, _ in rows], unit)} above the header {plural} left out: {quoted}."]
