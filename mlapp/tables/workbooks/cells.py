"""Cells of a sheet as typed columns; columns of several types become text, as in a CSV."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from mlapp.tables.columns.conversion import format_categories, is_whole
from mlapp.tables.columns.times import in_seconds

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

Cell = int | float | str | bool | time | date | datetime | timedelta
"""The value of a cell; an empty text if it is empty or an error."""

CHUNK_ROWS = 5_000
"""Rows that are Python objects at a time."""
DTYPES: dict[type, pl.DataType] = {
    int: pl.Float64(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    str: pl.String(),
    date: pl.Date(),
    datetime: pl.Datetime("us"),
    time: pl.Time(),
    timedelta: pl.Duration("us"),
}
SECONDS = (pl.Time(), pl.Duration("us"))
MICROSECONDS_PER_SECOND = 1_000_000


def read_columns(sheet: "CalamineSheet", skip: int) -> tuple[list[pl.Series], list[bool]]:
    """Return the columns of the cells below the first `skip` rows of a sheet, up to the last row with a value.

    They are text, numbers, booleans, dates, or times and durations; also return whether each has text besides others.
    """
    rows = islice(sheet.iter_rows(), skip, None)
    parts: list[list[_Part]] = [[] for _ in range(sheet.width)]
    while chunk := list(islice(rows, CHUNK_ROWS)):
        for part, cells in zip(parts, zip(*chunk, strict=True), strict=True):
            part.append(_column(cells))
    kinds = [{kind for part in column for kind in part.kinds} for column in parts]
    columns = [_concat([part.values for part in column]) for column in parts]
    # Formulas with empty texts may follow the last row that people see.
    last = [index[-1] for column in columns if len(index := column.is_not_null().arg_true())]
    height = max(last, default=-1) + 1
    is_mixed = [len(kind) > 1 and column.dtype == pl.String for kind, column in zip(kinds, columns, strict=True)]
    return [column.head(height) for column in columns], is_mixed


def read_head(sheet: "CalamineSheet", count: int) -> list[list[str | None]]:
    """Return the first rows as text, beginning at the first one with a cell."""
    columns = [_as_text(_column(cells).values).to_list() for cells in zip(*sheet.to_python(nrows=count), strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def as_seconds(column: pl.Series) -> pl.Series:
    """Return times and durations as numbers of seconds."""
    count = column.cast(pl.Duration("us")).cast(pl.Int64)
    return pl.select(in_seconds(pl.lit(count), MICROSECONDS_PER_SECOND)).to_series()


class _Part(NamedTuple):
    """Some cells of a column, and the types in which they are in the workbook."""

    values: pl.Series
    kinds: set[pl.DataType]


def _column(cells: Sequence[Cell]) -> _Part:
    present: Sequence[Cell | None] = cells
    kinds: set[type] = set(map(type, cells))
    if str in kinds:
        present = [None if cell == "" else cell for cell in cells]
        kinds = set(map(type, present)) - {type(None)}
    dtypes = {DTYPES[kind] for kind in kinds}
    if len(dtypes) < 2:
        return _Part(pl.Series(present, dtype=next(iter(dtypes), pl.Null())), dtypes)
    common = _common(dtypes)
    parts = [
        _cast(pl.Series([cell if DTYPES.get(type(cell)) == dtype else None for cell in present], dtype=dtype), common)
        for dtype in dtypes
    ]
    return _Part(pl.select(pl.coalesce(parts)).to_series(), dtypes)


def _concat(parts: list[pl.Series]) -> pl.Series:
    common = _common({part.dtype for part in parts})
    column = pl.concat([pl.Series(dtype=common), *(_cast(part, common) for part in parts)], rechunk=True)
    if column.dtype == pl.Float64 and is_whole(column).all():
        # Workbooks have no integers, and the category 1 must not become 1.0.
        return column.cast(pl.Int64)
    return column


def _common(dtypes: set[pl.DataType]) -> pl.DataType:
    """Return the type that holds the values of several types."""
    some = dtypes - {pl.Null()}
    if len(some) == 1:
        return some.pop()
    if some == {pl.Date(), pl.Datetime("us")}:
        return pl.Datetime("us")
    return pl.Duration("us") if some == set(SECONDS) else pl.String()


def _cast(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    return _as_text(column) if dtype == pl.String else column.cast(dtype)


def _as_text(column: pl.Series) -> pl.Series:
    """Return values as they would be written in a CSV: numbers by their shortest digits, dates by ISO 8601."""
    if column.dtype == pl.Time:
        return column.dt.strftime("%H:%M:%S%.f")
    if column.dtype == pl.Duration:
        return pl.Series([value and _clock(value) for value in column], dtype=pl.String)
    return format_categories(column)


def _clock(value: timedelta) -> str:
    """Return a duration as `[h]:mm:ss`."""
    minutes, seconds = divmod(abs(value), timedelta(minutes=1))
    sign = "-" if value < timedelta() else ""
    text = f"{seconds.total_seconds():09.6f}".rstrip("0").rstrip(".")
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{text}"
