"""Lists of models and versions, and the state of all models for polling."""

from contextlib import suppress
from typing import NamedTuple

from mlapp.errors import NotFound
from mlapp.schemas import ActivationPolicy, Decision, ModelList, ModelSummary, VersionList, VersionSummary
from mlapp.services.stored_versions import summarize, summarize_model
from mlapp.store import ModelStore


class StoredModel(NamedTuple):
    """The state of a model that is cheap to poll."""

    active: int | None
    versions: tuple[int, ...]
    """All versions, newest first."""
    description: str = ""
    activation: ActivationPolicy = ActivationPolicy.AUTO
    decision: Decision | None = None


class StoreState(NamedTuple):
    """The state of all models, cheap enough for polling."""

    default: str | None
    models: dict[str, StoredModel]
    """By name, sorted."""


def store_state(store: ModelStore) -> StoreState:
    """Return the active version and all versions of every model; cheap enough for polling."""
    models: dict[str, StoredModel] = {}
    for name in store.names():
        # It may have been deleted since it was listed.
        with suppress(NotFound):
            active, versions = store.state(name)
            settings = store.settings(name)
            models[name] = StoredModel(
                active, tuple(versions), settings.description, settings.activation, settings.decision
            )
    return StoreState(store.default(), models)


def list_models(store: ModelStore) -> ModelList:
    """Return summaries of all models by name, and the default one."""
    models: list[ModelSummary] = []
    for name in store.names():
        with suppress(NotFound):
            models.append(summarize_model(store, name))
    return ModelList(default=store.default(), models=models)


def list_versions(store: ModelStore, model: str) -> VersionList:
    """Return summaries of all versions of a model, newest first.

    Raises:
        NotFound: the model does not exist.
    """
    versions: list[VersionSummary] = []
    for version in store.versions(model):
        with suppress(NotFound):
            versions.append(summarize(store, model, version))
    return VersionList(model=model, active=store.active(model), versions=versions)
