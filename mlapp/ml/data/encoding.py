"""Encoding of tables as the matrix that estimators take: float64, rows × features.

Numbers are themselves, booleans 0 and 1, datetimes days since 1970-01-01 (UTC), categories their index in the feature's
`categories`, and missing values NaN.
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
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.columns.types import MAX_EXACT_INTEGER, convert_column, format_values, unnamed
from mlapp.tables.formats.json import PLAIN, JsonRows
from mlapp.tables.table import Table, check_names

UNKNOWN = -np.inf
"""Code of a category that training did not see, up to `known_only`."""
MAX_CODES = 255
"""Categories with a code of their own, the most frequent first; the others share the last one.

Source: scikit-learn, HistGradientBoosting: a categorical feature has at most `max_bins` = 255 categories.
"""
MAX_SHAPES = 1_000
"""Combinations of names and types of records that are remembered."""
DAY_US = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{3}|\.\d{6})?)?Z?)?", re.ASCII)
"""As most programs write datetimes; what is written otherwise takes a conversion."""
EXPECTED = {
    ColumnType.NUMBER: "a number within ±1e38",
    ColumnType.INTEGER: "a number within ±1e38",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.DATETIME: "a date or time such as 2024-01-31 or 2024-01-31T10:00:00Z",
    ColumnType.CATEGORY: "a text",
}


def encode_columns(frame: pl.DataFrame, features: Sequence[Feature]) -> np.ndarray:
    """Encode columns that are converted to the features' types."""
    columns = [known_only(_encode(unnamed(frame[feature.name]), feature)) for feature in features]
    return np.column_stack(columns) if columns else np.empty((frame.height, 0))


def known_only(x: np.ndarray) -> np.ndarray:
    """Return encoded values with unknown categories as missing, which is how estimators take them."""
    unknown = x == UNKNOWN
    return np.where(unknown, np.nan, x) if unknown.any() else x


def days_since_epoch(moment: datetime) -> float:
    """Encode a datetime; without a time zone it is UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1) / DAY_US


Getter = Callable[[dict[str, Any]], tuple[Any, ...]]
"""Takes the features' values of a record."""


class BadCell(NamedTuple):
    """A cell that cannot be predicted from."""

    row: int
    feature: str
    detail: str


class Encoder:
    """Encodes tables as they were read. Every row is encoded as it would be alone."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = features
        self._plain = {feature.name: _plain_types(feature) for feature in features}
        self._codes = [(place, code) for place, feature in enumerate(features) if (code := _plain_code(feature))]
        self._getters: dict[Any, Getter] = {}
        """By the names and types of plain records."""
        self._required = frozenset(feature.name for feature in features if feature.required)
        self._numbers = np.array([feature.type in (ColumnType.NUMBER, ColumnType.INTEGER) for feature in features])

    def encode(self, table: Table) -> np.ndarray:
        """Return a table as a matrix (rows, features), with `UNKNOWN` for categories that training did not see.

        Raises:
            Unacceptable: it has no rows, or a row lacks a required feature or has a value of another type.
        """
        if not table.height:
            raise Unacceptable("There is no row to predict; send at least one.")
        columns = list(map_columns(lambda feature: _column(table, feature), self._features, table.height))
        refuse(table, [cell for _, bad in columns for cell in bad])
        return np.column_stack([values for values, _ in columns])

    def encode_plain(self, sent: JsonRows) -> np.ndarray | None:
        """Return the same for JSON that needs no conversion, in a hundredth of the time; None for all other.

        Whole numbers from 2**53 on, of which a float may lose digits, are taken, too; see `is_exact`.
        """
        try:
            rows = self._plain_rows(sent)
            if not rows:
                return None
            if not self._codes:
                return np.array(rows, dtype=float)
            columns: list[Any] = list(zip(*rows, strict=True))
            for place, code in self._codes:
                columns[place] = [code(value) for value in columns[place]]
            return np.array(columns, dtype=float).T
        # Whatever is not as it should be, `encode` says what it is.
        except (AttributeError, OverflowError, TypeError, ValueError):
            return None

    def is_exact(self, x: np.ndarray) -> bool:
        """Return whether no number of a matrix is so large that a float may have lost digits of it."""
        large = np.abs(x) >= MAX_EXACT_INTEGER
        return not (large.any() and bool((large & self._numbers).any()))

    def _plain_rows(self, sent: JsonRows) -> list[tuple[Any, ...]] | None:
        """Return plain rows in the order of the features; None where one is not plain."""
        records = sent.records
        if records is None:
            records = [dict(zip(sent.columns, row, strict=True)) for row in zip(*sent.columns.values(), strict=True)]
        rows = []
        for record in records:
            shape = tuple(record), tuple(map(type, record.values()))
            getter = self._getters.get(shape) or self._remember(*shape)
            if getter is None:
                return None
            rows.append(getter(record))
        return rows

    def _remember(self, names: tuple[str, ...], types: tuple[type, ...]) -> Getter | None:
        """Return what takes the features of records with such names and types; None unless these are plain."""
        given = dict(zip(names, types, strict=True))
        if not PLAIN.issuperset(types) or not self._required <= given.keys():
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
            getter = lambda record: tuple(map(record.get, features))  # noqa: E731 - one of three
        if len(self._getters) < MAX_SHAPES:
            self._getters[names, types] = getter
        return getter


def refuse(table: Table, bad: Sequence[BadCell]) -> None:
    """Raise `Unacceptable` about cells, the first rows first, unless there are none."""
    if bad:
        first = sorted(bad, key=lambda cell: cell.row)
        errors = [{"detail": cell.detail, "pointer": table.pointer(cell.row, cell.feature)} for cell in first]
        raise Unacceptable(first[0].detail, errors)


def _column(table: Table, feature: Feature) -> tuple[np.ndarray, list[BadCell]]:
    """Return a feature's column encoded, and its cells that cannot be predicted from."""
    name = feature.name
    if name not in table.names:
        return np.full(table.height, np.nan), [BadCell(0, name, _lacks(0, name))] if feature.required else []
    values = table.values(name)
    raw = table.frame[name] if values is None else column_of(name, values)
    converted, invalid = convert_column(raw, feature.type)
    rows = invalid.arg_true().head(MAX_REPORTED)
    texts = format_values(unnamed(raw).gather(rows))
    bad = [BadCell(row, name, _not_of_type(row, feature, text)) for row, text in zip(rows, texts, strict=True)]
    if feature.required:
        bad += [BadCell(row, name, _lacks(row, name)) for row in table.absent.get(name, [])]
    return _encode(unnamed(converted), feature), bad


def _encode(values: pl.Series, feature: Feature) -> np.ndarray:
    """Encode a converted column."""
    if feature.type is ColumnType.DATETIME:
        values = values.dt.epoch("us") / DAY_US
    if feature.type is not ColumnType.CATEGORY:
        return values.cast(pl.Float64).to_numpy()
    known = pl.Enum(feature.categories or [])
    codes = values.cast(known, strict=False).to_physical().clip(upper_bound=MAX_CODES - 1)
    unknown = codes.is_null() & values.is_not_null()
    return np.where(unknown.to_numpy(), UNKNOWN, codes.cast(pl.Float64).to_numpy())


def _lacks(row: int, name: str) -> str:
    return f"Row {row} lacks the feature '{shorten(name)}'; send its value, or null when it is not known."


def _not_of_type(row: int, feature: Feature, text: str) -> str:
    return f"Row {row}, feature '{shorten(feature.name)}': '{shorten(text)}' is not {EXPECTED[feature.type]}."


def _plain_types(feature: Feature) -> frozenset[type]:
    """Return the types of JSON scalars that `encode_plain` takes for a feature."""
    if feature.type is ColumnType.BOOLEAN:
        return frozenset({bool, type(None)})
    if feature.type in (ColumnType.CATEGORY, ColumnType.DATETIME):
        return frozenset({str, type(None)})
    return frozenset({int, float, type(None)})


def _plain_code(feature: Feature) -> Callable[[Any], float] | None:
    """Return what encodes one plain value; None where it is a number or a boolean."""
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
