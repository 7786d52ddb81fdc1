"""Formats of numbers: three significant digits, thousands separators, SI prefixes, units; no exponents such as e-05.

Whole numbers are whole. What is rounded here is exact in the API, and where a mouse points at it: see `exact`.
"""

import math
from datetime import datetime, time
from decimal import Decimal

DIGITS = 3
"""Significant digits of a figure."""
PERCENT = "%"
"""The unit of numbers that are shares: 0.247 is 24.7%."""
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"))
PREFIX_MAX = 1e15
MIN_PLAIN = 1e-6
"""Smaller numbers are written as powers of ten."""
SHORT = 10_000
"""Smaller whole values of a table have no thousands separator."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_number(number: float, unit: str | None = None) -> str:
    """Return a number with three significant digits and its unit; whole numbers below a million are whole.

    Examples: `0.822`, `12,300`, `1.55 M`, `0.0000933`, `151 €`; with the unit `%`, a share: `24.7%`.
    """
    if unit == PERCENT:
        return format_percent(number)
    return with_unit(_number(number), unit)


def with_unit(text: str, unit: str | None) -> str:
    """Return a formatted number with its unit."""
    if unit == PERCENT:
        return f"{text}%"
    return f"{text} {unit}" if unit else text


def _number(number: float) -> str:
    size = abs(number)
    if isinstance(number, int) or (size < PREFIXES[-1][0] and number == int(number)):
        return f"{int(number):,}"
    if not math.isfinite(number):
        return "–"
    for factor, prefix in PREFIXES:
        if factor <= size < PREFIX_MAX:
            return f"{_significant(number / factor)} {prefix}"
    if MIN_PLAIN <= size < PREFIX_MAX:
        return _significant(number)
    mantissa, exponent = f"{number:.{DIGITS - 1}e}".split("e")
    return f"{_stripped(mantissa)} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def _significant(number: float, digits: int = DIGITS) -> str:
    """Return a number that is rounded to significant digits, without zeros at the end of its decimals."""
    decimals = digits - 1 - math.floor(math.log10(abs(number)))
    return _stripped(f"{round(number, decimals):,.{max(0, decimals)}f}")


def _stripped(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_ratio(number: float) -> str:
    """Return a score without a unit, such as R² or log loss, with three decimals."""
    if 0 < abs(number) < 0.0005:
        return "< 0.001" if number > 0 else "> -0.001"
    return f"{number:,.3f}" if abs(number) < 10 else format_number(number)


def with_spread(number: float, spread: float, unit: str | None = None) -> str:
    """Return a number and its standard deviation, both to the second digit of the latter: `0.822 ± 0.039`."""
    if unit == PERCENT:
        number, spread = 100 * number, 100 * spread
    if not spread or not math.isfinite(spread):
        return with_unit(f"{_number(number)} ± {_number(spread)}", unit)
    decimals = 1 - math.floor(math.log10(spread))
    shown = (f"{round(value, decimals):,.{max(0, decimals)}f}" for value in (number, spread))
    return with_unit(" ± ".join(shown), unit)


def format_percent(share: float, *, nominal: bool = False) -> str:
    """Return a share as a percentage with one decimal; only exactly none and all are `0%` and `100%`.

    Those that somebody chose are `nominal`: `90%`, not `90.0%`.
    """
    if nominal or share in {0, 1}:
        return f"{round(100 * share, 1):g}%"
    if 0 < share < 0.0005:
        return "< 0.1%"
    return "> 99.9%" if 0.9995 <= share < 1 else f"{share:,.1%}"


def format_count(count: int, noun: str = "", many: str | None = None) -> str:
    """Return a count with thousands separators, and its noun: `1 row`, `2,000 rows`."""
    if not noun:
        return f"{count:,}"
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def format_bytes(size: float) -> str:
    """Return a number of bytes in kB, MB or GB."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= factor:
            return f"{_number(size / factor)} {unit}"
    return f"{size:,.0f} bytes"


def format_measurement(value: float, factors: tuple[tuple[float, str], ...]) -> str:
    """Return a value in the first unit of which it is one or more, with its factor; in the last one if in none."""
    factor, unit = next(((factor, unit) for factor, unit in factors if abs(value) >= factor), factors[-1])
    return f"{_number(value / factor)} {unit}"


def format_value(value: object, unit: str | None = None) -> str:
    """Return a value of a table as text: a dash if it is missing, `true` or `false` for booleans."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    if not isinstance(value, int | float):
        return str(value)
    if unit == PERCENT or not 1_000 <= abs(value) < 1e6:
        return format_number(value, unit)
    # Whole, so that a bound stays the bound; four digits have no separator, as they are often a year.
    return with_unit(str(round(value)) if abs(value) < SHORT and value == int(value) else f"{round(value):,}", unit)


def rounded(number: float) -> float:
    """Return a number for a chart with three significant digits."""
    return float(f"{number:.{DIGITS}g}")


def exact(value: object) -> str:
    """Return a number with all of its digits, for tooltips; other values as text."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return format_value(value)
    return f"{Decimal(repr(value)):,f}"
