"""A stored version, as the doors show it."""

from mlapp import ml
from mlapp.schemas import Model, ModelSummary, Record
from mlapp.store import ModelStore


def describe(store: ModelStore, version: int) -> Model:
    """Return a version with what changes about it: its note, whether it is active, and usable here.

    Raises:
        NotFound: there is none.
    """
    record = store.record(version)
    changing = {"note": store.note(version), "active": version == store.active(), "usable": _usable(record)}
    return Model.model_construct(**(dict(record) | changing), version=version)


def summarize(store: ModelStore, version: int, active: int | None) -> ModelSummary:
    """Return a version in short; there may be a thousand, so that nothing is read that is not shown.

    Raises:
        NotFound: there is none.
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
    return ml.why_unusable(record.library_versions) is None
