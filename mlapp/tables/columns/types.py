"""Column types: one set of rules, whichever door a column came through.

A raw column is text, numbers, booleans or dates, as its format had it. Its type is the narrowest one that
every value converts to without loss, so that `1` in a CSV, `1` in JSON and `1.0` in Parquet are the same.
What no other type takes whole, `00123` or whole numbers beyond ±2⁵³, stays text: a category.
"""

import polars as pl

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.schemas import ColumnType

NUMBER = r"^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$"
NAN = r"^[+-]?(?i:nan)$"
DATETIME = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"
ZONE = r"(?:Z|[+-]\d{2}:?\d{2})$"
MAX_EXACT_INTEGER = 2.0**53
"""Whole numbers up to here are exact as 64-bit floats (IEEE 754)."""

HEAD = 1_000
"""Values that are looked at first: most columns show in a few what they are not."""

DAY_US = 86_400_000_000
MAX_MAGNITUDE = 1e38
"""Numbers up to here fit the 32-bit floats that trees split on."""

DTYPES: dict[ColumnType, pl.DataType] = {
    ColumnType.NUMBER: pl.Float64(),
    ColumnType.INTEGER: pl.Float64(),
    ColumnType.BOOLEAN: pl.Boolean(),
    ColumnType.CATEGORY: pl.String(),
    ColumnType.DATETIME: pl.Datetime("us"),
}
"""What a converted column is made of; integers are floats, which hold them exactly and gaps as well."""


def convert_column(raw: pl.Series, kind: ColumnType) -> tuple[pl.Series, pl.Series]:
    """Convert a raw column to a type.

    Returns the converted column, with null for gaps and for values that do not convert, and a boolean
    column of the same length that is true where a value does not convert. `integer` takes what `number`
    takes; whether the values are whole is for the caller to judge.
    """
    filled = _gaps(unnamed(raw))
    converted = unnamed(_CONVERTERS[kind](filled))
    bad = converted.is_null() & filled.is_not_null()
    if kind in (ColumnType.NUMBER, ColumnType.INTEGER) and filled.dtype == pl.String and bad.any():
        # A gap, too, but too rare to be sought in every column.
        bad &= ~filled.str.contains(NAN)
    return converted.alias(raw.name), bad


def infer_type(raw: pl.Series) -> tuple[ColumnType, pl.Series]:
    """Return the narrowest type that holds every value, and the column converted to it.

    Raises:
        Unacceptable: the column is one of numbers, but for some that are infinite or beyond ±1e38.
    """
    for kind in (ColumnType.BOOLEAN, ColumnType.NUMBER, ColumnType.DATETIME):
        if _cannot_be(raw.head(HEAD), kind):
            continue
        converted, bad = convert_column(raw, kind)
        if kind is ColumnType.NUMBER:
            _refuse_huge(raw, bad)
        if not bad.any() and converted.null_count() < len(raw):
            return (ColumnType.INTEGER if kind is ColumnType.NUMBER and is_whole(converted).all() else kind), converted
    return ColumnType.CATEGORY, convert_column(raw, ColumnType.CATEGORY)[0]


def _cannot_be(head: pl.Series, kind: ColumnType) -> bool:
    """Return whether one of these values rules a type out; one that is merely too large does not."""
    bad = convert_column(head, kind)[1]
    return bool(bad.any()) and not (kind is ColumnType.NUMBER and _all_huge(unnamed(head).filter(bad)))


def is_whole(numbers: pl.Series) -> pl.Series:
    """Return true where a number is whole and small enough to be exact, and null for gaps."""
    numbers = unnamed(numbers)
    return (numbers == numbers.floor()) & (numbers.abs() < MAX_EXACT_INTEGER)


def format_values(values: pl.Series) -> pl.Series:
    """Return the values of a column as a CSV spells them."""
    if values.dtype == pl.Datetime:
        return unnamed(values).dt.strftime("%Y-%m-%dT%H:%M:%S%.f").str.strip_suffix("T00:00:00")
    return values.cast(pl.String)


def unnamed(column: pl.Series) -> pl.Series:
    """Return the column without its name, which polars' methods would take for a pattern if it is one like `^x$`."""
    return column.alias("")


def _gaps(raw: pl.Series) -> pl.Series:
    """Return the column with null for every way to leave a cell out: null, NaN, an empty text."""
    if raw.dtype == pl.String:
        return pl.select(pl.when(raw != "").then(raw)).to_series()
    return raw.fill_nan(None) if raw.dtype.is_float() else raw


def _number(raw: pl.Series) -> pl.Series:
    if raw.dtype == pl.String:
        numbers = _spelled(raw)
    elif raw.dtype.is_numeric():
        numbers = raw.cast(pl.Float64)
    else:
        return _nothing(raw, ColumnType.NUMBER)
    exact = numbers.abs() <= MAX_MAGNITUDE
    if not raw.dtype.is_float() and (numbers.abs() >= MAX_EXACT_INTEGER).any():
        # A float is what it is, but digits that were written out must not be rounded away.
        exact &= (numbers.abs() < MAX_EXACT_INTEGER) | _is_float_text(raw)
    # Some formats know no sign on zero, so there is none here.
    return pl.select(pl.when(numbers == 0).then(0.0).when(exact).then(numbers)).to_series()


def _spelled(raw: pl.Series) -> pl.Series:
    """Return the numbers that texts spell, null where a text is none.

    polars also takes leading zeros, inf and nan for numbers, but no spaces. Where there are none of those, nothing
    has to be looked at by a pattern, which takes longer than to read it.
    """
    numbers = raw.cast(pl.Float64, strict=False)
    if numbers.null_count() == raw.null_count() and not _any_padded(raw) and numbers.is_finite().all():
        return numbers
    text = raw.str.strip_chars()
    return pl.select(pl.when(text.str.contains(NUMBER)).then(text)).to_series().cast(pl.Float64, strict=False)


def _any_padded(numbers: pl.Series) -> bool:
    """Return whether any of these spelled numbers has a zero before other digits; after 9 comes a colon."""
    signed = numbers.filter(numbers < "0").str.slice(1)
    return any(bool(((digits >= "00") & (digits < "0:")).any()) for digits in (numbers, signed))


def _is_float_text(raw: pl.Series) -> pl.Series:
    return raw.str.contains(r"[.eE]") if raw.dtype == pl.String else pl.repeat(value=False, n=len(raw), eager=True)


def _boolean(raw: pl.Series) -> pl.Series:
    if raw.dtype == pl.Boolean:
        return raw
    if raw.dtype != pl.String:
        return _nothing(raw, ColumnType.BOOLEAN)
    if ((raw == "true") | (raw == "false")).all():
        return raw == "true"
    text = raw.str.strip_chars().str.to_lowercase()
    return pl.select(pl.when(text.is_in(["true", "false"])).then(text == "true")).to_series()


def _datetime(raw: pl.Series) -> pl.Series:
    if raw.dtype == pl.Date:
        return raw.cast(pl.Datetime("us"))
    if isinstance(raw.dtype, pl.Datetime):
        utc = raw.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if raw.dtype.time_zone else raw
        return utc.cast(pl.Datetime("us"))
    if raw.dtype != pl.String:
        return _nothing(raw, ColumnType.DATETIME)
    text = raw
    if not raw.str.contains(DATETIME).all():
        text = raw.str.strip_chars()
        text = pl.select(pl.when(text.str.contains(DATETIME)).then(text)).to_series()
    if (text.str.len_bytes() == len("2024-01-31")).all():
        return text.str.to_datetime("%Y-%m-%d", time_unit="us", strict=False, cache=False)
    text = text.str.replace(" ", "T")
    text = pl.select(
        pl.when(text.str.len_chars() == len("2024-01-31")).then(text + "T00:00").otherwise(text)
    ).to_series()
    text = pl.select(pl.when(text.str.contains(ZONE)).then(text).otherwise(text + "Z")).to_series()
    text = text.str.replace(r"T(\d{2}:\d{2})(Z|[+-])", "T${1}:00${2}")
    moments = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False)
    return moments.dt.replace_time_zone(None)


def _nothing(raw: pl.Series, kind: ColumnType) -> pl.Series:
    return pl.Series(raw.name, [None] * len(raw), dtype=DTYPES[kind])


def _refuse_huge(raw: pl.Series, bad: pl.Series) -> None:
    values = unnamed(raw).filter(bad)
    if not values.is_empty() and _all_huge(values):
        row = bad.arg_max()
        detail = f"Row {row} of column '{shorten(raw.name)}' is beyond ±1e38; leave it empty or send a smaller number."
        raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("records", row, raw.name)}])


def _all_huge(values: pl.Series) -> bool:
    """Return whether values that are no numbers would be, were they smaller."""
    sizes = values.cast(pl.Float64, strict=False)
    return bool((sizes.abs() > MAX_MAGNITUDE).all()) and not sizes.has_nulls()


_CONVERTERS = {
    ColumnType.NUMBER: _number,
    ColumnType.INTEGER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.CATEGORY: format_values,
    ColumnType.DATETIME: _datetime,
}
