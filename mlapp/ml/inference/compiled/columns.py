"""Columns of the matrices that estimators see, as functions of one column of the feature matrix each.

Members of an ensemble encode the same features in their own ways: one splits a category by its code, another one by the
mean of its target. Both depend on the same value, so that one lookup serves all members.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from mlapp.ml.inference.compiled.functions import Compiled, Row, rows_of
from mlapp.ml.preprocessing import MAX_CODE, NativeColumns, cap_codes
from mlapp.ml.recipes.calendar import Calendar, field_features
from mlapp.ml.recipes.target_means import TargetMeans

WEEKDAYS = np.arange(7.0)
MONDAY = 3.0
"""1970-01-01, day 0, was a Thursday."""


class Lookup(NamedTuple):
    """A function of codes."""

    codes: np.ndarray
    """Known codes in ascending order, (codes,)."""
    values: np.ndarray
    """Values of the known codes, of any other one, and of a missing one, (codes + 2,)."""

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the values of some codes."""
        return np.asarray(self.values[positions(values, self.codes)])


class Column(NamedTuple):
    """A column that an estimator sees, as a function of an input column."""

    source: int
    """Index of the input column."""
    lookup: Lookup | None = None
    """Value by code; None for a column of numbers."""
    missing: float = np.nan
    """What numbers have in place of missing values."""

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the values of this column by values of the input column, (values,)."""
        return self.lookup.of(values) if self.lookup else np.where(np.isnan(values), self.missing, values)


def positions(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the indices of values in ascending codes; `len(codes)` for unknown ones, and one more for missing ones."""
    indices = codes.searchsorted(values)
    known = np.append(codes, np.nan)[indices] == values
    return np.where(known, indices, np.where(np.isnan(values), len(codes) + 1, len(codes)))


def with_others(codes: np.ndarray) -> np.ndarray:
    """Return codes, followed by an unknown and a missing one."""
    return np.append(codes, [np.inf, np.nan])


class Inputs:
    """The feature matrix, and what its members compute of it together: calendar features, for example."""

    def __init__(self, features: int) -> None:
        self._features = self._width = features
        self._added: dict[object, list[int]] = {}
        self._functions: list[tuple[list[int], Compiled]] = []

    def add(self, key: object, indices: list[int], function: Compiled) -> list[int]:
        """Append columns that a function computes of others, unless they exist; return their indices."""
        if key not in self._added:
            width = function.many(np.zeros((1, len(indices)))).shape[1]
            self._added[key] = list(range(self._width, self._width + width))
            self._width += width
            self._functions.append((indices, function))
        return self._added[key]

    def sources(self) -> list[set[int]]:
        """Return the columns of the feature matrix that each column depends on, the appended ones last."""
        found = [{index} for index in range(self._features)]
        for indices, function in self._functions:
            own = set().union(*(found[index] for index in indices))
            found += [own] * function.many(np.zeros((1, len(indices)))).shape[1]
        return found

    def compiled(self) -> Compiled:
        """Return the function that appends these columns."""
        if not self._functions:
            return Compiled(lambda x: x, ())
        functions = self._functions

        def many(x: np.ndarray) -> np.ndarray:
            for indices, function in functions:
                x = np.hstack([x, function.many(x[:, indices])])
            return x

        rows = rows_of([function for _, function in functions])
        if rows is None:
            return Compiled(many)
        calls = [(indices, function) for (indices, _), function in zip(functions, rows, strict=True)]

        def one(row: Row) -> Row:
            found = list(row)
            for indices, function in calls:
                found += function([found[index] for index in indices])
            return found

        return Compiled(many, (one,))


def columns_of(step: Any, columns: Sequence[Column], inputs: Inputs) -> list[Column]:
    """Return what a fitted transformer makes of columns."""
    transform = _COLUMNS.get(type(step), _computed)
    return transform(step, columns, inputs)


def _of_pipeline(step: Pipeline, columns: Sequence[Column], inputs: Inputs) -> list[Column]:
    for _, part in step.steps:
        columns = columns_of(part, columns, inputs)
    return list(columns)


def _of_column_transformer(step: ColumnTransformer, columns: Sequence[Column], inputs: Inputs) -> list[Column]:
    found: list[Column] = []
    for _, part, indices in step.transformers_:
        if len(indices):
            found += columns_of(part, [columns[index] for index in indices], inputs)
    return found


def _of_function(step: FunctionTransformer, columns: Sequence[Column], inputs: Inputs) -> list[Column]:
    if step.func is None:
        return list(columns)
    if step.func is cap_codes:
        return [_capped(column) for column in columns]
    return _computed(step, columns, inputs)


def _of_imputer(step: SimpleImputer, columns: Sequence[Column], inputs: Inputs) -> list[Column]:
    if step.add_indicator:
        return _computed(step, columns, inputs)
    return [_filled(column, float(value)) for column, value in zip(columns, step.statistics_, strict=True)]


def _of_native(step: NativeColumns, columns: Sequence[Column], inputs: Inputs) -> list[Column]:
    capped = set(step.categories)
    days = columns_of(step.calendar_, [columns[index] for index in step.datetimes], inputs) if step.datetimes else []
    own = [_capped(column) if index in capped else column for index, column in enumerate(columns)]
    return own + days[len(step.datetimes) :]


def _of_calendar(step: Calendar, columns: Sequence[Column], inputs: Inputs) -> list[Column]:
    """Return the days as they are, and what is computed of them."""
    days = [column.source for column in columns]
    found = list(columns)
    for name, index in step.fields_:
        found += _of_field(name, days[index], inputs, smooth=step.smooth)
    between = Compiled(lambda x: x[:, :1] - x[:, 1:], (lambda row: [row[0] - row[1]],))
    for pair in step.pairs_:
        both = [days[index] for index in pair]
        found += map(Column, inputs.add(("days between", *both), both, between))
    return found


def _of_field(name: str, day: int, inputs: Inputs, *, smooth: bool) -> list[Column]:
    """Return the features of a field of the calendar: the waves of a weekday are a lookup of it."""
    if smooth and name == "weekday":
        [column] = _of_field(name, day, inputs, smooth=False)
        waves = field_features(name, np.append(WEEKDAYS - MONDAY, [np.nan, np.nan]), np, smooth=True)
        return [column._replace(lookup=Lookup(WEEKDAYS, values)) for values in waves]
    features = Compiled(
        lambda x: np.column_stack(field_features(name, x[:, 0], np, smooth=smooth)),
        (lambda row: field_features(name, row[0], math, smooth=smooth),),
    )
    return [*map(Column, inputs.add((name, smooth, day), [day], features))]


def _of_target_means(step: TargetMeans, columns: Sequence[Column], _inputs: Inputs) -> list[Column]:
    found = list(columns)
    for index, (codes, means) in zip(step.columns, step.means(), strict=True):
        source = columns[index].source
        found[index], *further = [Column(source, Lookup(codes, values)) for values in means.T]
        found += further
    return found


def _computed(step: Any, columns: Sequence[Column], inputs: Inputs) -> list[Column]:
    """Return the columns that an unknown transformer computes of input columns."""
    if any(column.lookup or not np.isnan(column.missing) for column in columns):
        raise TypeError(f"{step} transforms columns that are computed.")
    return [*map(Column, inputs.add(id(step), [column.source for column in columns], Compiled(step.transform)))]


def _capped(column: Column) -> Column:
    """Return codes up to `MAX_CODE`: all further ones are alike."""
    codes = np.arange(MAX_CODE, dtype=float)
    lookup = column.lookup or Lookup(codes, with_others(codes))
    return Column(column.source, lookup._replace(values=cap_codes(lookup.values)))


def _filled(column: Column, value: float) -> Column:
    if not column.lookup:
        return column._replace(missing=value)
    return column._replace(lookup=column.lookup._replace(values=np.nan_to_num(column.lookup.values, nan=value)))


_COLUMNS: dict[type, Callable[[Any, Sequence[Column], Inputs], list[Column]]] = {
    Pipeline: _of_pipeline,
    ColumnTransformer: _of_column_transformer,
    FunctionTransformer: _of_function,
    SimpleImputer: _of_imputer,
    NativeColumns: _of_native,
    Calendar: _of_calendar,
    TargetMeans: _of_target_means,
}
