"""What a model was asked and what it answered, counted in the bins of its training."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from mlapp.schemas import ColumnType, Distribution, Predictions, Record, Scalar, Task
from mlapp.tables.columns.histograms import recount
from mlapp.tables.columns.types import convert, spell
from mlapp.tables.formats.json_columns import column_of

Row = tuple[Any, ...]
Column = list[Scalar] | list[float] | pl.Series


def frame_of(model: Record, rows: Sequence[Row]) -> pl.DataFrame:
    """Return rows of JSON values, in the order of the features, as the checked frame they stand for."""
    columns = zip(*rows, strict=True)
    pairs = zip(model.features, columns, strict=True)
    return pl.DataFrame([convert(column_of(each.name, list(values)), each.type)[0] for each, values in pairs])


def count_features(model: Record, frames: list[pl.DataFrame]) -> list[Distribution]:
    """Count checked rows, column by column."""
    rows = pl.concat(frames)
    pairs = zip(model.features, model.distributions, strict=True)
    return [recount(rows[feature.name], like, feature.type) for feature, like in pairs]


def count_predictions(model: Record, columns: list[Column]) -> tuple[Predictions, Distribution]:
    """Count predictions, in the bins of the target's values."""
    values = pl.concat([pl.Series("", column) for column in columns])
    if model.task is Task.CLASSIFICATION:
        found = recount(spell(values), model.target_distribution, ColumnType.CATEGORY)
        classes = [*found.counts, found.others]
        return Predictions(count=len(values), classes=classes), found
    numbers = values.cast(pl.Float64)
    counted = Predictions(
        count=len(numbers),
        sum=float(numbers.sum()),
        low=float(numbers.min()),  # type: ignore[arg-type]
        high=float(numbers.max()),  # type: ignore[arg-type]
    )
    return counted, recount(numbers, model.target_distribution, ColumnType.NUMBER)
