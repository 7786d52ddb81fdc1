"""Sentences about the state of a model."""

from mlapp.errors import shorten

INACTIVE = "No version is active, so the model answers nothing; activate one under Versions."
DELETED = "The model and its versions are gone. Requests to it get 404."
NO_VERSIONS = "Train one: it becomes active as soon as it is stored."
EXAMPLE = (
    "This model is an example on simulated data, trained at the first start. "
    "Train your own model, and delete this one in its settings."
)
NOT_ACTIVE = "Not active: it answers only programs that ask for this version."


def damaged(version: int) -> str:
    """Return what to do if the record of the active version cannot be read."""
    return f"The record of version {version} is damaged; activate another version, or train again."


def not_found(model: str) -> str:
    """Return that there is no model of a name."""
    return f"There is no model '{shorten(model)}'. It may have been deleted."


def nothing_active(model: str) -> str:
    """Return that a model has versions, none of which is active."""
    return f"{model} answers nothing until one of its versions is activated."
