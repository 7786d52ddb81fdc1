"""Rows against a signature: what cannot be predicted is refused, what training never saw is reported."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import polars as pl

from mlapp.errors import MAX_REPORTED, Unacceptable, shorten
from mlapp.ml.threads import mapped
from mlapp.schemas import ColumnType, Feature, Warned
from mlapp.tables.columns.types import DTYPES, convert, nameless, spell, whole
from mlapp.tables.table import Table

MAX_WARNINGS = 100
EXPECTED = {
    ColumnType.NUMBER: "a number within ±1e38",
    ColumnType.INTEGER: "a number within ±1e38",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.DATETIME: "a date or time such as 2024-01-31 or 2024-01-31T10:00:00Z",
    ColumnType.CATEGORY: "a text",
}

Code = Literal["out_of_range", "unknown_category", "missing", "not_whole"]


class _Bad(NamedTuple):
    row: int
    feature: str
    detail: str


_Column = tuple[pl.Series, list[_Bad], tuple[list[Warned], int]]


@dataclass(frozen=True)
class Checked:
    """Rows that can be predicted: the features' columns, converted, and what is unusual about them."""

    frame: pl.DataFrame
    warnings: list[Warned]
    """The first `MAX_WARNINGS`, by row."""
    warnings_total: int


def check(table: Table, features: Sequence[Feature], *, strict: bool = False) -> Checked:
    """Convert the features' columns of a table; every row is judged as it would be alone.

    Raises:
        Unacceptable: the table has no rows, a row lacks a feature or holds a value of another type, or,
            when strict, there is anything to warn of or a column that is no feature.
    """
    if not table.frame.height:
        raise Unacceptable("There is no row to predict; send at least one.")
    if strict:
        _refuse_extra(table, features)
    columns = list(mapped(lambda feature: _check(table, feature), features, table.frame.height))
    _refuse_bad(table, [bad for _, found, _ in columns for bad in found])
    converted, _, found = zip(*columns, strict=True)
    first = sorted((warning for warnings, _ in found for warning in warnings), key=lambda warning: warning.row)
    if strict and first:
        _refuse_bad(table, [_Bad(warning.row, warning.feature, warning.detail) for warning in first])
    return Checked(pl.DataFrame(converted), first[:MAX_WARNINGS], sum(total for _, total in found))


def _check(table: Table, feature: Feature) -> _Column:
    """Return a column converted, what cannot be predicted of it, and what is unusual."""
    column, bad = _convert(table, feature)
    return column, bad, _unusual(nameless(column), feature)


def _convert(table: Table, feature: Feature) -> tuple[pl.Series, list[_Bad]]:
    name = feature.name
    if name not in table.frame.columns:
        gaps = pl.Series(name, [None] * table.frame.height, dtype=DTYPES[feature.type])
        return gaps, [_Bad(0, name, _lacking(0, name))] if feature.required else []
    raw = table.frame[name]
    values, bad = convert(raw, feature.type)
    rows = bad.arg_true().head(MAX_REPORTED)
    texts = spell(nameless(raw).gather(rows))
    refused = [_Bad(row, name, _not_of_type(row, feature, text)) for row, text in zip(rows, texts, strict=True)]
    if feature.required:
        refused += [_Bad(row, name, _lacking(row, name)) for row in table.absent.get(name, [])]
    return values, refused


def _lacking(row: int, name: str) -> str:
    return f"Row {row} lacks the feature '{shorten(name)}'; send its value, or null when it is not known."


def _not_of_type(row: int, feature: Feature, text: str) -> str:
    return f"Row {row}, feature '{shorten(feature.name)}': '{shorten(text)}' is not {EXPECTED[feature.type]}."


def _refuse_bad(table: Table, bad: list[_Bad]) -> None:
    if bad:
        first = sorted(bad, key=lambda found: found.row)
        errors = [{"detail": found.detail, "pointer": table.pointer(found.row, found.feature)} for found in first]
        raise Unacceptable(first[0].detail, errors)


def _refuse_extra(table: Table, features: Sequence[Feature]) -> None:
    extra = [name for name in table.frame.columns if name not in {feature.name for feature in features}]
    if extra:
        details = [f"Column '{shorten(name)}' is no feature of the model; leave it out." for name in extra]
        errors = [
            {"detail": detail, "pointer": table.pointer(0, name)} for detail, name in zip(details, extra, strict=True)
        ]
        raise Unacceptable(details[0], errors)


def _unusual(values: pl.Series, feature: Feature) -> tuple[list[Warned], int]:
    """Return the first warnings about a column, and how many there are in all."""
    warnings, total = [], 0
    for code, mask in _masks(values, feature):
        rows = mask.arg_true()
        total += len(rows)
        rows = rows.head(MAX_WARNINGS)
        for row, text in zip(rows, _show(values.gather(rows)), strict=True):
            detail = _DETAILS[code](text, feature)
            warnings.append(Warned(row=row, feature=feature.name, code=code, detail=detail))
    return warnings, total


def _masks(values: pl.Series, feature: Feature) -> Iterator[tuple[Code, pl.Series]]:
    if feature.required:
        yield "missing", values.is_null()
    if feature.type is ColumnType.CATEGORY:
        yield "unknown_category", ~values.is_in(feature.categories or [])
    if feature.type is ColumnType.INTEGER:
        yield "not_whole", ~whole(values)
    if feature.min is not None:
        yield "out_of_range", (values < feature.min) | (values > feature.max)


def _show(values: pl.Series) -> list[str]:
    if values.dtype == pl.Float64:
        return ["" if value is None else f"{value:.6g}" for value in values]
    return ["" if text is None else shorten(text) for text in spell(values)]


def _range(feature: Feature) -> str:
    low, high = _show(pl.Series([feature.min, feature.max], dtype=DTYPES[feature.type], strict=False))
    return f"{low}–{high}"


_DETAILS: dict[Code, Callable[[str, Feature], str]] = {
    "missing": lambda _text, _feature: "is missing; training saw no row without it",
    "unknown_category": lambda text, _feature: f"'{text}' was never seen in training",
    "not_whole": lambda text, _feature: f"{text} is not whole; training saw whole numbers only",
    "out_of_range": lambda text, feature: f"{text} is outside {_range(feature)} seen in training",
}
