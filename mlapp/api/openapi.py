"""/openapi.json: the request of /predict is described by the active model."""

import csv
import io
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from mlapp.api.dependencies import services_of
from mlapp.api.middleware.authorization import PREDICTING, PUBLIC
from mlapp.api.problems import problems
from mlapp.api.request_body import BINARY, FILES, MULTIPART
from mlapp.api.routes import train
from mlapp.presentation.markdown import text
from mlapp.schemas import ColumnType, Feature, Format, Model, Problem

NO_MODEL = "There is no model yet: any feature may stand here."
KEYS = "The key for everything (MLAPP_API_KEY), or one that may only predict (MLAPP_PREDICT_KEY)."
SCHEMES = {
    "Bearer": {"type": "http", "scheme": "bearer", "description": KEYS},
    "X-API-Key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": KEYS},
}
"""The two ways to send a key; either will do."""
FOREIGN = "A browser sends it from a page of another site."
PREDICT_ONLY = "The key may only predict"


def describe_predictions(app: FastAPI) -> None:
    """Have the app's OpenAPI document follow the active model."""

    @cache
    def routes() -> dict[str, Any]:
        # When they are first asked for: they take a tenth of a second, which no start should wait for.
        return _describe_access(_describe_routes(app), open_=services_of(app).access.open)

    def openapi() -> dict[str, Any]:
        return _with_model(routes(), services_of(app).prediction.active)

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_routes(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = document["components"]["schemas"]
    schemas |= train.schemas() | {"Problem": Problem.model_json_schema(mode="serialization")}
    # FastAPI promises its own shape of a 422 wherever there is a parameter; every error here is a problem.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        if "application/json" in operation["responses"].get("422", {}).get("content", {}):
            operation["responses"]["422"] = problems(422)[422]
    return document


def _describe_access(document: dict[str, Any], *, open_: bool) -> dict[str, Any]:
    """Say of every operation who may do it, and how those are answered who may not."""
    refusals = problems(403, 421) if open_ else problems(401, 403, 421)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            asked = (method.upper(), path)
            responses = {str(status): refusal for status, refusal in refusals.items()} | operation["responses"]
            operation["responses"] = responses | {
                "403": refusals[403] | {"description": _forbidden(asked, open_=open_)}
            }
            if not open_:
                operation["security"] = [] if asked in PUBLIC else [{scheme: []} for scheme in SCHEMES]
    if not open_:
        document["components"]["securitySchemes"] = SCHEMES
    return document


def _forbidden(asked: tuple[str, str], *, open_: bool) -> str:
    method, path = asked
    if open_ or asked in PUBLIC | PREDICTING:
        return FOREIGN
    but = ", but for `active`" if (method, path.replace("{version}", "active")) in PREDICTING else ""
    return f"{PREDICT_ONLY}{but}. {FOREIGN}"


def _with_model(routes: dict[str, Any], model: Model | None) -> dict[str, Any]:
    row = _row_schema(model)
    operation = routes["paths"]["/predict"]["post"] | {"requestBody": _request_body(row.get("example", {}), model)}
    if model:
        operation["description"] += (
            f"\n\nModel {model.version} predicts {text(model.target)} ({model.task}, {text(model.estimator)})."
        )
    paths = routes["paths"] | {"/predict": {"post": operation}}
    schemas = routes["components"]["schemas"] | {"Row": row} | _tables_of(row)
    components = routes["components"] | {"schemas": schemas}
    return routes | {"paths": paths, "components": components}


def _tables_of(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the two shapes of JSON that hold rows, by names that generated clients call them by."""
    records = {"type": "array", "minItems": 1, "items": {"$ref": train.REF.format(model="Row")}}
    columns = {name: {"type": "array", "items": schema} for name, schema in row["properties"].items()}
    return {
        "PredictRecords": _only("records", records),
        "PredictColumns": _only("columns", {"type": "object", "properties": columns, "required": row["required"]}),
    }


def _only(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}


def _request_body(example: dict[str, Any], model: Model | None) -> dict[str, Any]:
    schema = {"oneOf": [{"$ref": train.REF.format(model=name)} for name in ("PredictRecords", "PredictColumns")]}
    file = {"type": "object", "required": ["file"], "properties": {"file": BINARY}}
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


def _row_schema(model: Model | None) -> dict[str, Any]:
    features = model.features if model else []
    row: dict[str, Any] = {
        "type": "object",
        "description": "Columns that are no feature are ignored.",
        "properties": {feature.name: _feature_schema(feature) for feature in features},
        "required": [feature.name for feature in features if feature.required],
    }
    return row | ({"example": {feature.name: feature.example for feature in features}} if features else {})


def _feature_schema(feature: Feature) -> dict[str, Any]:
    kinds: dict[ColumnType, dict[str, Any]] = {
        ColumnType.NUMBER: {"type": ["number", "null"]},
        ColumnType.INTEGER: {"type": ["integer", "null"]},
        ColumnType.BOOLEAN: {"type": ["boolean", "null"]},
        ColumnType.CATEGORY: {"type": ["string", "null"]},
        ColumnType.DATETIME: {"type": ["string", "null"], "format": "date-time"},
    }
    return kinds[feature.type] | {"description": _seen(feature), "examples": [feature.example]}


def _seen(feature: Feature) -> str:
    """Say what training saw; other values are predicted too, with a warning."""
    gaps = "" if feature.required else " Training saw gaps: it may be left out."
    if feature.categories:
        more = ", …" if len(feature.categories) > 10 else ""
        return f"Training saw {', '.join(map(text, feature.categories[:10]))}{more}.{gaps}"
    if feature.min is not None:
        return f"Training saw {feature.min} to {feature.max}.{gaps}"
    return f"{'true or false.' if feature.type is ColumnType.BOOLEAN else 'Training saw no value.'}{gaps}"


def _csv(example: dict[str, Any]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([example.keys(), example.values()])
    return file.getvalue()
