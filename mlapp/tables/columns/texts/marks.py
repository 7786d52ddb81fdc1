"""Marks of missing values: texts such as `NA`, and numbers such as -999 that the options name."""

from typing import NamedTuple

import polars as pl

from mlapp.schemas import ColumnFormat
from mlapp.tables.columns.conventions import Conventions
from mlapp.tables.columns.conversion import unnamed

TEXT_MARKS = frozenset({"NA", "N/A", "n/a", "#N/A", "NULL", "?"})
"""Texts that mark missing values in every column."""
OTHER_MARKS = TEXT_MARKS | {
    *("null", "None", "none", "nan", "NaN", "-nan", "NaT", "inf", "-inf", "Inf", "-Inf"),
    *("-", "--", ".", "#DIV/0!"),
}
"""Texts that mark missing values in columns that otherwise have numbers, dates or booleans."""


class MarkedText(NamedTuple):
    """A column of text without its marks of missing values."""

    text: pl.Series
    """Null for missing values."""
    found: list[str]
    """The marks that were found, in the order of their code points."""


class Marks(NamedTuple):
    """The marks of missing values in a column."""

    text: frozenset[str]
    """In a column of text."""
    other: frozenset[str]
    """In a column of numbers, dates or booleans."""
    kept: frozenset[str]
    """Texts that are values, although they usually mark missing values."""
    added: frozenset[str]
    """Marks that are none without the options."""


def marks_of(conventions: Conventions, read_as: ColumnFormat | None = None) -> Marks:
    """Return the marks that the options name, and those of the training table."""
    more = conventions.na_values.union(read_as.missing or () if read_as else ())
    kept = conventions.keep_values.union(read_as.kept or () if read_as else ()) - conventions.na_values
    return Marks((TEXT_MARKS | more) - kept, (OTHER_MARKS | more) - kept, kept, more - OTHER_MARKS)


def stripped_without_marks(raw: pl.Series, marks: frozenset[str]) -> MarkedText:
    """Return the column without spaces around the texts, with null for blanks and marks."""
    text = unnamed(raw).str.strip_chars()
    return _without(text, text.is_in(list(marks)) | (text == ""), text)


def without_text_marks(raw: pl.Series, marks: frozenset[str]) -> MarkedText:
    """Return a column of text as it is, with null for blanks and marks."""
    raw = unnamed(raw)
    if (raw < "!").any():
        text = raw.str.strip_chars()
        return _without(raw, text.is_in(list(marks)) | (text == ""), text)
    # Stripping all texts takes longer.
    spaced = [mark + " " for mark in marks]
    return _without(raw, raw.is_in([*marks, *spaced]), raw)


def _without(raw: pl.Series, is_missing: pl.Series, text: pl.Series) -> MarkedText:
    if not is_missing.any():
        return MarkedText(raw, [])
    found = text.filter(is_missing).unique()
    values = pl.select(pl.when(~is_missing).then(raw)).to_series()
    return MarkedText(values, sorted({mark.strip() for mark in found} - {""}))


def null_numbers(values: pl.Series, marks: frozenset[str]) -> MarkedText:
    """Return a column of numbers with null for numbers that mark missing values, such as -999."""
    if not marks:
        return MarkedText(values, [])
    values, texts = unnamed(values), pl.Series(sorted(marks), dtype=pl.String)
    numbers = texts.cast(pl.Float64, strict=False)
    found = pl.DataFrame({"text": texts, "number": numbers}).filter(numbers.is_finite())
    is_missing = values.is_in(found["number"].to_list())
    if not is_missing.any():
        return MarkedText(values, [])
    present = values.filter(is_missing).unique()
    marked = found.filter(found["number"].is_in(present.to_list()))["text"].to_list()
    return MarkedText(pl.select(pl.when(~is_missing).then(values)).to_series(), marked)
