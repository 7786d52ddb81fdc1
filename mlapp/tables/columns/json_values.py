"""Columns of JSON values, and the text of a JSON value."""

import json
from collections.abc import Sequence
from typing import Any

import polars as pl

from mlapp.errors import UnreadableBody
from mlapp.schemas import Scalar
from mlapp.tables.columns.conversion import MAX_EXACT_INTEGER, format_categories

INT64 = range(-(2**63), 2**63)


def column_of(name: str, values: Sequence[Any]) -> pl.Series:
    """Return JSON values as a column; values of mixed types become text, formatted as in a CSV."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int} and all(value is None or value in INT64 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds == {float} or (kinds == {int, float} and all(map(_is_exact, values))):
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    if kinds <= {str}:
        return pl.Series(name, values, dtype=pl.String)
    decimals = pl.Series([value if type(value) is float else None for value in values], dtype=pl.Float64)
    texts = zip(format_categories(decimals), values, strict=True)
    return pl.Series(name, [format_scalar(value) if text is None else text for text, value in texts], dtype=pl.String)


def _is_exact(value: float | None) -> bool:
    """Return whether a float has all digits of a number."""
    return type(value) is not int or abs(value) < MAX_EXACT_INTEGER


def format_scalar(value: Scalar | list[Any] | dict[str, Any] | None) -> str | None:
    """Return a JSON value as text: a scalar as in a CSV, a list or an object as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        try:
            return json.dumps(value, ensure_ascii=False)
        except RecursionError:
            raise UnreadableBody("A cell is nested too deeply; send a plain value.") from None
    return value if value is None or isinstance(value, str) else str(value)
