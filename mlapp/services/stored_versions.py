"""Stored versions as API models: full and summary."""

from typing import Any

from mlapp import ml
from mlapp.schemas import Model, ModelSummary
from mlapp.store import ModelStore


def describe(store: ModelStore, version: int) -> Model:
    """Return a version: its record, note, and whether it is active and usable.

    Raises:
        NotFound: the version does not exist.
    """
    return Model.model_construct(**_values(store, version, store.active()))


def summarize(store: ModelStore, version: int, active: int | None) -> ModelSummary:
    """Return a summary of a version.

    Raises:
        NotFound: the version does not exist.
    """
    return ModelSummary.model_construct(**_values(store, version, active))


def _values(store: ModelStore, version: int, active: int | None) -> dict[str, Any]:
    record = store.record(version)
    return dict(record) | {
        "version": version,
        "note": store.note(version),
        "active": version == active,
        "usable": ml.unusable_reason(record.library_versions) is None,
    }
