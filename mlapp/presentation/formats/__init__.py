"""The one formatter: numbers, shares, counts, durations and times as people read them; nothing else formats figures."""

from mlapp.presentation.formats.durations import (
    expected_duration,
    format_age,
    format_duration,
    format_time,
    format_uptime,
)
from mlapp.presentation.formats.numbers import (
    PERCENT,
    exact,
    format_bytes,
    format_count,
    format_measurement,
    format_number,
    format_percent,
    format_ratio,
    format_value,
    rounded,
    with_spread,
    with_unit,
)

__all__ = [
    "PERCENT",
    "exact",
    "expected_duration",
    "format_age",
    "format_bytes",
    "format_count",
    "format_duration",
    "format_measurement",
    "format_number",
    "format_percent",
    "format_ratio",
    "format_time",
    "format_uptime",
    "format_value",
    "rounded",
    "with_spread",
    "with_unit",
]
