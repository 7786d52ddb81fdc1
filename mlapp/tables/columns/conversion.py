"""Conversion of plain values: numbers, booleans and ISO dates as programs write them, alike in all formats.

A raw column has text, numbers, booleans or dates, depending on its format. Its type is the narrowest one to which every
value converts without loss, so that `1` in a CSV, `1` in JSON and `1.0` in Parquet are equal. All other columns are
categories, such as `00123` and whole numbers beyond ±2⁵³.
"""

from collections.abc import Sequence

import polars as pl

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.schemas import ColumnType
from mlapp.tables.columns.dates import ISO, convert_iso

NUMBER = r"^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$"
MAX_EXACT_INTEGER = 2.0**53
"""Whole numbers up to here are exact as 64-bit floats (IEEE 754)."""

HEAD_ROWS = 1_000
"""Values that are converted first, as a few values rule out most types."""

DAY_US = 86_400_000_000
MAX_MAGNITUDE = 1e38
"""Numbers up to here fit the 32-bit floats that trees split on."""

DTYPES: dict[ColumnType, pl.DataType] = {
    ColumnType.NUMBER: pl.Float64(),
    ColumnType.INTEGER: pl.Float64(),
    ColumnType.BOOLEAN: pl.Boolean(),
    ColumnType.CATEGORY: pl.String(),
    ColumnType.DATETIME: pl.Datetime("us"),
    ColumnType.TEXT: pl.String(),
}
"""Data types of converted columns; integers are floats, so that they can be missing."""


def convert_plain(raw: pl.Series, kind: ColumnType) -> tuple[pl.Series, pl.Series]:
    """Convert a raw column to a type.

    For `integer`, all numbers are valid; the caller checks whether they are whole.

    Returns:
        The converted column, with null for missing and invalid values, and a boolean column that is true for invalid
        values.
    """
    values = _empty_to_null(unnamed(raw))
    converted = unnamed(_CONVERTERS[kind](values))
    return converted.alias(raw.name), converted.is_null() & values.is_not_null()


def infer_plain_type(
    raw: pl.Series, kinds: Sequence[ColumnType] = (ColumnType.BOOLEAN, ColumnType.NUMBER, ColumnType.DATETIME)
) -> tuple[ColumnType, pl.Series] | None:
    """Return the type to which every value converts, and the converted column; None if it is none of `kinds`.

    Raises:
        Unacceptable: the column has numbers, some of them infinite or beyond ±1e38.
    """
    for kind in kinds:
        if _is_ruled_out(raw.head(HEAD_ROWS), kind):
            continue
        converted, invalid = convert_plain(raw, kind)
        if kind is ColumnType.NUMBER:
            _check_magnitude(raw, invalid)
        if not invalid.any() and converted.null_count() < len(raw):
            return (ColumnType.INTEGER if kind is ColumnType.NUMBER and is_whole(converted).all() else kind), converted
    return None


def _is_ruled_out(head: pl.Series, kind: ColumnType) -> bool:
    """Return whether a value does not convert to a type; numbers that are too large do not count."""
    invalid = convert_plain(head, kind)[1]
    return bool(invalid.any()) and not (kind is ColumnType.NUMBER and _all_too_large(unnamed(head).filter(invalid)))


def is_whole(numbers: pl.Series) -> pl.Series:
    """Return true where a number is whole and exact as a float, and null where it is missing."""
    numbers = unnamed(numbers)
    return (numbers == numbers.floor()) & (numbers.abs() < MAX_EXACT_INTEGER)


def format_values(values: pl.Series) -> pl.Series:
    """Return the values of a column as text, as in a CSV."""
    if values.dtype == pl.Datetime:
        return unnamed(values).dt.strftime("%Y-%m-%dT%H:%M:%S%.f").str.strip_suffix("T00:00:00")
    return values.cast(pl.String)


def format_categories(values: pl.Series) -> pl.Series:
    """Return values as the texts of categories: as in a CSV, but whole numbers without a point."""
    if not values.dtype.is_float():
        return format_values(values)
    name, values = values.name, unnamed(values)
    whole = pl.when(is_whole(values)).then(values).cast(pl.Int64).cast(pl.String)
    return pl.select(pl.coalesce(whole, values.fill_nan(None).cast(pl.String))).to_series().alias(name)


def unnamed(column: pl.Series) -> pl.Series:
    """Return the column without its name, as methods of polars treat a name such as `^x$` as a pattern."""
    return column.alias("")


def spread(column: pl.Series, count: int) -> pl.Series:
    """Return evenly spaced values of a column."""
    return column.gather_every(max(1, len(column) // count)) if len(column) > count else column


def _empty_to_null(raw: pl.Series) -> pl.Series:
    """Return the column with null for all kinds of missing values: null, NaN and empty text."""
    if raw.dtype == pl.String:
        return pl.select(pl.when(raw != "").then(raw)).to_series()
    return raw.fill_nan(None) if raw.dtype.is_float() else raw


def _number(raw: pl.Series) -> pl.Series:
    if raw.dtype == pl.String:
        numbers = _parse_numbers(raw)
    elif raw.dtype.is_numeric():
        numbers = raw.cast(pl.Float64)
    else:
        return no_values(raw, ColumnType.NUMBER)
    exact = numbers.abs() <= MAX_MAGNITUDE
    if not raw.dtype.is_float() and (numbers.abs() >= MAX_EXACT_INTEGER).any():
        # Floats are exact, but integers and text with more digits would be rounded.
        exact &= (numbers.abs() < MAX_EXACT_INTEGER) | _is_float_text(raw)
    # -0 becomes 0, as some formats have no negative zero.
    return pl.select(pl.when(numbers == 0).then(0.0).when(exact).then(numbers)).to_series()


def _parse_numbers(raw: pl.Series) -> pl.Series:
    """Return the numbers in a column of text, null for other text.

    polars also parses leading zeros, inf and nan, but no spaces. A column without any of them needs no regular
    expression, which would take longer than parsing.
    """
    numbers = raw.cast(pl.Float64, strict=False)
    if numbers.null_count() == raw.null_count() and not _any_leading_zero(raw) and numbers.is_finite().all():
        return numbers
    text = raw.str.strip_chars()
    return pl.select(pl.when(text.str.contains(NUMBER)).then(text)).to_series().cast(pl.Float64, strict=False)


def _any_leading_zero(numbers: pl.Series) -> bool:
    """Return whether any number has a zero before other digits; in ASCII, the colon follows 9."""
    signed = numbers.filter(numbers < "0").str.slice(1)
    return any(bool(((digits >= "00") & (digits < "0:")).any()) for digits in (numbers, signed))


def _is_float_text(raw: pl.Series) -> pl.Series:
    return raw.str.contains(r"[.eE]") if raw.dtype == pl.String else pl.repeat(value=False, n=len(raw), eager=True)


def _boolean(raw: pl.Series) -> pl.Series:
    if raw.dtype == pl.Boolean:
        return raw
    if raw.dtype != pl.String:
        return no_values(raw, ColumnType.BOOLEAN)
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
        return no_values(raw, ColumnType.DATETIME)
    text = raw
    if not raw.str.contains(ISO).all():
        text = raw.str.strip_chars()
        text = pl.select(pl.when(text.str.contains(ISO)).then(text)).to_series()
    return convert_iso(text)


def no_values(raw: pl.Series, kind: ColumnType) -> pl.Series:
    """Return a converted column of missing values, as long as `raw`."""
    return pl.Series(raw.name, [None] * len(raw), dtype=DTYPES[kind])


def _check_magnitude(raw: pl.Series, invalid: pl.Series) -> None:
    values = unnamed(raw).filter(invalid)
    if not values.is_empty() and _all_too_large(values):
        row = invalid.arg_max()
        detail = f"Row {row} of column '{shorten(raw.name)}' is beyond ±1e38; leave it empty or send a smaller number."
        raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("records", row, raw.name)}])


def _all_too_large(values: pl.Series) -> bool:
    """Return whether all values are numbers beyond `MAX_MAGNITUDE`."""
    sizes = values.cast(pl.Float64, strict=False)
    if values.dtype == pl.String and not values.str.contains("[0-9]").all():
        return False  # Infinity as text is a mark of missing values.
    return bool((sizes.abs() > MAX_MAGNITUDE).all()) and not sizes.has_nulls()


_CONVERTERS = {
    ColumnType.NUMBER: _number,
    ColumnType.INTEGER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.CATEGORY: format_categories,
    ColumnType.DATETIME: _datetime,
    ColumnType.TEXT: format_categories,
}
