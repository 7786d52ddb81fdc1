"""Drift report of a version: the drift, measured by mlapp.ml, of each feature and of the predictions."""

from typing import TYPE_CHECKING

from mlapp import ml
from mlapp.schemas import ColumnDrift, ColumnType, Distribution, Drift, Record, RequestProfile

if TYPE_CHECKING:
    from collections.abc import Sequence


def drift(model: str, version: int, record: Record, profile: RequestProfile | None) -> Drift:
    """Return the drift of each feature and of the predictions; `profile` is None without requests."""
    predicted = profile.prediction if profile else None
    return Drift(
        model=model,
        version=version,
        rows=profile.rows if profile else 0,
        since=profile.since if profile else None,
        features=_features(record, profile.features if profile else []),
        prediction=_column(record.target, record.target_type, record.target_distribution, predicted),
    )


def _features(record: Record, production: list[Distribution]) -> list[ColumnDrift]:
    counted: Sequence[Distribution | None] = production or [None] * len(record.distributions)
    columns = zip(record.features, record.distributions, counted, strict=False)
    return [_column(feature.name, feature.type, training, found) for feature, training, found in columns]


def _column(name: str, kind: ColumnType, training: Distribution, production: Distribution | None) -> ColumnDrift:
    counted = training.emptied().plus(production)
    index, level = ml.measure_drift(training, counted)
    return ColumnDrift(name=name, type=kind, psi=index, level=level, training=training, production=counted)
