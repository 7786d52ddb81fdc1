"""A few plain rows of JSON, by the shortest way to the matrix that estimators take.

What is wrong or unusual about a row is for `mlapp.ml.data.validation` to find and to say: here such rows are declined.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import inf, nan
from typing import Any, NoReturn

import numpy as np

from mlapp.ml.data.signature import DAY_US, MAX_CODES
from mlapp.schemas import PLAIN_BYTES, ColumnType, Feature
from mlapp.tables.columns.types import LARGEST_WHOLE

MAX_ROWS = 64
MAX_SHAPES = 1_000
"""Combinations of JSON types that are remembered as good ones."""
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{3}|\.\d{6})?)?Z?)?", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNKNOWN = -inf

Row = tuple[Any, ...]
"""A record's values, in the order of the features."""


class RowReader:
    """Reads rows for a model's features."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = features
        self._names = [feature.name for feature in features]
        self._good = [_types(feature) for feature in features]
        self._shapes: set[tuple[type, ...]] = set()
        self._coders = [(place, coder) for place, feature in enumerate(features) if (coder := _coder(feature))]
        self._low, self._high = (np.array(ends) for ends in zip(*map(_range, features), strict=True))
        self._whole = [place for place, feature in enumerate(features) if feature.type is ColumnType.INTEGER]

    def read(self, body: bytes) -> list[Row] | None:
        """Return the rows of a JSON body with `records`; None unless all are plain and complete."""
        # Escapes may stand for half a character.
        if len(body) > PLAIN_BYTES or b"\\" in body:
            return None
        try:
            asked = _DECODER.decode(body.decode())
            if type(asked) is not dict or asked.keys() != {"records"}:
                return None
            records = asked["records"]
            if type(records) is not list or not 0 < len(records) <= MAX_ROWS:
                return None
            return [self._row(record) for record in records]
        except (ValueError, KeyError, RecursionError):
            return None

    def _row(self, record: Any) -> Row:
        if type(record) is not dict or len(record) != len(self._names):
            raise ValueError
        row = tuple([record[name] for name in self._names])
        shape = tuple(map(type, row))
        if shape not in self._shapes:
            if not all(kind in good for kind, good in zip(shape, self._good, strict=True)):
                raise ValueError
            if len(self._shapes) < MAX_SHAPES:
                self._shapes.add(shape)
        return row

    def matrix(self, rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray]:
        """Return what `signature.matrix` does for rows, and whether each is one that there is nothing to say about."""
        if self._coders:
            columns: list[Any] = list(zip(*rows, strict=True))
            for place, code in self._coders:
                columns[place] = [code(value) for value in columns[place]]
            found = np.ascontiguousarray(np.array(columns, dtype=float).T)
        else:
            found = np.array(rows, dtype=float)
        # Some formats know no sign on zero, so there is none here.
        found += 0.0
        unusual = (found < self._low) | (found > self._high)
        unusual[:, self._whole] |= found[:, self._whole] % 1 > 0
        return found, np.logical_not(unusual.any(axis=1))


def _types(feature: Feature) -> set[type]:
    gap = set() if feature.required else {type(None)}
    if feature.type is ColumnType.BOOLEAN:
        return gap | {bool}
    if feature.type in (ColumnType.CATEGORY, ColumnType.DATETIME):
        return gap | {str}
    low, high = _range(feature)
    # Digits beyond what a float holds exactly must not be rounded away.
    exact = max(-low, high) < LARGEST_WHOLE
    return gap | ({int, float} if exact else {float})


def _range(feature: Feature) -> tuple[float, float]:
    """Return the ends of what training saw, as they stand in the matrix."""
    if feature.type is ColumnType.BOOLEAN:
        return 0.0, 1.0
    if feature.type is ColumnType.CATEGORY:
        return 0.0, inf
    if isinstance(feature.min, datetime) and isinstance(feature.max, datetime):
        return _days(feature.min), _days(feature.max)
    if isinstance(feature.min, int | float) and isinstance(feature.max, int | float):
        return float(feature.min), float(feature.max)
    # Training saw no value: nothing is plain but a gap.
    return inf, -inf


def _coder(feature: Feature) -> Callable[[Any], float] | None:
    """Return what makes a number of a value that is none; -inf of one that training did not see."""
    if feature.type is ColumnType.DATETIME:
        return _moment
    if feature.type is not ColumnType.CATEGORY:
        return None
    places: dict[str | None, float] = {
        category: float(min(place, MAX_CODES - 1)) for place, category in enumerate(feature.categories or [])
    }
    places[None] = nan
    return lambda value: places.get(value, UNKNOWN)


@lru_cache(maxsize=10_000)
def _moment(text: str | None) -> float:
    if text is None:
        return nan
    if not MOMENT.fullmatch(text):
        return UNKNOWN
    try:
        return _days(datetime.fromisoformat(text))
    except ValueError:
        return UNKNOWN


def _days(moment: datetime) -> float:
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH
    return (since // timedelta(microseconds=1)) / DAY_US


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError


_DECODER = json.JSONDecoder(object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
