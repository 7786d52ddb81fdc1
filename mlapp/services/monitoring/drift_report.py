"""Drift report of a version: the drift, measured by mlapp.ml, of each feature and of the predictions."""

from mlapp import ml
from mlapp.schemas import ColumnDrift, ColumnType, Distribution, Drift, Record, RequestProfile


def drift(model: str, version: int, record: Record, profile: RequestProfile | None) -> Drift:
    """Return the drift of each feature and of the predictions; `profile` is None without requests."""
    return Drift(
        model=model,
        version=version,
        rows=profile.rows if profile else 0,
        since=profile.since if profile else None,
        features=_features(record, profile.features if profile else []),
        prediction=_column(
            record.target, record.target_type, record.target_distribution, profile.prediction if profile else []
        ),
    )


def _features(record: Record, tallies: list[list[int]]) -> list[ColumnDrift]:
    columns = zip(record.features, record.distributions, tallies or [[]] * len(record.distributions), strict=False)
    return [_column(feature.name, feature.type, training, tally) for feature, training, tally in columns]


def _column(name: str, kind: ColumnType, training: Distribution, tally: list[int]) -> ColumnDrift:
    production = training.with_tally(tally)
    index, level = ml.measure_drift(training, production)
    return ColumnDrift(name=name, type=kind, psi=index, level=level, training=training, production=production)
