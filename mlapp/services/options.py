"""Options of trainings and predictions: validation, and merging of query string and body."""

import json
from typing import Any, TypeVar

from pydantic import ValidationError

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.schemas import FileOptions, PredictOptions, TrainOptions

Options = TypeVar("Options", bound=FileOptions)


def train_options(options: dict[str, Any]) -> TrainOptions:
    """Validate the options of a training.

    Raises:
        Unacceptable: an option is unknown, or its value is invalid.
    """
    return _validate(TrainOptions, options)


def predict_options(options: dict[str, Any]) -> PredictOptions:
    """Validate the options of a prediction.

    Raises:
        Unacceptable: an option is unknown, or its value is invalid.
    """
    return _validate(PredictOptions, options)


def _validate(schema: type[Options], options: dict[str, Any]) -> Options:
    try:
        return schema.model_validate(options)
    except ValidationError as error:
        errors = [
            {"detail": _message(schema, issue["loc"], issue["type"], issue["msg"]), "pointer": pointer(*issue["loc"])}
            for issue in error.errors(include_url=False, include_input=False)
        ]
        raise Unacceptable(errors[0]["detail"], errors) from None


def merge_options(query: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Merge the options of a query string and a body.

    Raises:
        Unacceptable: an option has different values in them.
    """
    for name in query.keys() & body.keys():
        if _text(query[name]) != _text(body[name]):
            raise Unacceptable(
                f"The option '{shorten(name)}' is given in the query string and in the body, "
                "with different values; send it once."
            )
    return query | body


def _text(value: object) -> object:
    """Return a scalar as it is written in a query string, and any other value unchanged."""
    return value if isinstance(value, str | list | dict) else json.dumps(value)


def _message(schema: type[FileOptions], location: tuple[int | str, ...], kind: str, message: str) -> str:
    name = shorten(location[0])
    if kind == "extra_forbidden":
        return f"There is no option '{name}'; the options are {', '.join(schema.model_fields)}."
    return f"Invalid option '{name}': {message}."
