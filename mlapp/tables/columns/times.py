"""Columns of times of day and durations, as numbers of seconds."""

from typing import NamedTuple

import polars as pl

from mlapp.tables.columns.date_parts import clock_us, match_patterns

DURATION, MINUTES_FIRST = "duration", "duration_mm_ss"
"""Codes of durations: `4:15` is hours and minutes in the first, minutes and seconds in the second."""
DAY_S = 86_400
NS_PER_SECOND = 1_000_000_000
SIGN, HALF = r"(?P<sign>[+-])?", r"(?P<half>[ap]\.?m\.?)"
SECONDS = r"(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?"
UNITS = {
    "weeks": ("w|wks?|weeks?|wochen?", 7 * DAY_S),
    "days": ("d|days?|tage?n?|jours?|dias?", DAY_S),
    "hours": ("h|hrs?|hours?|std|stunden?|heures?|horas?", 3_600),
    "minutes": ("m|mins?|minutes?|minuten?|minutos?", 60),
    "seconds": ("s|secs?|seconds?|sek|sekunden?|secondes?|segundos?", 1),
}
"""Names and seconds of units of time."""
DAYS = rf"(?:(?P<days>[0-9]{{1,6}})\s?(?:{UNITS['days'][0]})[\s,]*)?"
PATTERNS = (
    rf"^{SIGN}{DAYS}(?P<hour>[0-9]{{1,6}}):(?P<minute>[0-9]{{2}})(?::{SECONDS})?(?:\s?uhr|\s?h)?$",
    rf"^{SIGN}(?P<minute>[0-9]{{1,6}}):{SECONDS}$",
    rf"^(?P<hour>[0-9]{{1,2}})(?::(?P<minute>[0-9]{{2}})(?::{SECONDS})?)?\s*{HALF}$",
    rf"^{SIGN}"
    + "".join(
        rf"(?:(?P<{name}>[0-9]{{1,9}}(?:[.,][0-9]{{1,9}})?)\s?(?:{words})\.?(?:[\s,]+(?:and|und|et|y)\s)?[\s,]*)?"
        for name, (words, _) in UNITS.items()
    )
    + "$",
)
GROUPS = ("sign", "hour", "minute", "second", "fraction", "half", *UNITS)
TIMES = {
    **dict.fromkeys(("seconds", DURATION, MINUTES_FIRST), pl.Float64()),
    **dict.fromkeys(("has_hours", "has_fraction", "is_clear"), pl.Boolean()),
}
HEAD_ROWS = 1_000
"""Values that are parsed first, as a few values rule out most columns."""
REWRITES = (
    (r"^([0-9]{1,6})\s?h\s?([0-9]{2})$", "$1:$2"),
    # ISO 8601 without years and months, which have no fixed length.
    (r"^([+-]?)p((?:[0-9]+w)?(?:[0-9]+d)?)(?:t([0-9.,hms]+))?$", "$1$2$3"),
)


def in_seconds(count: pl.Expr, per_second: int) -> pl.Expr:
    """Return a count of fractions of a second as seconds, equal to those of a text such as `1:02:00.5`."""
    # Split, as polars multiplies by the inverse of a constant: 3,720 s became 3720.0000000000005.
    fraction = count % per_second * (NS_PER_SECOND // per_second)
    return count // per_second + fraction / NS_PER_SECOND


class DurationReading(NamedTuple):
    """A column that was read as times of day or durations."""

    values: pl.Series
    """Seconds; null for missing and invalid values."""
    invalid: pl.Series
    """True for texts that are no times."""
    dates: str
    """`duration`, or `duration_mm_ss` where `4:15` is minutes and seconds."""


def infer_durations(text: pl.Series, prior: str | None = None) -> DurationReading | None:
    """Read a column of texts as times of day or durations; None if it has none, or any other value with digits.

    Numbers with one unit, such as `30m`, are durations only beside others, such as `2h 30m`.
    """
    text = text.alias("")
    for rows in (text.head(HEAD_ROWS), text):
        times = _parse(rows)
        found = _reading(rows, times, prior if prior in (DURATION, MINUTES_FIRST) else _code(times))
        if rows.filter(found.invalid).str.contains(r"[0-9]").any():
            return None
    return found if times["is_clear"].any() else None


def convert_durations(text: pl.Series, prior: str | None = DURATION) -> DurationReading:
    """Convert a column of texts to seconds by the code of the column, each value alone."""
    text = text.alias("")
    return _reading(text, _parse(text), prior or DURATION)


def _reading(text: pl.Series, times: pl.DataFrame, code: str) -> DurationReading:
    values = times.select(pl.coalesce("seconds", code)).to_series().alias("")
    return DurationReading(values, values.is_null() & text.is_not_null(), code)


def _code(times: pl.DataFrame) -> str:
    """Return whether pairs such as `4:15` are hours and minutes, or minutes and seconds as the other times show."""
    pairs = times[DURATION].drop_nulls()
    is_minutes = times["has_fraction"].any() or (times["has_hours"].any() and (pairs >= DAY_S).any())
    return MINUTES_FIRST if len(pairs) and is_minutes else DURATION


def _parse(text: pl.Series) -> pl.DataFrame:
    """Return the seconds of times.

    Returns:
        `seconds`: times that have one meaning; `duration` and `duration_mm_ss`: pairs such as `4:15`, by each code.
        `has_hours` is true for `1:04:15`, `has_fraction` for `4:15.3`, `is_clear` for all but numbers with one unit.
    """
    text = text.str.to_lowercase()
    for pattern, replacement in REWRITES:
        text = text.str.replace(pattern, replacement)
    return match_patterns(text, PATTERNS, _seconds, TIMES)


def _seconds(parts: pl.DataFrame) -> pl.DataFrame:
    """Return the times of the parts that a pattern found."""
    parts = parts.with_columns(pl.lit(None, pl.String).alias(group) for group in GROUPS if group not in parts.columns)
    number = pl.col("hour", "minute", "second").cast(pl.Int64)
    units = [
        pl.col(name).str.replace(",", ".", literal=True).cast(pl.Float64) * seconds
        for name, (_, seconds) in UNITS.items()
    ]
    fraction = pl.col("fraction").str.pad_end(9, "0").cast(pl.Int64)
    parts = parts.select(
        *(number, fraction, "sign", "half"),
        clock_us=clock_us(),
        units=pl.sum_horizontal(units),
        count=pl.sum_horizontal(unit.is_not_null() for unit in units),
    )
    hour, minute, second, half = (pl.col(name) for name in ("hour", "minute", "second", "half"))
    has_units = pl.col("count") > 0
    is_pair = hour.is_not_null() & second.is_null() & half.is_null() & ~has_units
    second = pl.when(hour.is_not_null(), has_units).then(second.fill_null(0)).otherwise(second)
    has_fraction = hour.is_null() & second.is_not_null()
    clock_s = (
        pl.when(half.is_not_null())
        .then(in_seconds(pl.col("clock_us"), 1_000_000))
        .when(second < 60, has_fraction | (minute < 60))
        .then(((hour.fill_null(0) * 60 + minute) * 60 + second) + pl.col("fraction").fill_null(0) / NS_PER_SECOND)
    )
    pair = pl.when(is_pair, minute < 60)
    is_time = hour.is_not_null() | has_fraction
    sign = pl.when(pl.col("sign") == "-").then(-1.0).otherwise(1.0)
    return parts.select(
        seconds=pl.when(is_time).then(clock_s + pl.col("units")).when(pl.col("count") > 0).then(pl.col("units")) * sign,
        duration=pair.then((hour * 60 + minute) * 60) * sign,
        duration_mm_ss=pair.then(hour * 60 + minute) * sign,
        has_hours=hour.is_not_null() & second.is_not_null(),
        has_fraction=has_fraction,
        is_clear=is_time | (pl.col("count") > 1),
    )
