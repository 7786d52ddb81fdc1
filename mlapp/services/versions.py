"""A stored version, as the doors show it."""

from mlapp import ml
from mlapp.schemas import Model, ModelSummary
from mlapp.store import ModelStore


def describe(store: ModelStore, version: int) -> Model:
    """Return a version with what changes about it: its note, whether it is active, and usable here.

    Raises:
        NotFound: there is none.
    """
    record = store.record(version)
    usable = ml.why_unusable(record.library_versions) is None
    changing = {"note": store.note(version), "active": version == store.active(), "usable": usable}
    return Model.model_construct(**(dict(record) | changing), version=version)


def summarize(model: Model) -> ModelSummary:
    """Return a model in short."""
    return ModelSummary.model_construct(**{name: getattr(model, name) for name in ModelSummary.model_fields})
