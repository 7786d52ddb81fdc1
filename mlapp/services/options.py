"""The options of a training, as they were sent → checked."""

import json
from typing import Any

from pydantic import ValidationError

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.schemas import TrainOptions


def train_options(sent: dict[str, Any]) -> TrainOptions:
    """Check the options of a training.

    Raises:
        Unacceptable: an option is unknown or has a value it cannot have.
    """
    try:
        return TrainOptions.model_validate(sent)
    except ValidationError as invalid:
        errors = [
            {"detail": _sentence(error["loc"], error["type"], error["msg"]), "pointer": pointer(*error["loc"])}
            for error in invalid.errors(include_url=False, include_input=False)
        ]
        raise Unacceptable(errors[0]["detail"], errors) from None


def together(query: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a query string and of a body.

    Raises:
        Unacceptable: one has different values in them.
    """
    for name in query.keys() & body.keys():
        if _text(query[name]) != _text(body[name]):
            raise Unacceptable(
                f"The option '{shorten(name)}' is given in the query string and in the body, "
                "with different values; send it once."
            )
    return query | body


def _text(value: object) -> object:
    """Return a plain value as a query string spells it, and any other as it is."""
    return value if isinstance(value, str | list | dict) else json.dumps(value)


def _sentence(place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = shorten(place[0])
    if kind == "extra_forbidden":
        return f"There is no option '{name}'; there are {', '.join(TrainOptions.model_fields)}."
    return f"The option '{name}' will not do: {message}."
