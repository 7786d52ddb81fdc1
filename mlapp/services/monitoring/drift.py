"""Drift of features and predictions: production data compared with the training data."""

from typing import TYPE_CHECKING

from mlapp import ml
from mlapp.schemas import ColumnDrift, ColumnType, Distribution, Drift, Record, Served

if TYPE_CHECKING:
    from collections.abc import Sequence


def drift(version: int, record: Record, served: Served | None) -> Drift:
    """Return the drift of each feature and of the predictions; `served` is None without requests."""
    predicted = served.prediction if served else None
    return Drift(
        version=version,
        rows=served.rows if served else 0,
        since=served.since if served else None,
        features=_features(record, served.features if served else []),
        prediction=_column(record.target, record.target_type, record.target_distribution, predicted),
    )


def _features(record: Record, served: list[Distribution]) -> list[ColumnDrift]:
    counted: Sequence[Distribution | None] = served or [None] * len(record.distributions)
    columns = zip(record.features, record.distributions, counted, strict=False)
    return [_column(feature.name, feature.type, training, found) for feature, training, found in columns]


def _column(name: str, kind: ColumnType, training: Distribution, served: Distribution | None) -> ColumnDrift:
    counted = training.emptied().plus(served)
    index, band = ml.measure_drift(training, counted)
    return ColumnDrift(name=name, type=kind, psi=index, band=band, training=training, served=counted)
