"""Validation of encoded rows against a signature: warnings about values outside the training data."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import le
from typing import Any, Literal, NamedTuple

import numpy as np

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.data.encoding import EncodedRows
from mlapp.ml.data.plain_rows import EPOCH, UNKNOWN, days_since_epoch
from mlapp.ml.pipelines.raw_texts import feature_values
from mlapp.schemas import ColumnType, Feature, ValueWarning
from mlapp.tables.columns.conversion import DAY_US
from mlapp.tables.table import Table

MAX_WARNINGS = 100
EXTREME_LENGTH, MIN_EXTREME_CHARACTERS = 10, 1_000
"""A text is too long if it has this many times the characters of the longest training text, and so many at least."""

Code = Literal["missing", "unknown_category", "not_whole", "out_of_range", "odd_value", "similar_name"]


CellText = Callable[[int, str], str]
"""Returns the text of a cell, by row and feature."""


KINDS = {ColumnType.NUMBER: "a number", ColumnType.INTEGER: "a number", ColumnType.DATETIME: "a date"}


class Warnings(NamedTuple):
    """Warnings about a table."""

    first: list[ValueWarning]
    """At most `MAX_WARNINGS`, in the order of the rows."""
    total: int


NO_WARNINGS = Warnings([], 0)


class Validator:
    """Compares encoded rows with the ranges and categories of the training data."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features, self._count = features, len(features)
        ranges = np.array([_range(feature) for feature in features], dtype=float)
        self._low, self._high = ranges[:, 0], ranges[:, 1]
        self._required = np.array([feature.required for feature in features])
        self._whole = np.array([feature.type is ColumnType.INTEGER for feature in features])
        self._has_whole = bool(self._whole.any())
        self._lows, self._highs = self._low.tolist(), self._high.tolist()
        self._integers = np.flatnonzero(self._whole).tolist()

    def is_usual(self, row: list[float]) -> bool:
        """Return whether an encoded row has neither a warning nor a missing value."""
        if not (all(map(le, self._lows, row)) and all(map(le, row, self._highs))):
            return False
        return not any([row[index] % 1 for index in self._integers])  # noqa: C419 - faster than a generator

    def unusual(self, x: np.ndarray) -> np.ndarray:
        """Return whether each row of a matrix (rows, columns) has a warning, (rows,)."""
        return np.asarray(self._cells(feature_values(x, self._count)).any(axis=1))

    def warnings(self, x: np.ndarray, cell_text: CellText) -> Warnings:
        """Return the warnings about the encoded rows `x`, (rows, columns)."""
        x = feature_values(x, self._count)
        return self._warnings(x, self._cells(x), {}, cell_text)

    def table_warnings(self, table: Table, encoded: EncodedRows) -> Warnings:
        """Return the warnings about a table; rows that cannot be predicted have none."""
        cells = self._cells(encoded.x)
        for column, feature in enumerate(self._features):
            if feature.name in encoded.odd:
                cells[:, column] |= encoded.odd[feature.name]
        cells[list(table.problems)] = False
        for invalid in encoded.invalid:
            cells[invalid.rows] = False
        renamed = [
            _warning(0, feature, "similar_name", f"the column '{shorten(encoded.names[feature.name])}' is taken for it")
            for feature in self._features
            if feature.name in encoded.names
        ]
        found = self._warnings(encoded.x, cells, encoded.odd, encoded.text)
        return Warnings([*renamed, *found.first][:MAX_WARNINGS], len(renamed) + found.total)

    def _warnings(self, x: np.ndarray, cells: np.ndarray, odd: Mapping[str, np.ndarray], text: CellText) -> Warnings:
        rows, columns = np.nonzero(cells)
        first: list[ValueWarning] = []
        for row, column in zip(rows[:MAX_WARNINGS].tolist(), columns[:MAX_WARNINGS].tolist(), strict=True):
            feature = self._features[column]
            if feature.name in odd and odd[feature.name][row]:
                detail = f"'{shorten(text(row, feature.name))}' is not {KINDS[feature.type]} and counts as missing"
                first.append(_warning(row, feature, "odd_value", detail))
            else:
                first += self._cell_warnings(text, row, feature, float(x[row, column]))
        if len(rows) <= MAX_WARNINGS:
            return Warnings(first[:MAX_WARNINGS], len(first))
        # A cell has two warnings if it is neither whole nor within the range.
        whole = self._whole[columns]
        values, low, high = x[rows, columns][whole], self._low[columns][whole], self._high[columns][whole]
        both = (values % 1 > 0) & ((values < low) | (values > high))
        return Warnings(first[:MAX_WARNINGS], len(rows) + int(both.sum()))

    def reject_unusual(self, table: Table, warnings: Warnings) -> None:
        """Raise `Unacceptable` about the first warnings, or about columns that are not features."""
        names = {feature.name for feature in self._features}
        detail = "Column '{}' is not a feature; leave it out."
        errors = [(0, name, detail.format(shorten(name))) for name in table.names if name not in names]
        errors = errors or [(warning.row, warning.feature, warning.detail) for warning in warnings.first]
        if errors:
            found = [{"detail": detail, "pointer": table.pointer(row, name)} for row, name, detail in errors]
            raise Unacceptable(found[0]["detail"], found)

    def _cells(self, x: np.ndarray) -> np.ndarray:
        unusual: Any = (x < self._low) | (x > self._high) | (np.isnan(x) & self._required)
        if self._has_whole:
            unusual[:, self._whole] |= x[:, self._whole] % 1 > 0
        return np.asarray(unusual)

    def _cell_warnings(self, cell_text: CellText, row: int, feature: Feature, value: float) -> list[ValueWarning]:
        """Return the warnings about a cell."""
        if np.isnan(value):
            return [_warning(row, feature, "missing", "is missing; training saw no row without it")]
        if value == UNKNOWN:
            text = shorten(cell_text(row, feature.name))
            return [_warning(row, feature, "unknown_category", f"'{text}' was never seen in training")]
        low, high = _range(feature)
        text, warnings = _format(value, feature), []
        if feature.type is ColumnType.INTEGER and value % 1:
            detail = f"{text} is not whole; training saw whole numbers only"
            warnings.append(_warning(row, feature, "not_whole", detail))
        if not low <= value <= high and feature.type is ColumnType.TEXT:
            detail = f"has {value:,.0f} characters; training saw at most {feature.max:,}"
            warnings.append(_warning(row, feature, "out_of_range", detail))
        elif not low <= value <= high:
            detail = f"{text} is outside {_format(low, feature)}–{_format(high, feature)} seen in training"
            warnings.append(_warning(row, feature, "out_of_range", detail))
        return warnings


def _warning(row: int, feature: Feature, code: Code, detail: str) -> ValueWarning:
    return ValueWarning(row=row, feature=feature.name, code=code, detail=detail)


def _range(feature: Feature) -> tuple[float, float]:
    """Return the encoded range of the training data; `UNKNOWN` is below the range of categories."""
    if feature.type is ColumnType.CATEGORY:
        return 0.0, np.inf
    if feature.type is ColumnType.TEXT:
        longest = feature.max if isinstance(feature.max, int) else np.inf
        return 0.0, max(EXTREME_LENGTH * longest, MIN_EXTREME_CHARACTERS)
    if isinstance(feature.min, datetime) and isinstance(feature.max, datetime):
        return days_since_epoch(feature.min), days_since_epoch(feature.max)
    if isinstance(feature.min, int | float) and isinstance(feature.max, int | float):
        return float(feature.min), float(feature.max)
    # Boolean, or without any value in training.
    return -np.inf, np.inf


def _format(value: float, feature: Feature) -> str:
    if feature.type is not ColumnType.DATETIME:
        return f"{value:.6g}"
    moment = EPOCH.replace(tzinfo=None) + timedelta(microseconds=round(value * DAY_US))
    return moment.isoformat().removesuffix("T00:00:00")
