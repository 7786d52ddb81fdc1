"""Encoding of tables as matrices for estimators: float64, (rows, features).

Booleans become 0 and 1, datetimes days since 1970-01-01 (UTC), categories their index in the feature's `categories`,
and missing values NaN.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from mlapp.errors import MAX_REPORTED, Unacceptable, shorten
from mlapp.ml.threads import map_columns
from mlapp.schemas import ColumnType, Feature
from mlapp.tables.columns.conversion import DAY_US, MAX_EXACT_INTEGER, format_values, unnamed
from mlapp.tables.columns.inference import convert_column
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.formats.json import SCALAR_TYPES, JsonRows
from mlapp.tables.table import Table, check_names

UNKNOWN = -np.inf
"""Code of categories outside the training data, until `known_only` replaces it."""
MAX_CODES = 255
"""Number of codes: the most frequent categories have their own, the others share the last one.

Source: scikit-learn, HistGradientBoosting: a categorical feature has at most `max_bins` = 255 categories.
"""
MAX_OTHER_NAMES = 20
MAX_CACHED_SHAPES = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{3}|\.\d{6})?)?Z?)?", re.ASCII)
"""Datetimes that `encode_plain` parses; all other spellings need the conversion of `encode`."""
EXPECTED_VALUES = {
    ColumnType.NUMBER: "a number within ±1e38",
    ColumnType.INTEGER: "a number within ±1e38",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.DATETIME: "a date or time such as 2024-01-31 or 2024-01-31T10:00:00Z",
    ColumnType.CATEGORY: "a text",
}


def encode_columns(frame: pl.DataFrame, features: Sequence[Feature]) -> np.ndarray:
    """Encode a frame whose columns are converted to the features' types."""
    columns = [known_only(_encode(unnamed(frame[feature.name]), feature)) for feature in features]
    return np.column_stack(columns) if columns else np.empty((frame.height, 0))


def known_only(x: np.ndarray) -> np.ndarray:
    """Replace unknown categories by missing values, as estimators treat them."""
    unknown = x == UNKNOWN
    return np.where(unknown, np.nan, x) if unknown.any() else x


def days_since_epoch(moment: datetime) -> float:
    """Encode a datetime; one without a time zone is UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1) / DAY_US


Getter = Callable[[dict[str, Any]], tuple[Any, ...]]
"""Returns the features' values of a record."""


class InvalidCell(NamedTuple):
    """A cell for which a table is rejected."""

    row: int
    feature: str
    detail: str


class Encoder:
    """Encodes tables as they were read. The encoding of a row does not depend on other rows."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = features
        self._plain = {feature.name: _plain_types(feature) for feature in features}
        self._codes = {feature.name: code for feature in features if (code := _plain_code(feature))}
        self._coded = [(index, self._codes[name]) for index, name in enumerate(self._plain) if name in self._codes]
        self._getters: dict[Any, Getter] = {}
        """By the names and types of the values of a record."""
        self._required = frozenset(feature.name for feature in features if feature.required)
        self._numbers = np.array([feature.type in (ColumnType.NUMBER, ColumnType.INTEGER) for feature in features])

    def encode(self, table: Table) -> np.ndarray:
        """Return a table as a matrix (rows, features), with `UNKNOWN` for categories outside the training data.

        Raises:
            Unacceptable: the table has no rows, or a row lacks a required feature or has a value of another type.
        """
        if not table.height:
            raise Unacceptable("The table has no rows to predict; send at least one.")
        columns = list(map_columns(lambda feature: self._column(table, feature), self._features, table.height))
        reject(table, [cell for _, invalid in columns for cell in invalid])
        return np.column_stack([values for values, _ in columns])

    def encode_plain(self, rows: JsonRows) -> np.ndarray | None:
        """Return what `encode` returns, in a hundredth of the time; None for JSON that needs conversion or is invalid.

        Unlike `encode`, it accepts integers from 2**53 outside the range of the training data; see `is_exact`.
        """
        try:
            plain = self._plain_rows(rows)
            if not plain:
                return None
            if not self._coded:
                return np.array(plain, dtype=float)
            columns: list[Any] = list(zip(*plain, strict=True))
            for index, code in self._coded:
                columns[index] = [code(value) for value in columns[index]]
            return np.array(columns, dtype=float).T
        # `encode` raises an error that names the cell.
        except (AttributeError, OverflowError, TypeError, ValueError):
            return None

    def _column(self, table: Table, feature: Feature) -> tuple[np.ndarray, list[InvalidCell]]:
        """Return the encoded column of a feature, and its invalid cells."""
        values = table.values(feature.name)
        if values is None or not self._plain[feature.name].issuperset(map(type, values)):
            return _converted(table, feature)
        code = self._codes.get(feature.name)
        try:
            x = np.array(values if code is None else [code(value) for value in values], dtype=float) + 0.0
        except (OverflowError, ValueError):
            return _converted(table, feature)
        if code is None and (np.abs(x) >= MAX_EXACT_INTEGER).any():
            return _converted(table, feature)
        return x, _absent_cells(table, feature)

    def is_exact(self, x: np.ndarray) -> bool:
        """Return whether all numbers of a matrix are below 2**53, so that floats have all of their digits."""
        large = np.abs(x) >= MAX_EXACT_INTEGER
        return not (large.any() and bool((large & self._numbers).any()))

    def _plain_rows(self, rows: JsonRows) -> list[tuple[Any, ...]] | None:
        """Return the values of each row in the order of the features; None if one needs conversion or is invalid."""
        records = rows.records
        if records is None:
            records = [dict(zip(rows.columns, row, strict=True)) for row in zip(*rows.columns.values(), strict=True)]
        plain = []
        for record in records:
            shape = tuple(record), tuple(map(type, record.values()))
            getter = self._getters.get(shape) or self._make_getter(*shape)
            if getter is None:
                return None
            plain.append(getter(record))
        return plain

    def _make_getter(self, names: tuple[str, ...], types: tuple[type, ...]) -> Getter | None:
        """Return a getter for records with these names and types of values; None if they need a conversion."""
        given = dict(zip(names, types, strict=True))
        if not SCALAR_TYPES.issuperset(types) or not self._required <= given.keys():
            return None
        if not all(given.get(name, type(None)) in plain for name, plain in self._plain.items()):
            return None
        try:
            check_names(list(names))
        except Unacceptable:
            return None
        features = tuple(self._plain)
        getter: Getter = itemgetter(*features) if len(features) > 1 else lambda record: (record[features[0]],)
        if not given.keys() >= self._plain.keys():
            getter = lambda record: tuple(map(record.get, features))  # noqa: E731 - one of three getters
        # Records with many other names would take too much memory.
        if len(self._getters) < MAX_CACHED_SHAPES and len(names) <= len(features) + MAX_OTHER_NAMES:
            self._getters[names, types] = getter
        return getter


def reject(table: Table, cells: Sequence[InvalidCell]) -> None:
    """Raise `Unacceptable` about the cells, if any, in the order of their rows."""
    if cells:
        first = sorted(cells, key=lambda cell: cell.row)
        errors = [{"detail": cell.detail, "pointer": table.pointer(cell.row, cell.feature)} for cell in first]
        raise Unacceptable(first[0].detail, errors)


def _converted(table: Table, feature: Feature) -> tuple[np.ndarray, list[InvalidCell]]:
    """Return the converted and encoded column of a feature, and its invalid cells."""
    name = feature.name
    if name not in table.names:
        missing = [InvalidCell(0, name, _missing_feature(0, name))] if feature.required else []
        return np.full(table.height, np.nan), missing
    values = table.values(name)
    raw = table.frame[name] if values is None else column_of(name, values)
    converted, invalid, _ = convert_column(raw, feature.type, feature.read_as, table.conventions)
    rows = invalid.arg_true().head(MAX_REPORTED)
    texts = format_values(unnamed(raw).gather(rows))
    cells = [InvalidCell(row, name, _wrong_type(row, feature, text)) for row, text in zip(rows, texts, strict=True)]
    return _encode(unnamed(converted), feature), cells + _absent_cells(table, feature)


def _absent_cells(table: Table, feature: Feature) -> list[InvalidCell]:
    rows = table.absent.get(feature.name, []) if feature.required else []
    return [InvalidCell(row, feature.name, _missing_feature(row, feature.name)) for row in rows]


def _encode(values: pl.Series, feature: Feature) -> np.ndarray:
    if feature.type is ColumnType.DATETIME:
        # Divided by numpy, as quotients of polars may differ from Python's in the last digit.
        return values.dt.epoch("us").cast(pl.Float64).to_numpy() / DAY_US
    if feature.type is not ColumnType.CATEGORY:
        return values.cast(pl.Float64).to_numpy()
    known = pl.Enum(feature.categories or [])
    codes = values.cast(known, strict=False).to_physical().clip(upper_bound=MAX_CODES - 1)
    unknown = codes.is_null() & values.is_not_null()
    return np.where(unknown.to_numpy(), UNKNOWN, codes.cast(pl.Float64).to_numpy())


def _missing_feature(row: int, name: str) -> str:
    return f"Row {row} lacks the feature '{shorten(name)}'; send its value, or null if it is not known."


def _wrong_type(row: int, feature: Feature, text: str) -> str:
    return f"Row {row}, feature '{shorten(feature.name)}': '{shorten(text)}' is not {EXPECTED_VALUES[feature.type]}."


def _plain_types(feature: Feature) -> frozenset[type]:
    """Return the types of JSON values that `encode_plain` accepts for a feature."""
    other = {ColumnType.BOOLEAN: bool, ColumnType.CATEGORY: str, ColumnType.DATETIME: str}.get(feature.type)
    if other:
        return frozenset({other, type(None)})
    limits = [abs(limit) for limit in (feature.min, feature.max) if isinstance(limit, int | float)]
    # Within a larger range, no warning would lead to `is_exact`, and integers would be rounded.
    is_exact = max(limits, default=MAX_EXACT_INTEGER) < MAX_EXACT_INTEGER
    return frozenset({int, float, type(None)} if is_exact else {float, type(None)})


def _plain_code(feature: Feature) -> Callable[[Any], float] | None:
    """Return the function that encodes a value; None for numbers and booleans."""
    if feature.type is ColumnType.DATETIME:
        return _plain_datetime
    if feature.type is not ColumnType.CATEGORY:
        return None
    categories = enumerate(feature.categories or [])
    codes: dict[str | None, float] = {category: float(min(code, MAX_CODES - 1)) for code, category in categories}
    codes[None] = codes[""] = np.nan
    return lambda value: codes.get(value, UNKNOWN)


@lru_cache(maxsize=10_000)
def _plain_datetime(text: str | None) -> float:
    if not text:
        return np.nan
    if not DATETIME.fullmatch(text):
        raise ValueError(text)
    return days_since_epoch(datetime.fromisoformat(text))
