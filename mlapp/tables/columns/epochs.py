"""Dates as numbers: Unix times, serial dates of Excel and compact dates such as 20240131."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import polars as pl

from mlapp.tables.columns.date_parts import DATETIME, date_of

UNITS_NS = {"epoch_s": 1_000_000_000, "epoch_ms": 1_000_000, "epoch_us": 1_000, "epoch_ns": 1}
"""Nanoseconds of the units of Unix times by code."""
NUMBER_CODES = (*UNITS_NS, "excel", "yyyymmdd")
EXCEL_DAY_0 = -25_569
"""Day 0 of Excel's dates since March 1900, in days since 1970-01-01."""
PLAUSIBLE_NS, CONVERTED_NS = (
    tuple(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 10**9 for year in years)
    for years in ((1990, 2100), (1900, 2200))
)
EXCEL_SERIALS, COMPACT_DATES = (20_000, 80_000), (1900_01_01, 2100_12_31)
DATE_WORDS = frozenset({"date", "datum", "fecha", "data", "dato", "day", "dob", "birthday"})
TIME_WORDS = DATE_WORDS | {
    *("time", "datetime", "timestamp", "ts", "epoch", "unix", "created", "updated", "modified", "posted", "published"),
    *("seen", "when", "at", "zeit", "zeitpunkt", "zeitstempel", "uhrzeit", "heure", "hora", "ora", "tijd"),
}
ENDS = re.compile(r"(?<!up)(?<!candi)(?<!man)(?<!vali)(?:date|datum)$|(?:time|timestamp|zeit)$")
"""Ends of compounds such as `startdate` and `Bestelldatum`."""


class EpochReading(NamedTuple):
    """A column of numbers that was read as dates."""

    values: pl.Series
    """UTC datetimes; null for missing values."""
    dates: str
    """`epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, `excel` or `yyyymmdd`."""


def infer_epochs(numbers: pl.Series, name: str) -> EpochReading | None:
    """Read a column of numbers as dates, if both its name and all its values say so.

    Unix times are between 1990 and 2100, whole unless in seconds; serial dates of Excel between 1954 and 2119, compact
    dates between 1900 and 2100.
    """
    words = {word.lower() for word in re.findall(r"[A-Z]?[^\W\d_A-Z]+|[^\W\d_]+", name)}
    if numbers.null_count() == len(numbers) or not (words & TIME_WORDS or any(map(ENDS.search, words))):
        return None
    found = numbers.drop_nulls().to_numpy()
    low, high = found.min().item(), found.max().item()
    is_whole = bool((found == np.floor(found)).all())
    for code, unit in UNITS_NS.items():
        if (is_whole or code == "epoch_s") and PLAUSIBLE_NS[0] <= low * unit and high * unit < PLAUSIBLE_NS[1]:
            return EpochReading(convert_epochs(numbers, code), code)
    if not (words & DATE_WORDS or any(ends.group().startswith("dat") for ends in map(ENDS.search, words) if ends)):
        return None
    if EXCEL_SERIALS[0] <= low and high <= EXCEL_SERIALS[1]:
        return EpochReading(convert_epochs(numbers, "excel"), "excel")
    if is_whole and COMPACT_DATES[0] <= low and high <= COMPACT_DATES[1]:
        values = convert_epochs(numbers, "yyyymmdd")
        return EpochReading(values, "yyyymmdd") if values.null_count() == numbers.null_count() else None
    return None


def convert_epochs(numbers: pl.Series, dates: str) -> pl.Series:
    """Convert numbers to datetimes by the code of a column; null for numbers that are no dates from 1900 to 2199."""
    number = pl.lit(numbers.alias(""))
    if dates == "yyyymmdd":
        whole = pl.when(number.is_between(*COMPACT_DATES), number == number.floor()).then(number).cast(pl.Int32)
        return pl.select(date_of(whole // 10_000, whole // 100 % 100, whole % 100)).to_series()
    unit = UNITS_NS.get(dates)
    if unit is None:
        # Milliseconds, as fractions of days are inexact beyond.
        ms = ((number + EXCEL_DAY_0) * 86_400_000).round()
        us = pl.when(number.is_between(1, 110_000)).then(ms).cast(pl.Int64) * 1_000
    else:
        is_date = number.is_between(CONVERTED_NS[0] / unit, CONVERTED_NS[1] / unit, closed="left")
        number = pl.when(is_date).then(number)
        us = (number * (unit // 1_000)).round().cast(pl.Int64) if unit > 1 else number.cast(pl.Int64) // 1_000
    return pl.select(us.cast(DATETIME)).to_series()
