"""Encoding of plain JSON rows: in a hundredth of the time that a table takes."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

import numpy as np

from mlapp.errors import Unacceptable
from mlapp.ml.data.text_embedding import Embedding, embedded_features, with_embeddings
from mlapp.ml.pipelines.raw_texts import feature_values
from mlapp.ml.pipelines.rejected_cells import RejectedCells
from mlapp.schemas import ColumnType, Feature
from mlapp.tables.columns.conventions import PLAIN
from mlapp.tables.columns.conversion import DAY_US, MAX_EXACT_INTEGER
from mlapp.tables.columns.texts.marks import marks_of
from mlapp.tables.columns.texts.spellings import spelling_key
from mlapp.tables.formats.json import SCALAR_TYPES, JsonRows
from mlapp.tables.table import check_names

TEXT = ColumnType.TEXT
UNKNOWN = -np.inf
"""Code of categories outside the training data, until `known_only` replaces it."""
MAX_OTHER_NAMES = 20
MAX_CACHED_SHAPES = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGIT = re.compile("[0-9]")
"""Part of marks of missing values that may be numbers, such as `-999`."""
DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{3}|\.\d{6})?)?Z?)?", re.ASCII)
"""Datetimes that `encode_plain` parses; all other spellings need the conversion of `encode`."""


def days_since_epoch(moment: datetime) -> float:
    """Encode a datetime; one without a time zone is UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1) / DAY_US


Getter = Callable[[dict[str, Any]], tuple[Any, ...]]
"""Returns the features' values of a record."""


class PlainEncoder:
    """Encodes JSON rows whose values have the types of the features."""

    def __init__(
        self,
        features: Sequence[Feature],
        embeddings: Sequence[Embedding] = (),
        rejected: RejectedCells | None = None,
    ) -> None:
        self._features, self._embeddings, self._rejected = features, embeddings, rejected
        self._plain = {feature.name: _plain_types(feature) for feature in features}
        self._codes = {feature.name: code for feature in features if (code := _plain_code(feature))}
        self._embedded = {feature.name for feature in embedded_features(features, embeddings)}
        self._texts = [(index, _TextOf(each)) for index, each in enumerate(features) if each.name in self._embedded]
        self._lengths = [index for index, feature in enumerate(features) if feature.type is TEXT]
        self._coded = [(index, self._codes[name]) for index, name in enumerate(self._plain) if name in self._codes]
        self._getters: dict[Any, Getter] = {}
        """By the names and types of the values of a record."""
        self._required = {feature.name: feature for feature in features if feature.required}
        self._numbers = np.array([feature.type in (ColumnType.NUMBER, ColumnType.INTEGER) for feature in features])

    def encode_plain(self, rows: JsonRows) -> np.ndarray | None:
        """Return what `encode` returns, in a hundredth of the time; None for JSON that needs conversion or is invalid.

        Unlike `encode`, it accepts integers from 2**53 outside the range of the training data; see `is_exact`.
        """
        try:
            plain = self._plain_rows(rows)
            if not plain:
                return None
            if not self._coded and not self._texts:
                return self._accepted(np.array(plain, dtype=float), [])
            columns: list[Any] = list(zip(*plain, strict=True))
            texts = {index: [text_of(value) for value in columns[index]] for index, text_of in self._texts}
            for index, code in self._coded:
                columns[index] = [code(value) for value in columns[index]]
            for index in self._lengths:
                columns[index] = [np.nan if text is None else len(text) for text in texts[index]]
            return self._accepted(np.array(columns, dtype=float).T, list(texts.values()))
        # `encode` raises an error that names the cell.
        except (AttributeError, OverflowError, TypeError, ValueError):
            return None

    def _accepted(self, x: np.ndarray, texts: list[list[str | None]]) -> np.ndarray | None:
        """Return rows with their texts; None if there is a cell that cannot be predicted."""
        if self._rejected is not None and self._rejected.any(x):
            return None
        return with_embeddings(x, texts, self._embeddings)

    def is_exact(self, x: np.ndarray) -> bool:
        """Return whether all numbers of a matrix are below 2**53, so that floats have all of their digits."""
        large = np.abs(feature_values(x, len(self._features))) >= MAX_EXACT_INTEGER
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
        if not SCALAR_TYPES.issuperset(types) or not self._required.keys() <= given.keys():
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


def _plain_types(feature: Feature) -> frozenset[type]:
    """Return the types of JSON values that `encode_plain` accepts for a feature."""
    if feature.type is ColumnType.BOOLEAN:
        return frozenset({bool, type(None)})
    if feature.type in (ColumnType.CATEGORY, ColumnType.DATETIME, TEXT):
        return frozenset({str, type(None)})
    if any(map(DIGIT.search, (feature.read_as and feature.read_as.missing) or ())):
        return frozenset({type(None)})
    limits = [abs(limit) for limit in (feature.min, feature.max) if isinstance(limit, int | float)]
    # Within a larger range, no warning would lead to `is_exact`, and integers would be rounded.
    is_exact = max(limits, default=MAX_EXACT_INTEGER) < MAX_EXACT_INTEGER
    return frozenset({int, float, type(None)} if is_exact else {float, type(None)})


def _plain_code(feature: Feature) -> Callable[[Any], float] | None:
    """Return the function that encodes a value; None if values are their own codes."""
    if feature.type is ColumnType.DATETIME:
        return _plain_datetime
    if feature.type is ColumnType.CATEGORY:
        return _Codes(feature, marks_of(PLAIN, feature.read_as).text).__getitem__
    return None


class _Codes(dict[str | None, float]):
    """Codes of categories and of marks for missing values."""

    def __init__(self, feature: Feature, marks: frozenset[str]) -> None:
        super().__init__(dict.fromkeys((None, "", *marks), np.nan))
        self._marks = marks
        for code, category in enumerate(feature.categories or []):
            self[category] = float(code)
        spellings = (feature.read_as.spellings if feature.read_as else None) or {}
        self._merged = {spelling_key(text): self[spelling] for text, spelling in spellings.items()}

    def __missing__(self, value: str) -> float:
        text = value.strip()
        if not text or text in self._marks:
            return np.nan
        return self._merged.get(spelling_key(value), UNKNOWN) if self._merged else UNKNOWN


class _TextOf:
    """Returns a value of a text feature, None for marks of missing values."""

    def __init__(self, feature: Feature) -> None:
        self._marks = marks_of(PLAIN, feature.read_as).text

    def __call__(self, value: str | None) -> str | None:
        text = value and value.strip()
        return value if text and text not in self._marks else None


@lru_cache(maxsize=10_000)
def _plain_datetime(text: str | None) -> float:
    if not text:
        return np.nan
    if not DATETIME.fullmatch(text):
        raise ValueError(text)
    return days_since_epoch(datetime.fromisoformat(text))
