"""What-if curves: predictions for one row over the values of one feature."""

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.inference.fitted_version import FittedVersion
from mlapp.schemas import ColumnType, Feature, Scalar, WhatIf
from mlapp.tables.columns.conversion import DAY_US, DTYPES, format_values
from mlapp.tables.columns.inference import convert_column
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.formats.json import records_table

MAX_POINTS = 60
MAX_CATEGORIES = 20
MAX_CLASSES = 5


def what_if(fitted: FittedVersion, record: dict[str, Any], name: str) -> WhatIf:
    """Predict a record of JSON scalars over the values of a feature in training, and the record's own value.

    Raises:
        Unacceptable: the model has no such feature, it is a text, the model cannot predict the record, or there is no
            value of the feature.
    """
    feature = next((feature for feature in fitted.info.features if feature.name == name), None)
    if feature is None:
        raise Unacceptable(f"Version {fitted.info.version} of {fitted.info.model} has no feature '{shorten(name)}'.")
    if feature.type is ColumnType.TEXT:
        raise Unacceptable(f"'{shorten(name)}' is a text, whose values have no order to draw; try other texts instead.")
    fitted.encoder.encode(records_table([record]))
    own = convert_column(column_of(name, [record.get(name)]), feature.type, feature.read_as).values
    values = _to_json(_with_own(_training_values(feature), own, feature.type), feature.type)
    if not values:
        raise Unacceptable(f"There is no value of '{shorten(name)}' to try; give it one first.")
    rows = records_table([record | {name: value} for value in values])
    x = fitted.encoder.encode(rows)
    answer, reliable = fitted.answers.response(fitted.predict(x)), fitted.is_reliable(x)
    return WhatIf(
        feature=name,
        type=feature.type,
        values=values,
        predictions=answer.predictions,
        lower=answer.lower,
        upper=answer.upper,
        probabilities=_most_probable(answer.probabilities) if answer.probabilities else None,
        reliable=None if reliable.all() else reliable.tolist(),
    )


def _training_values(feature: Feature) -> pl.Series:
    """Return the categories, or values spread over the range, of the training table."""
    dtype = DTYPES[feature.type]
    if feature.type is ColumnType.BOOLEAN:
        return pl.Series([False, True])
    if feature.type is ColumnType.CATEGORY:
        return pl.Series((feature.categories or [])[:MAX_CATEGORIES], dtype=dtype)
    if isinstance(feature.min, datetime):
        # UTC, with or without a time zone.
        low, high = pl.Series([feature.min, feature.max]).dt.replace_time_zone(None).cast(dtype).to_physical()
        # Whole days over long periods.
        step = DAY_US if high - low > MAX_POINTS * DAY_US else 1
        return _spaced(low, high, step).cast(pl.Int64).cast(dtype)
    low, high = pl.Series([feature.min, feature.max], dtype=dtype)
    return _spaced(low, high, 1 if feature.type is ColumnType.INTEGER else 0).cast(dtype)


def _spaced(low: float, high: float, step: int) -> pl.Series:
    """Return evenly spaced values from `low` to `high`; those between are rounded down to multiples of `step`."""
    points = min(MAX_POINTS, int(high - low) + 1) if step == 1 else MAX_POINTS
    values = np.linspace(low, high, points)
    if step:
        values[1:-1] = values[1:-1] // step * step
    return pl.Series(np.unique(values.clip(low, high)))


def _with_own(values: pl.Series, own: pl.Series, kind: ColumnType) -> pl.Series:
    """Add the row's own value: numbers and datetimes are sorted, categories and booleans have it last."""
    combined = pl.concat([values, own.alias(values.name).drop_nulls()]).unique(maintain_order=True)
    return combined if kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN) else combined.sort()


def _to_json(values: pl.Series, kind: ColumnType) -> list[Scalar]:
    """Return the values as JSON scalars."""
    if kind is ColumnType.INTEGER:
        return [int(value) if value.is_integer() else value for value in values]
    found: list[Scalar] = (format_values(values) if kind is ColumnType.DATETIME else values).to_list()
    return found


def _most_probable(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return the curves of the classes with the highest mean probability, in that order."""
    curves = {name: [row[name] for row in rows] for name in rows[0]}
    return dict(sorted(curves.items(), key=lambda curve: -sum(curve[1]))[:MAX_CLASSES])
