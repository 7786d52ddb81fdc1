"""OpenAPI schemas of options: in query strings, forms and JSON bodies."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

REF = "#/components/schemas/{model}"


def query_parameters(properties: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return options as parameters of the query string."""
    return [
        {"name": name, "in": "query", "schema": schema, "description": schema["description"]}
        for name, schema in properties.items()
    ]


def without_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with the defaults of its properties in their descriptions only.

    From `default`, openapi-python-client generates a value that is always sent, in the query string and in the body,
    and openapi-typescript a required property.
    """
    properties = {}
    for name, property_ in schema["properties"].items():
        option = {key: value for key, value in property_.items() if key != "default"}
        if property_.get("default") not in (None, ""):
            option["description"] += f" Default: `{str(property_['default']).lower()}`."
        properties[name] = option
    return schema | {"properties": properties}


def body_schemas(*bodies: type[BaseModel]) -> dict[str, Any]:
    """Return the schemas of JSON bodies, and of those that they refer to, by name."""
    schemas: dict[str, Any] = {}
    for body in bodies:
        schema = body.model_json_schema(ref_template=REF)
        schemas |= schema.pop("$defs", {}) | {body.__name__: without_defaults(schema)}
    return schemas
