"""Loading of stored versions, and the list of models."""

from pathlib import Path

from mlapp.library.version import Version
from mlapp.schemas import ModelSummary


def load(model: str | None = None, version: int | str = "active", *, store: str | Path | None = None) -> Version:
    """Load a version of a model, by default the active one of the default model.

    Args:
        model: The name of the model.
        version: A number, `active` or `latest`.
        store: The folder of the store; by default that of the settings.
    """
    raise NotImplementedError


def models(*, store: str | Path | None = None) -> list[ModelSummary]:
    """Return summaries of all models, by name.

    Args:
        store: The folder of the store; by default that of the settings.
    """
    raise NotImplementedError
