"""What stands in the way of a type, and what counts as missing, as sentences."""

import polars as pl

from mlapp.errors import MAX_REPORTED, Unacceptable, pointer, shorten
from mlapp.schemas import ColumnType
from mlapp.tables.columns.conversion import MAX_EXACT_INTEGER, format_values, unnamed
from mlapp.tables.columns.dates import DateReading, are_dates
from mlapp.tables.columns.numbers.formats import NumberColumn

MAX_EXPLAINED = 0.1
"""Largest share of other values in a text column for which these are reported."""
MAX_EXAMPLES = 3
NO_PLAIN_NUMBER = r"[^0-9.,' +-]"
FIRST = {"dmy": "day", "mdy": "month"}
"""What is first in dates by their order."""
KINDS = {
    ColumnType.NUMBER: "numbers",
    ColumnType.INTEGER: "whole numbers",
    ColumnType.BOOLEAN: "two words such as true and false",
    ColumnType.DATETIME: "dates or times",
}


def listed(values: pl.Series) -> str:
    """Return the first few distinct values, quoted, the most frequent first."""
    counts = unnamed(values).value_counts(name="count").sort("count", "", descending=[True, False])
    shown = [f"'{shorten(text, 20)}'" for text in counts[""].head(MAX_EXAMPLES)]
    return ", ".join(shown) + (", …" if len(counts) > MAX_EXAMPLES else "")


def numbers_obstacle(name: str, text: pl.Series, number: NumberColumn, odd: pl.Series) -> list[str]:
    """Say why a column that is almost one of numbers is treated as categories; `text` is null for missing values."""
    treated = f"Column '{shorten(name)}' is treated as categories because"
    present, others = len(text) - text.null_count(), text.filter(number.invalid | odd)
    if number.problem:
        advice = "send them in one format if it holds numbers"
        return [f"{treated} {number.problem} ({listed(text.drop_nulls())}); {advice}."] if number.is_near else []
    if len(others) > present * MAX_EXPLAINED and not number.is_near:
        return []
    sizes = others.cast(pl.Float64, strict=False).abs()
    if (sizes >= MAX_EXACT_INTEGER).all() and not sizes.has_nulls():
        return [f"{treated} some of its whole numbers are too large to be exact, beyond ±2⁵³ ({listed(others)})."]
    count, is_one = f"{len(others):,} of its {present:,}", len(others) == 1
    if (unit := number.read_as.unit) and not others.str.contains(NO_PLAIN_NUMBER).any():
        found = f"{count} numbers {'has' if is_one else 'have'} no unit ({listed(others)}), unlike those with '{unit}'"
        return [f"{treated} {found}; write all with a unit, or all without."]
    found = f"{count} values {'is not a number' if is_one else 'are not numbers'} ({listed(others)})"
    return [f"{treated} {found}; empty those cells, or send them as na_values, if it holds numbers."]


def dates_obstacle(name: str, text: pl.Series, dates: DateReading) -> list[str]:
    """Say why a column that is almost one of dates is treated as categories; `text` is null for missing values."""
    present, others = len(text) - text.null_count(), text.filter(dates.invalid)
    treated = f"Column '{shorten(name)}' is treated as categories because {len(others):,} of its {present:,}"
    if len(others) and dates.dates in FIRST and are_dates(others):
        first = (
            f"dates {'does' if len(others) == 1 else 'do'} not have the {FIRST[dates.dates]} first ({listed(others)})"
        )
        return [f"{treated} {first}; write all dates in one order."]
    if not 0 < len(others) <= present * MAX_EXPLAINED:
        return []
    advice = "empty those cells, or send them as na_values, if it holds dates"
    found = "is not a date" if len(others) == 1 else "are not dates"
    return [f"{treated} values {found} ({listed(others)}); {advice}."]


def date_order_warning(name: str, order: str) -> str:
    """Warn of dates whose day and month are not told apart by their values."""
    other = "mdy" if order == "dmy" else "dmy"
    first = f"are read with the {FIRST[order]} first"
    return f"Dates in column '{shorten(name)}' {first}; send date_order={other} if that is wrong."


def odd_warning(name: str, words: pl.Series) -> str:
    """Warn of words in a column of numbers or dates."""
    count = (
        f"{len(words):,} words in column '{shorten(name)}' count"
        if len(words) > 1
        else (f"A word in column '{shorten(name)}' counts")
    )
    return f"{count} as missing ({listed(words)}), as all other values are numbers or dates."


def marks_warning(name: str, marks: list[str]) -> str:
    """Warn of texts in a text column that count as missing values."""
    shown, count = ", ".join(f"'{shorten(mark, 20)}'" for mark in marks), "counts" if len(marks) == 1 else "count"
    value = "it is a value" if len(marks) == 1 else "they are values"
    return f"{shown} in column '{shorten(name)}' {count} as missing; send keep_values if {value}."


def reject(raw: pl.Series, kind: ColumnType, invalid: pl.Series, problem: str | None = None) -> None:
    """Reject a column that has values of another type than the one in the options.

    Raises:
        Unacceptable: some values are invalid, or there is a problem.
    """
    name = shorten(raw.name)
    detail = f"Column '{name}' cannot be read as {KINDS[kind]}, as 'types' asks for: "
    if problem:
        raise Unacceptable(
            f"{detail}{problem}.", [{"detail": f"{detail}{problem}.", "pointer": pointer("types", raw.name)}]
        )
    if not invalid.any():
        return
    rows = invalid.arg_true().head(MAX_REPORTED)
    texts = [f"'{shorten(text, 20)}'" for text in format_values(unnamed(raw).gather(rows))]
    errors = [
        {"detail": f"{text} in column '{name}' is not of type {kind}.", "pointer": pointer("records", row, raw.name)}
        for text, row in zip(texts, rows, strict=True)
    ]
    examples = ", ".join(dict.fromkeys(texts))
    found = f"{int(invalid.sum()):,} of its values {'is' if invalid.sum() == 1 else 'are'} not: {examples}"
    raise Unacceptable(f"{detail}{found}.", errors)
