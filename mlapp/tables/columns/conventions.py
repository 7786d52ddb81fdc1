"""Conventions: how numbers and dates of a table are written, where a column alone is ambiguous."""

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from mlapp.schemas import DateOrder, DecimalSign, FileOptions

TEXT_MARKS = frozenset({"NA", "N/A", "n/a", "#N/A", "NULL", "?"})
"""Texts that mark missing values in every column."""
OTHER_MARKS = TEXT_MARKS | {"null", "None", "none", "nan", "NaN", "-", "--", ".", "#DIV/0!", "inf"}
"""Texts that mark missing values in columns that otherwise have numbers, dates or booleans."""


class Conventions(NamedTuple):
    """What the options and all columns of a table say about how its values are written."""

    decimal: DecimalSign | None = None
    date_order: DateOrder | None = None
    delimiter: str | None = None
    is_decimal_given: bool = False
    """Whether `decimal` is an option, which cells must not contradict."""
    is_date_order_given: bool = False
    na_values: frozenset[str] = frozenset()
    keep_values: frozenset[str] = frozenset()


PLAIN = Conventions()


def find_conventions(columns: Iterable[pl.Series], options: FileOptions, delimiter: str | None = None) -> Conventions:
    """Return the conventions of a table from its options and the columns that are not ambiguous."""
    return Conventions(
        options.decimal,
        options.date_order,
        delimiter,
        is_decimal_given=options.decimal is not None,
        is_date_order_given=options.date_order is not None,
        na_values=frozenset(options.na_values),
        keep_values=frozenset(options.keep_values),
    )
