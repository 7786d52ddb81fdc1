"""What-if: how the prediction for a row changes with one of its features."""

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.inference.fitted_model import FittedModel
from mlapp.schemas import ColumnType, Feature, Scalar, WhatIf
from mlapp.tables.columns.json_values import column_of
from mlapp.tables.columns.types import DTYPES, convert_column, format_values
from mlapp.tables.formats.json import records_table

POINTS = 60
"""Values that a curve runs through, where there are more than that."""
MAX_CATEGORIES = 20
MAX_CLASSES = 5
A_DAY_US = 86_400_000_000


def what_if(fitted: FittedModel, record: dict[str, Any], name: str) -> WhatIf:
    """Predict a record of JSON scalars again with each of the values that training saw in a feature.

    The curve holds the record's own value too, wherever it lies.

    Raises:
        Unacceptable: the model has no such feature, cannot predict the record, or knows no value of the feature.
    """
    feature = next((feature for feature in fitted.model.features if feature.name == name), None)
    if feature is None:
        raise Unacceptable(f"Model {fitted.model.version} has no feature '{shorten(name)}'.")
    fitted.encoder.encode(records_table([record]))
    present = convert_column(column_of(name, [record.get(name)]), feature.type)[0]
    values = _plain(_with_present(_seen(feature), present, feature.type), feature.type)
    if not values:
        raise Unacceptable(f"There is no value of '{shorten(name)}' to try; give it one first.")
    rows = records_table([record | {name: value} for value in values])
    answer = fitted.answer(fitted.predict(fitted.encoder.encode(rows)))
    return WhatIf(
        feature=name,
        type=feature.type,
        values=values,
        predictions=answer.predictions,
        lower=answer.lower,
        upper=answer.upper,
        probabilities=_likeliest(answer.probabilities) if answer.probabilities else None,
    )


def _seen(feature: Feature) -> pl.Series:
    """Return values over what training saw."""
    dtype = DTYPES[feature.type]
    if feature.type is ColumnType.BOOLEAN:
        return pl.Series([False, True])
    if feature.type is ColumnType.CATEGORY:
        return pl.Series((feature.categories or [])[:MAX_CATEGORIES], dtype=dtype)
    if isinstance(feature.min, datetime):
        # As the signature writes moments: UTC, whether it says so or not.
        low, high = pl.Series([feature.min, feature.max]).dt.replace_time_zone(None).cast(dtype).to_physical()
        # Over months nobody asks for the hour.
        grain = A_DAY_US if high - low > POINTS * A_DAY_US else 1
        return _spaced(low, high, grain).cast(pl.Int64).cast(dtype)
    low, high = pl.Series([feature.min, feature.max], dtype=dtype)
    return _spaced(low, high, 1 if feature.type is ColumnType.INTEGER else 0).cast(dtype)


def _spaced(low: float, high: float, grain: int) -> pl.Series:
    """Return values from `low` to `high`, both included, the ones between rounded down to multiples of `grain`."""
    points = min(POINTS, int(high - low) + 1) if grain == 1 else POINTS
    values = np.linspace(low, high, points)
    if grain:
        values[1:-1] = values[1:-1] // grain * grain
    return pl.Series(np.unique(values.clip(low, high)))


def _with_present(values: pl.Series, present: pl.Series, kind: ColumnType) -> pl.Series:
    """Return the values with the row's own: among numbers and moments in its place, else at the end."""
    together = pl.concat([values, present.alias(values.name).drop_nulls()]).unique(maintain_order=True)
    return together if kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN) else together.sort()


def _plain(values: pl.Series, kind: ColumnType) -> list[Scalar]:
    """Return values as a record holds them."""
    if kind is ColumnType.INTEGER:
        return [int(value) if value.is_integer() else value for value in values]
    found: list[Scalar] = (format_values(values) if kind is ColumnType.DATETIME else values).to_list()
    return found


def _likeliest(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return the probabilities of a few classes along the curve, first of the one that is likeliest on average."""
    curves = {name: [row[name] for row in rows] for name in rows[0]}
    return dict(sorted(curves.items(), key=lambda curve: -sum(curve[1]))[:MAX_CLASSES])
