"""Loading of stored versions, and the list of models."""

from pathlib import Path

from mlapp.errors import NotFound, shorten
from mlapp.library.stores import open_store
from mlapp.library.version import Version
from mlapp.ml.inference.fitted_version import load_version
from mlapp.schemas import ModelSummary
from mlapp.services.models.listing import list_models
from mlapp.services.stored_versions import describe, version_number


def load(model: str | None = None, version: int | str = "active", *, store: str | Path | None = None) -> Version:
    """Load a version of a model into this process; what is stored later does not change it.

    Args:
        model: The name of the model; by default the default one.
        version: A number, `active` or `latest`.
        store: The folder of the store; by default that of the settings, `MLAPP_STORE`.

    Raises:
        NotFound: the model or the version does not exist.
        Conflict: the version requires another Python or scikit-learn, or code that is missing.
        Unavailable: the store cannot be read.
    """
    opened = open_store(store)
    name = opened.default() if model is None else model
    if name is None:
        raise NotFound(
            f"There is no default model in the store {_path(opened.folder)}: train one, or choose another store."
        )
    if name not in opened.names():
        models = ", ".join(opened.names()) or "no models"
        raise NotFound(f"There is no model '{shorten(name)}' in the store {_path(opened.folder)}, which has {models}.")
    key = name, version_number(opened, name, str(version))
    return Version(load_version(describe(opened, *key), opened.file(*key)))


def models(*, store: str | Path | None = None) -> list[ModelSummary]:
    """Return summaries of all models, sorted by name, as `GET /models` does.

    Args:
        store: The folder of the store; by default that of the settings, `MLAPP_STORE`.

    Raises:
        Unavailable: the store cannot be read.
    """
    return list_models(open_store(store)).models


def _path(folder: Path) -> str:
    return f"'{folder.absolute()}'"
