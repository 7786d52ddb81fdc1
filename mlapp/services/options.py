"""Options of trainings and predictions, and changes of models: validation, and merging of URL and body."""

import json
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.schemas import ModelPatch, PredictOptions, Schema, TrainOptions
from mlapp.schemas.models import REMOVABLE
from mlapp.services.model_names import slug
from mlapp.tables.strict_json import parse

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

NAME_RULE = "names of models have up to 63 lower-case letters, digits, - and _, and begin with a letter or digit"

Options = TypeVar("Options", bound=Schema)


def train_options(options: dict[str, Any]) -> TrainOptions:
    """Validate the options of a training.

    Raises:
        Unacceptable: an option is unknown, or its value is invalid.
    """
    return validate_options(TrainOptions, options)


def predict_options(options: dict[str, Any]) -> PredictOptions:
    """Validate the options of a prediction.

    Raises:
        Unacceptable: an option is unknown, or its value is invalid.
    """
    return validate_options(PredictOptions, options)


def parse_model_patch(data: bytes) -> ModelPatch:
    """Parse and validate the changes of a model in a JSON body.

    Raises:
        UnreadableBody: the body is not JSON.
        Unacceptable: a setting is unknown, its value is invalid, or none is given.
    """
    changes = parse(data, "The body")
    if not isinstance(changes, dict) or not changes:
        names = ", ".join(ModelPatch.model_fields)
        raise Unacceptable(f'Send an object with at least one of {names}, such as {{"default": true}}.')
    for name, value in changes.items():
        if value is None and name not in REMOVABLE:
            raise Unacceptable(f"Invalid option '{shorten(name)}': null is no value; leave out what stays as it is.")
    return validate_options(ModelPatch, changes)


def validate_options(schema: type[Options], options: dict[str, Any]) -> Options:
    """Validate options, or the arguments of a tool.

    Raises:
        Unacceptable: one is unknown, missing or invalid.
    """
    try:
        return schema.model_validate(options)
    except ValidationError as error:
        errors = [
            {"detail": _message(schema, issue), "pointer": pointer(*issue["loc"])}
            for issue in error.errors(include_url=False)
        ]
        raise Unacceptable(errors[0]["detail"], errors) from None


def merge_options(query: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Merge the options of a URL and a body.

    Raises:
        Unacceptable: an option has different values in them.
    """
    for name in query.keys() & body.keys():
        if _text(query[name]) != _text(body[name]):
            raise Unacceptable(
                f"The option '{shorten(name)}' is given in the URL and in the body, with different values; "
                "send it once."
            )
    return query | body


def _text(value: object) -> object:
    """Return a scalar as it is written in a query string, and any other value unchanged."""
    return value if isinstance(value, str | list | dict) else json.dumps(value)


def _message(schema: type[Schema], issue: "ErrorDetails") -> str:
    name = shorten(issue["loc"][0])
    if issue["type"] == "extra_forbidden" and name == "model" and schema is PredictOptions:
        return "There is no option 'model'; the path names the model: POST /models/{model}/predict."
    if issue["type"] == "extra_forbidden":
        return f"There is no option '{name}'; the options are {', '.join(schema.model_fields)}."
    if issue["type"] == "string_pattern_mismatch":
        return f"Invalid option '{name}': {NAME_RULE}, as in '{slug(issue['input']) or 'churn-2'}'."
    return f"Invalid option '{name}': {issue['msg']}."
