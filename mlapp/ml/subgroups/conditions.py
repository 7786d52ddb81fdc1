"""Conditions on columns: categories, quantile bins of numbers and datetimes, and missing values, as levels of rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mlapp.schemas import ColumnType, Condition, Feature, Scalar

BINS = 5
"""Quantile bins of a number."""
DIGITS = 4
"""Significant digits of their edges."""
MAX_COUNTED = 10
"""Whole numbers with at most so many distinct values are levels each."""
MAX_CATEGORIES = 20
"""The most frequent categories of a column are levels."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Levels(NamedTuple):
    """The levels of a column, and which one each row has."""

    codes: np.ndarray
    """Index of the level of each row, (rows,), -1 for none."""
    members: np.ndarray
    """Which levels each condition contains, (conditions, levels): single ones, and half-open ranges of numbers."""
    conditions: list[Condition]
    """The first ones are single levels."""

    def holds(self, index: int) -> np.ndarray:
        """Return for which rows a condition holds, (rows,)."""
        return np.asarray(np.append(self.members[index], [False])[self.codes])

    @property
    def size(self) -> int:
        """Number of levels."""
        return int(self.members.shape[1])


def levels_of(values: np.ndarray, feature: Feature) -> Levels:
    """Return the levels of an encoded column, (rows,), which holds no texts."""
    missing, name = np.isnan(values), feature.name
    bounds: list[Scalar | None] = []
    if feature.type in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
        codes, conditions = _categories(values, missing, feature)
    else:
        codes, conditions, bounds = _ordered(values, missing, feature)
    last = len(conditions)
    if missing.any():
        codes[missing] = last
        conditions.append(Condition(column=name, missing=True))
    columns = np.arange(len(conditions))
    # Half-open ranges of two or more levels.
    ranges = [(0, stop) for stop in range(2, last)] + [(start, last) for start in range(1, last - 1)] if bounds else []
    members = [*np.eye(len(columns), dtype=bool), *((start <= columns) & (columns < stop) for start, stop in ranges)]
    unions = [Condition(column=name, above=bounds[start], up_to=bounds[stop]) for start, stop in ranges]
    return Levels(codes, np.array(members, dtype=bool).reshape(-1, len(columns)), conditions + unions)


def _categories(values: np.ndarray, missing: np.ndarray, feature: Feature) -> tuple[np.ndarray, list[Condition]]:
    found, counts = np.unique(values[~missing].astype(int), return_counts=True)
    kept = found[np.argsort(-counts, kind="stable")[:MAX_CATEGORIES]]
    names: Sequence[Scalar] = feature.categories or (False, True)
    codes = np.full(len(values), -1)
    for level, code in enumerate(kept):
        codes[values == code] = level
    return codes, [Condition(column=feature.name, value=names[code]) for code in kept]


def _ordered(
    values: np.ndarray, missing: np.ndarray, feature: Feature
) -> tuple[np.ndarray, list[Condition], list[Scalar | None]]:
    """Return the levels of numbers and datetimes: quantile bins, or few whole numbers; their conditions and bounds."""
    present = np.sort(values[~missing])
    if not len(present):
        return np.full(len(values), -1), [], []
    distinct = np.unique(present)
    is_counted = feature.type is ColumnType.INTEGER and len(distinct) <= MAX_COUNTED
    edges = distinct[:-1] if is_counted else _edges(present, is_number=feature.type is not ColumnType.DATETIME)
    bounds = [None, *(_scalar(edge, feature) for edge in edges), None]
    conditions = [Condition(column=feature.name, above=above, up_to=up_to) for above, up_to in pairwise(bounds)]
    if is_counted:
        conditions = [Condition(column=feature.name, value=_scalar(value, feature)) for value in distinct]
    return np.searchsorted(edges, values), conditions, bounds


def _edges(present: np.ndarray, *, is_number: bool) -> np.ndarray:
    """Return quantiles of sorted values, which divide them."""
    edges = present[np.rint(np.arange(1, BINS) / BINS * (len(present) - 1)).astype(int)]
    if is_number:
        edges = np.array([float(f"{edge:.{DIGITS}g}") for edge in edges])
    return np.unique(edges[(edges >= present[0]) & (edges < present[-1])])


def _scalar(value: float, feature: Feature) -> float | int | str:
    if feature.type is ColumnType.DATETIME:
        # Without the time zone, as datetimes are written in files.
        moment = EPOCH + timedelta(days=value)
        return moment.replace(tzinfo=None, microsecond=0).isoformat().removesuffix("T00:00:00")
    return int(value) if feature.type is ColumnType.INTEGER and value.is_integer() else value


def levels_by_feature(X: np.ndarray, features: Sequence[Feature]) -> list[Levels]:
    """Return the levels of the features that have two or more, of encoded rows (rows, columns); texts have none."""
    kinds = [(index, feature) for index, feature in enumerate(features) if feature.type is not ColumnType.TEXT]
    found = (levels_of(X[:, index], feature) for index, feature in kinds)
    return [levels for levels in found if levels.size > 1]
