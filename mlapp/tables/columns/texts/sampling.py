"""Samples of text columns: whether they may have numbers, dates or times, as most columns of text have none."""

import re

import polars as pl

from mlapp.schemas import ColumnType
from mlapp.tables.columns.conventions import Conventions
from mlapp.tables.columns.conversion import convert_plain, spread
from mlapp.tables.columns.dates import DateReading, are_dates, convert_dates, date_evidence, infer_dates
from mlapp.tables.columns.numbers.digits import PARTS
from mlapp.tables.columns.numbers.formats import infer_numbers
from mlapp.tables.columns.numbers.units import possible_units
from mlapp.tables.columns.times import infer_durations

DIGIT = "[0-9]"
SAMPLE_ROWS = 500
FEW_ROWS = 20
MAX_WORDS = 0.2
"""A column with a larger share of words without digits in a sample is text."""
MAX_INVALID = 0.2
"""A column with a larger share of values in a sample that are no numbers is not read as numbers."""
NUMBER = re.compile(PARTS)
DATE_OR_TIME = re.compile(r"[0-9][^0-9]+[0-9]|[0-9]\s?[ap]\.?m\b|[^\W\d]{3}\.?,?[ '-]+[0-9]{2,4}$", re.IGNORECASE)
"""Texts with two numbers, times such as `5 PM`, and months such as `May 2024` and `Jan-24`."""


def is_word(text: pl.Series) -> pl.Series:
    """Return true for texts without digits, and false for missing values."""
    return text.is_not_null() & ~text.str.contains(DIGIT).fill_null(value=False)


def may_be_quantities(sample: pl.Series, name: str, conventions: Conventions) -> bool:
    """Return whether a column may be of numbers, dates or times, by a sample of its values."""
    values = sample.filter(~is_word(sample))
    if len(sample) - len(values) > MAX_WORDS * len(sample):
        return False
    if not convert_plain(values, ColumnType.NUMBER)[1].any():
        return True
    few = spread(values, FEW_ROWS)
    if sum(not _may_be_quantity(text) for text in few) > MAX_INVALID * len(few):
        return False
    number = infer_numbers(values, conventions)
    if number.is_near or int(number.invalid.sum()) <= MAX_INVALID * len(values):
        return True
    if int(read_dates(values, conventions).invalid.sum()) <= MAX_INVALID * len(values):
        return True
    return bool(infer_dates(values, name, conventions) or infer_durations(values)) or are_dates(values)


def read_dates(text: pl.Series, conventions: Conventions) -> DateReading:
    """Return the dates of a column that may have other values, too."""
    order = date_evidence(text) or conventions.date_order or "dmy"
    return convert_dates(text, conventions.of_dates(order))


def _may_be_quantity(text: str) -> bool:
    number = NUMBER.match(text)
    if number and possible_units(number["prefix"] or "", number["suffix"] or ""):
        return True
    return bool(DATE_OR_TIME.search(text))
