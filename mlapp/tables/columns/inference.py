"""Type inference: the narrowest type of a column, and how its values are written."""

from typing import NamedTuple

import polars as pl

from mlapp.schemas import ColumnFormat, ColumnType
from mlapp.tables.columns import conversion
from mlapp.tables.columns.conventions import PLAIN, Conventions


class InferredColumn(NamedTuple):
    """A column with its type."""

    type: ColumnType
    values: pl.Series
    """Converted to the type; null for missing values."""
    read_as: ColumnFormat | None
    """How its values are written; None if they are plain."""
    warnings: list[str]
    """What was ambiguous or stands in the way of a narrower type, as sentences."""


class ConvertedColumn(NamedTuple):
    """A column that was converted to a type."""

    values: pl.Series
    """Null for missing and invalid values."""
    invalid: pl.Series
    """True for values that are not of the type."""
    odd: pl.Series
    """True for words without digits in a column of numbers or dates, which count as missing."""


def infer_column(raw: pl.Series, conventions: Conventions = PLAIN, kind: ColumnType | None = None) -> InferredColumn:
    """Infer type and format of a whole column; `kind` overrules the type.

    Raises:
        Unacceptable: values are not of the type `kind`, or numbers are beyond ±1e38.
    """
    found, values = conversion.infer_type(raw)
    return InferredColumn(kind or found, values, None, [])


def convert_column(
    raw: pl.Series, kind: ColumnType, read_as: ColumnFormat | None = None, conventions: Conventions = PLAIN
) -> ConvertedColumn:
    """Convert a column to a type by its own evidence; `read_as` decides what is ambiguous."""
    values, invalid = conversion.convert_column(raw, kind)
    return ConvertedColumn(values, invalid, invalid & False)
