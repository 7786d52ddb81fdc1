"""Evidence of conventions: what the columns of a table say about each other."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import polars as pl

from mlapp.schemas import DecimalSign, FileOptions
from mlapp.tables.columns.conventions import Conventions
from mlapp.tables.columns.conversion import spread
from mlapp.tables.columns.dates import date_evidence
from mlapp.tables.columns.numbers.digits import (
    AFFIX_SEPARATOR,
    GROUPS_OF_THREE,
    DecimalEvidence,
    decimal_evidence,
    split_numbers,
)
from mlapp.tables.columns.numbers.units import possible_units
from mlapp.tables.columns.texts.marks import OTHER_MARKS

Value = TypeVar("Value")

SAMPLE_ROWS = 200
MIN_SHARE = 0.8
"""Share of the values with a point or comma that must be numbers for a column to be evidence."""
NONE = DecimalEvidence(0, 0, 0, 0)
AMERICAN = r"(?i)^\s*[-(]?\s?\$\s?[0-9]|[0-9]\s?[ap]\.?m\.?\s*$"
"""Amounts in dollars, and times with AM or PM."""


def find_conventions(
    columns: Iterable[pl.Series], options: FileOptions, delimiter: str | None = None, *, is_file: bool = True
) -> Conventions:
    """Return the conventions of a table from its options and the columns that are not ambiguous.

    Evidence is a sample of each column; whole columns are searched only if some numbers of the samples are ambiguous.
    """
    texts = [column.alias("") for column in columns if column.dtype == pl.String] if is_file else []
    samples = [spread(text, SAMPLE_ROWS).drop_nulls() for text in texts]
    plain = [_are_plain(sample) for sample in samples]
    others = [sample for sample, is_plain in zip(samples, plain, strict=True) if not is_plain]
    return Conventions(
        options.decimal or _find_decimal(texts, samples, plain),
        options.date_order or _only({date_evidence(sample) for sample in others}),
        delimiter,
        is_decimal_given=options.decimal is not None,
        is_date_order_given=options.date_order is not None,
        na_values=frozenset(mark.strip() for mark in options.na_values),
        keep_values=frozenset(mark.strip() for mark in options.keep_values),
        is_american=any(bool(sample.str.contains(AMERICAN).any()) for sample in others),
        is_file=is_file,
    )


def _find_decimal(
    texts: Sequence[pl.Series], samples: Sequence[pl.Series], plain: Sequence[bool]
) -> DecimalSign | None:
    """Return the decimal sign of the numbers in texts: a comma if any column has decimal commas; None without any."""
    found = [_evidence(sample, is_plain=is_plain) for sample, is_plain in zip(samples, plain, strict=True)]
    if not any(column.decimal for column in found) and any(column.is_ambiguous for column in found):
        present = [text.drop_nulls() for text in texts]
        found = [_evidence(text, is_plain=_are_plain(text)) for text in present]
    return max((column.decimal for column in found if column.decimal), key=",".__eq__, default=None)


def _are_plain(present: pl.Series) -> bool:
    """Return whether all texts are plain numbers, which would take long to take apart."""
    return present.cast(pl.Float64, strict=False).null_count() == 0


def _only(found: set[Value | None]) -> Value | None:
    """Return the only value besides None; None if there are several."""
    values = found - {None}
    return values.pop() if len(values) == 1 else None


def _evidence(present: pl.Series, *, is_plain: bool) -> DecimalEvidence:
    """Count the decimal signs of a column that is mostly numbers."""
    if is_plain:
        pointed = present.filter(present.str.contains(".", literal=True))
        ambiguous = int(pointed.str.contains(GROUPS_OF_THREE).sum())
        return NONE._replace(points=len(pointed) - ambiguous, ambiguous_points=ambiguous)
    if not present.str.contains("[0-9][.,]|[.,][0-9]").any():
        return NONE
    text = present.str.strip_chars()
    text = text.filter(~text.is_in(list(OTHER_MARKS)) & (text != ""))
    parts = split_numbers(text)
    known = [affix for affix in parts["affix"].unique() if possible_units(*affix.split(AFFIX_SEPARATOR))]
    digits = parts["digits"].filter(parts["affix"].is_in(known)).drop_nulls()
    evidence = decimal_evidence(digits)
    is_mostly_numbers = evidence.numbers >= MIN_SHARE * len(text.filter(text.str.contains("[.,]")))
    return evidence if is_mostly_numbers else NONE
