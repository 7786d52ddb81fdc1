"""Frames: encoded rows as what a pipeline was fitted on, a frame of polars or pandas, an array, or texts."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from mlapp.schemas import ColumnType, InputKind
from mlapp.tables.columns.conversion import DAY_US, unnamed

Native = Any
"""A frame of polars or pandas, or an array, as the pipeline's methods take it."""


@dataclass(frozen=True)
class Column:
    """A column of the frame, and where its values are in the matrix of encoded rows."""

    name: str
    type: ColumnType
    values: int
    """Column of the matrix with the encoded values."""
    text: int | None
    """Column of the matrix with the texts; None for numbers, booleans and datetimes."""
    dtype: Any
    """Data type: of polars, or the name of one of pandas."""
    missing: str | float | None
    """What stands for a missing value."""
    categories: tuple[list[str], bool] | None = None
    """Categories of a categorical column of pandas, and whether they are ordered."""

    def series(self, x: np.ndarray) -> pl.Series:
        """Return the values of encoded rows, null for missing ones, with polars' type of the column's kind."""
        if self.text is not None:
            return pl.Series(self.name, x[:, self.text].tolist(), dtype=pl.String)
        numbers = pl.Series(self.name, np.asarray(x[:, self.values], dtype=float), nan_to_null=True)
        if self.type is ColumnType.BOOLEAN:
            return numbers.cast(pl.Boolean)
        if self.type is ColumnType.DATETIME:
            return (unnamed(numbers) * DAY_US).round().cast(pl.Int64).cast(pl.Datetime("us")).alias(self.name)
        return numbers


@dataclass(frozen=True)
class Frames:
    """Makes what a pipeline was fitted on from encoded rows, (rows, columns)."""

    kind: InputKind
    columns: tuple[Column, ...]

    def make(self, x: np.ndarray) -> Native:
        """Return rows as the pipeline takes them, with the names and types of its columns."""
        return _MAKERS[self.kind](self.columns, x)


def _polars_frame(columns: Sequence[Column], x: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame([_polars_column(column, column.series(x)) for column in columns])


def _polars_column(column: Column, values: pl.Series) -> pl.Series:
    dtype = column.dtype
    if column.missing is not None:
        values = unnamed(values).fill_null(column.missing).alias(column.name)
    if column.text is None and dtype.is_integer() and not _fit(values, dtype):
        return values
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        values = unnamed(values).dt.replace_time_zone("UTC").dt.convert_time_zone(dtype.time_zone).alias(column.name)
    return values.cast(dtype, strict=False)


def _pandas_frame(columns: Sequence[Column], x: np.ndarray) -> Native:
    pandas = importlib.import_module("pandas")
    return pandas.DataFrame({column.name: _pandas_column(column, column.series(x), pandas) for column in columns})


def _pandas_column(column: Column, values: pl.Series, pandas: Any) -> Native:
    dtype = column.dtype
    if column.categories:
        categories, ordered = column.categories
        return pandas.Categorical(values.to_list(), categories=categories, ordered=ordered)
    if column.text is not None:
        return pandas.Series([column.missing if value is None else value for value in values], dtype=dtype)
    if column.type is ColumnType.DATETIME:
        moments = pandas.Series(values.to_numpy())
        return (moments.dt.tz_localize("UTC") if "," in dtype else moments).astype(dtype)
    # Only the types with a capital letter have missing values.
    is_plain, has_nulls = dtype.islower() and not dtype.startswith("float"), values.has_nulls()
    if column.type is ColumnType.BOOLEAN:
        cells = [column.missing if value is None else value for value in values]
        return pandas.Series(cells, dtype=object if is_plain and has_nulls else dtype)
    numbers, kind = pandas.Series(values.to_numpy()), _INTEGERS.get(dtype.lower())
    return numbers if kind and ((is_plain and has_nulls) or not _fit(values, kind)) else numbers.astype(dtype)


def _array(columns: Sequence[Column], x: np.ndarray) -> np.ndarray:
    if all(column.text is None for column in columns):
        return np.asarray(x[:, [column.values for column in columns]], dtype=float)
    found = np.empty((len(x), len(columns)), dtype=object)
    for index, column in enumerate(columns):
        values = column.series(x)
        if column.type is ColumnType.INTEGER and _fit(values, pl.Int64()):
            values = values.cast(pl.Int64)
        found[:, index] = [column.missing if value is None else value for value in values]
    return found


def _texts(columns: Sequence[Column], x: np.ndarray) -> np.ndarray:
    return np.array(_array(columns, x)[:, 0], dtype=object)


def _fit(values: pl.Series, integers: pl.DataType) -> bool:
    """Return whether numbers are whole, and within the bounds of a type of integers."""
    numbers = unnamed(values).drop_nulls()
    found = numbers.cast(integers, strict=False)
    return not found.has_nulls() and bool((found.cast(pl.Float64) == numbers).all())


_INTEGERS: dict[str, pl.DataType] = {
    str(kind).lower(): kind
    for kind in (pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.UInt64())
}
"""Types of integers by the lower-case names that pandas has for them."""


_MAKERS: dict[InputKind, Callable[[Sequence[Column], np.ndarray], Native]] = {
    InputKind.POLARS: _polars_frame,
    InputKind.PANDAS: _pandas_frame,
    InputKind.ARRAY: _array,
    InputKind.TEXTS: _texts,
}
