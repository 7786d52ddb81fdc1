"""Formats of numbers, percentages, durations and times for people."""

import math
from datetime import datetime, timedelta


def format_duration(seconds: float) -> str:
    """Return a duration in seconds, minutes or hours."""
    if seconds < 10:
        return f"{format_number(round(seconds, 1))} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def format_uptime(seconds: float) -> str:
    """Return a duration in two units, such as `1 d 3 h`."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def expected_duration(seconds: float) -> str:
    """Return an estimated duration, rounded up to 10 seconds or to minutes."""
    if seconds < 8:
        return "takes a few seconds"
    if seconds < 95:
        return f"takes about {math.ceil(seconds / 10) * 10} s"
    return f"takes about {format_duration(seconds)}"


def format_time(at: datetime | None) -> str:
    """Return a time in UTC, to the second; a dash if there is none."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "–"


def format_age(age: timedelta) -> str:
    """Return how long ago something was, in the largest unit of which it is one or more."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := int(age.total_seconds() // seconds)) > 0:
            return f"{count:,} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def format_number(number: float, digits: int = 4) -> str:
    """Return a number with this many significant digits; with an exponent only below 0.0001 or from 1e9."""
    if number == 0 or not 1e-4 <= abs(number) < 1e9:
        return f"{number:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_value(value: object) -> str:
    """Return a value as text: a dash for None, four significant digits for floats, `true` or `false` for booleans."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return format_number(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def format_percent(share: float) -> str:
    """Return a share as a percentage."""
    return f"{share:.1%}"
