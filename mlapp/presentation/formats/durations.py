"""Formats of durations, ages and times."""

import math
from datetime import datetime, timedelta

from mlapp.presentation.formats.numbers import format_count, format_measurement

SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def format_duration(seconds: float) -> str:
    """Return a duration in the unit that suits it: `23.7 ms`, `4.2 s`, `35 s`, `12 min`, `1.5 h`."""
    if seconds == 0:
        return "0 s"
    if seconds < 1:
        return format_measurement(seconds, SECONDS)
    if seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
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


def format_time(at: datetime | None, *, seconds: bool = False) -> str:
    """Return a time in UTC; a dash if there is none. Pages show it in the zone and the language of the browser."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at and seconds else f"{at:%Y-%m-%d %H:%M} UTC" if at else "–"


def format_age(age: timedelta) -> str:
    """Return how long ago something was, in the largest unit of which it is one or more."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := int(age.total_seconds() // seconds)) > 0:
            return f"{format_count(count, unit)} ago"
    return "just now"
