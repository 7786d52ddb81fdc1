"""StoredActivations: what the store says about models in use, which is read again when it may have changed."""

from collections.abc import Iterable
from typing import NamedTuple

from mlapp.errors import NotFound
from mlapp.schemas import ModelSettings
from mlapp.store import ModelStore


class StoredActivations(NamedTuple):
    """The default model, and which versions of models are active."""

    default: str | None
    """The default model."""
    settings: dict[str, ModelSettings]
    """By model; `active` is the version that the store can have answer."""
    deleted: list[str]
    """Models that do not exist any more."""


def read_activations(store: ModelStore, models: Iterable[str]) -> StoredActivations:
    """Read the settings of models, and of the default one."""
    default = store.default()
    found = StoredActivations(default, {}, [])
    for model in dict.fromkeys([*models, *([default] if default else [])]):
        try:
            found.settings[model] = store.settings(model).model_copy(update={"active": store.active(model)})
        except NotFound:
            found.deleted.append(model)
    return found
