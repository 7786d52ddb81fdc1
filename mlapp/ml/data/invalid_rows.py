"""Rows that cannot be predicted: the errors about them, and their reasons in the column `problem` of a file."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from mlapp.errors import MAX_REPORTED, Unacceptable, shorten
from mlapp.schemas import ColumnType, Feature
from mlapp.tables.columns.conversion import MAX_MAGNITUDE
from mlapp.tables.table import Table

EXPECTED_VALUES = {
    ColumnType.NUMBER: "a number",
    ColumnType.INTEGER: "a number",
    ColumnType.BOOLEAN: "true or false, or yes or no",
    ColumnType.DATETIME: "a date or time such as 2024-01-31 or 2024-01-31T10:00:00Z",
    ColumnType.CATEGORY: "a text",
    ColumnType.TEXT: "a text",
}
LACKS = "{place} lacks the feature '{name}'; send its value, or null if it is not known."
MAX_NAMED = 5
"""Missing columns that the detail of an error names; all are in its `errors`."""


class InvalidCells(NamedTuple):
    """The cells of a feature for which rows cannot be predicted."""

    feature: Feature
    column: str
    """The column that was read for the feature; empty if the problem is that of the whole row."""
    rows: np.ndarray
    """Indices, ascending."""
    texts: pl.Series | None
    """The values as text; None if the rows lack the feature."""
    why: str | None = None
    """Why a pipeline that was fitted elsewhere cannot predict them, in place of `texts`."""

    def without(self, rows: np.ndarray) -> "InvalidCells":
        """Return the cells that are not in `rows`."""
        kept = ~np.isin(self.rows, rows)
        texts = None if self.texts is None else self.texts.filter(pl.Series(kept))
        return self._replace(rows=self.rows[kept], texts=texts)

    def detail(self, table: Table, row: int, text: str | None) -> str:
        """Return the error about a cell."""
        name = shorten(self.column)
        if text is None and self.why is None:
            return LACKS.format(place=table.place(row), name=name)
        what = "feature" if table.lines is None else "column"
        where = f"{table.place(row)}, {what} '{name}'" if self.column else table.place(row)
        return f"{where}{self._reason(text)}"

    def reasons(self) -> pl.Series:
        """Return why each of the rows cannot be predicted."""
        name = shorten(self.column)
        if self.texts is None:
            why = f"'{name}' {self.why or 'is absent'}" if self.column else f"It {self.why}"
            return pl.Series([f"{why}."]).new_from_index(0, len(self.rows))
        texts = self.texts.unique().to_list()
        reasons = [f"'{name}': {_reason(self.feature, text)}" for text in texts]
        return self.texts.replace_strict(texts, reasons, return_dtype=pl.String)

    def _reason(self, text: str | None) -> str:
        return f" {self.why}." if text is None else f": {_reason(self.feature, text)}"


def problems_of(table: Table, invalid: Sequence[InvalidCells]) -> pl.Series | None:
    """Return why rows of a table cannot be predicted, (rows,), null for all others; None if all can be."""
    if not invalid and not table.problems:
        return None
    problems = pl.repeat(None, table.height, dtype=pl.String, eager=True)
    problems = problems.scatter(list(table.problems), list(table.problems.values()))
    for cells in invalid:
        both = pl.DataFrame({"earlier": problems.gather(cells.rows), "reason": cells.reasons()})
        joined = both.select(pl.concat_str("earlier", "reason", separator=" ", ignore_nulls=True)).to_series()
        problems = problems.scatter(cells.rows, joined)
    return problems


def reject_rows(table: Table, invalid: Sequence[InvalidCells]) -> None:
    """Raise `Unacceptable` about the first invalid cells, if there are any, in the order of their rows."""
    if not invalid:
        return
    cells = []
    for found in invalid:
        first = [None] * MAX_REPORTED if found.texts is None else found.texts[:MAX_REPORTED].to_list()
        cells += [(row, found, text) for row, text in zip(found.rows[:MAX_REPORTED].tolist(), first, strict=False)]
    cells = sorted(cells, key=lambda cell: cell[0])[:MAX_REPORTED]
    errors = [
        {"detail": found.detail(table, row, text), "pointer": table.pointer(row, found.column)}
        for row, found, text in cells
    ]
    detail = errors[0]["detail"]
    if table.lines is not None and (more := len(np.unique(np.concatenate([found.rows for found in invalid]))) - 1):
        detail += (
            f" {more:,} more {'row' if more == 1 else 'rows'} cannot be predicted; 'bad_rows=skip' predicts all others."
        )
    raise Unacceptable(detail, errors)


def require_columns(table: Table, missing: Sequence[str]) -> None:
    """Raise `Unacceptable` about the features that are in no row of a table, if there are any."""
    if not missing:
        return
    if table.records is not None:
        details = [LACKS.format(place="Row 0", name=shorten(name)) for name in missing]
        detail = details[0]
    else:
        details = [f"The table lacks the column '{shorten(name)}'." for name in missing]
        named = ", ".join(f"'{shorten(name)}'" for name in missing[:MAX_NAMED])
        more = f" and {len(missing) - MAX_NAMED:,} more" if len(missing) > MAX_NAMED else ""
        columns = "columns" if len(missing) > 1 else "column"
        detail = f"The table lacks the {columns} {named}{more}; cells may be empty where a value is not known."
    pointers = [table.pointer(0, name) for name in missing]
    raise Unacceptable(detail, [{"detail": d, "pointer": p} for d, p in zip(details, pointers, strict=True)])


def _reason(feature: Feature, text: str) -> str:
    """Return why a value is not of the type of a feature."""
    shown = shorten(text)
    if feature.type in (ColumnType.NUMBER, ColumnType.INTEGER) and not math.isnan(number := _number(text)):
        if abs(number) > MAX_MAGNITUDE:
            return f"'{shown}' is beyond ±1e38."
        return f"'{shown}' has more digits than a 64-bit float; send it rounded, such as {number:.15g}."
    if feature.read_as and feature.read_as.words:
        return f"'{shown}' is none of {', '.join(map(shorten, feature.read_as.words))}."
    return f"'{shown}' is not {EXPECTED_VALUES[feature.type]}."


def _number(text: str) -> float:
    """Return the number in a text; NaN if it is none, or was not read for another reason than its size."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if abs(number) >= 2**53 else math.nan
