"""Stores that callers name, and what they add to them."""

from pathlib import Path

from mlapp.caller import caller
from mlapp.errors import Unacceptable
from mlapp.library.version import Version
from mlapp.ml.inference.fitted_version import load_version
from mlapp.services.jobs.ipc import Finished
from mlapp.services.training.storage import add_version
from mlapp.settings import Settings, load_settings
from mlapp.store import ModelStore

CALLER = "python"
"""Who activates the versions that the library adds."""


def read_settings() -> Settings:
    """Read the settings of environment variables and `.env`, as the server does.

    Raises:
        Unacceptable: a setting is invalid.
    """
    try:
        return load_settings()
    except SystemExit as error:
        raise Unacceptable(str(error)) from None


def open_store(store: str | Path | None) -> ModelStore:
    """Return the store in a folder, by default that of the settings.

    Raises:
        Unacceptable: there is something else than a folder, or a setting is invalid.
    """
    folder = read_settings().store if store is None else Path(store)
    if folder.exists() and not folder.is_dir():
        raise Unacceptable(f"The store '{folder}' is not a folder: choose another one by `store` or MLAPP_STORE.")
    return ModelStore(folder)


def publish(finished: Finished, store: ModelStore) -> Version:
    """Store a version where it belongs, as the server does, and return it; a server that follows the store serves it.

    Raises:
        TrainingFailed: it cannot be loaded.
        Unavailable: the store cannot be written.
    """
    before = caller.set(CALLER)
    try:
        info = add_version(store, finished, read_settings().keep_versions)
    finally:
        caller.reset(before)
    return Version(load_version(info, finished.file))
