"""Stored versions as API models: full and summary."""

from mlapp import ml
from mlapp.schemas import Model, ModelSummary, Record
from mlapp.store import ModelStore


def describe(store: ModelStore, version: int) -> Model:
    """Return a version: its record, note, and whether it is active and usable.

    Raises:
        NotFound: the version does not exist.
    """
    record = store.record(version)
    state = {"note": store.note(version), "active": version == store.active(), "usable": _usable(record)}
    return Model.model_construct(**(dict(record) | state), version=version)


def summarize(store: ModelStore, version: int, active: int | None) -> ModelSummary:
    """Return a summary of a version. Reads only what is shown, as there may be a thousand versions.

    Raises:
        NotFound: the version does not exist.
    """
    record = store.record(version)
    return ModelSummary.model_construct(
        version=version,
        created_at=record.created_at,
        active=version == active,
        usable=_usable(record),
        task=record.task,
        target=record.target,
        estimator=record.estimator,
        rows=record.rows,
        source=record.source,
        metrics=record.metrics,
        note=store.note(version),
    )


def _usable(record: Record) -> bool:
    return ml.unusable_reason(record.library_versions) is None
