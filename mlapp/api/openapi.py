"""The OpenAPI document; the request of /predict follows the active model."""

import csv
import io
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from mlapp.api.dependencies import services_of
from mlapp.api.middleware.authorization import PREDICT_ROUTES, PUBLIC
from mlapp.api.problems import problem_responses
from mlapp.api.request_body import BINARY, FILES, MULTIPART
from mlapp.api.routes import predict, train
from mlapp.presentation.markdown import text
from mlapp.presentation.sentences import training_values
from mlapp.schemas import ColumnType, Feature, Format, Problem, VersionInfo

NO_MODEL = "No model is active yet; rows may have any features."
KEYS = "The full key (MLAPP_API_KEY), or the key that may only predict (MLAPP_PREDICT_KEY)."
SCHEMES = {
    "Bearer": {"type": "http", "scheme": "bearer", "description": KEYS},
    "X-API-Key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": KEYS},
}
"""Alternative headers for the API key."""
CROSS_SITE = "The request comes from a page of another site."
STRINGS = {ColumnType.CATEGORY: "string", ColumnType.DATETIME: "string"}


def add_openapi(app: FastAPI) -> None:
    """Set the OpenAPI document of the app."""

    @cache
    def routes() -> dict[str, Any]:
        # Built at the first request: it takes 0.1 s, which would delay the start.
        return _add_security(_describe_routes(app), open_=services_of(app).access.open)

    def openapi() -> dict[str, Any]:
        return _with_model(routes(), services_of(app).prediction.active)

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_routes(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = document["components"]["schemas"]
    schemas |= train.schemas() | {"Problem": Problem.model_json_schema(mode="serialization")}
    # FastAPI declares its own 422 schema for every route with a parameter; here every error is a problem.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        if "application/json" in operation["responses"].get("422", {}).get("content", {}):
            operation["responses"]["422"] = problem_responses(422)[422]
    return document


def _add_security(document: dict[str, Any], *, open_: bool) -> dict[str, Any]:
    """Add security requirements and the responses 401, 403 and 421 to every operation."""
    statuses = (421,) if open_ else (401, 421)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = (method.upper(), path)
            rejections = problem_responses(*statuses, described={403: _forbidden(route, open_=open_)})
            operation["responses"] |= {str(status): rejection for status, rejection in rejections.items()}
            if not open_:
                operation["security"] = [] if route in PUBLIC else [{scheme: []} for scheme in SCHEMES]
    if not open_:
        document["components"]["securitySchemes"] = SCHEMES
    return document


def _forbidden(route: tuple[str, str], *, open_: bool) -> str:
    method, path = route
    if open_ or route in PUBLIC | PREDICT_ROUTES:
        return CROSS_SITE
    exception = ", except for `active`" if (method, path.replace("{version}", "active")) in PREDICT_ROUTES else ""
    return f"The key may only predict{exception}. {CROSS_SITE}"


def _with_model(routes: dict[str, Any], model: VersionInfo | None) -> dict[str, Any]:
    row = _row_schema(model)
    operation = routes["paths"]["/predict"]["post"] | {"requestBody": _request_body(row.get("example", {}), model)}
    if model:
        operation["description"] += (
            f"\n\nModel {model.version} predicts {text(model.target)} ({model.task}, {text(model.estimator)})."
        )
    paths = routes["paths"] | {"/predict": {"post": operation}}
    schemas = routes["components"]["schemas"] | {"Row": row} | _table_schemas(row)
    components = routes["components"] | {"schemas": schemas}
    return routes | {"paths": paths, "components": components}


def _table_schemas(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the two JSON forms of a table, by the names of their classes in generated clients."""
    records = {"type": "array", "minItems": 1, "items": {"$ref": train.REF.format(model="Row")}}
    columns = {name: {"type": "array", "items": schema} for name, schema in row["properties"].items()}
    return {
        "PredictRecords": _object_with("records", records),
        "PredictColumns": _object_with(
            "columns", {"type": "object", "properties": columns, "required": row["required"]}
        ),
    }


def _object_with(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}


def _request_body(example: dict[str, Any], model: VersionInfo | None) -> dict[str, Any]:
    schema = {"oneOf": [{"$ref": train.REF.format(model=name)} for name in ("PredictRecords", "PredictColumns")]}
    file = {"type": "object", "required": ["file"], "properties": {"file": BINARY} | predict.OPTIONS}
    return {
        "required": True,
        "description": f"Rows for model {model.version}." if model else NO_MODEL,
        "content": {
            Format.JSON: {"schema": schema, "example": {"records": [example]}},
            **FILES,
            Format.CSV: FILES[Format.CSV] | {"example": _csv(example)},
            MULTIPART: {"schema": file},
        },
    }


def _row_schema(model: VersionInfo | None) -> dict[str, Any]:
    features = model.features if model else []
    row: dict[str, Any] = {
        "type": "object",
        "description": "Other columns than the features are ignored.",
        "properties": {feature.name: _feature_schema(feature) for feature in features},
        "required": [feature.name for feature in features if feature.required],
    }
    return row | ({"example": {feature.name: feature.example for feature in features}} if features else {})


def _feature_schema(feature: Feature) -> dict[str, Any]:
    optional = "" if feature.required else " Optional, as the training data has missing values."
    schema = {
        # The other types have the names of JSON Schema.
        "type": [STRINGS.get(feature.type, feature.type.value), "null"],
        "description": f"Training values: {text(training_values(feature), 500)}.{optional}",
        "examples": [feature.example],
    }
    return schema | ({"format": "date-time"} if feature.type is ColumnType.DATETIME else {})


def _csv(example: dict[str, Any]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([example.keys(), example.values()])
    return file.getvalue()
