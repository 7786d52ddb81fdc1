"""The predict routes in the OpenAPI document: of the default model, of each model by its name, and of any model."""

import csv
import io
import re
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

from mlapp.api.option_schemas import REF
from mlapp.api.request_body import BINARY, FILES, MULTIPART
from mlapp.api.routes import predict
from mlapp.presentation.markdown import text
from mlapp.presentation.sentences import training_values
from mlapp.presentation.training_choices import estimator_text
from mlapp.schemas import ColumnType, Feature, Format, VersionInfo

DEFAULT_PATH, ANY_PATH = predict.PATHS
NO_MODEL = "There is no model yet; rows may have any features."
ANY_ROWS = "Rows for the model; `GET /models/{model}` lists the features of its active version."
EACH_MODEL = "Each model has a path of its own as well, with the features of its active version."
STRINGS = dict.fromkeys((ColumnType.CATEGORY, ColumnType.DATETIME, ColumnType.TEXT), "string")


class Names(NamedTuple):
    """Names of the schemas of a request, which are classes in generated clients."""

    row: str
    records: str
    columns: str
    """Of the two forms of a table in JSON."""

    @classmethod
    def of(cls, model: str) -> "Names":
        """Return the names for a model, by its name as that of a class."""
        return cls(f"{model}Row", f"{model}Records", f"{model}Columns")


DEFAULT_NAMES = Names("Row", "PredictRecords", "PredictColumns")
ANY_NAMES = Names.of("Any")


class PredictRoute(NamedTuple):
    """The predict route of a model, by its active version."""

    path: str
    operation: dict[str, Any]
    schemas: dict[str, Any]
    row: dict[str, Any]
    """The schema of a row."""
    version: str
    """The version in words."""
    about: str
    """What it predicts."""


def class_names(models: Sequence[str], document: dict[str, Any]) -> dict[str, str]:
    """Return the names of models as classes, such as `HousePrices` for `house-prices`.

    A number is added where the names of schemas or operations would be taken. They differ by more than case and
    separators, as generators derive names of modules from them.
    """
    operations = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    taken = {_bare(name) for name in (*document["components"]["schemas"], *operations, *DEFAULT_NAMES, *ANY_NAMES)}
    found = {}
    for model in sorted(models):
        base = "".join(part.capitalize() for part in re.split("[-_]", model))
        base = f"Model{base}" if base[0].isdigit() else base
        candidates = (f"{base}{number if number > 1 else ''}" for number in count(1))
        found[model] = next(name for name in candidates if taken.isdisjoint(_derived(name)))
        taken |= _derived(found[model])
    return found


def predict_route(document: dict[str, Any], info: VersionInfo, name: str) -> PredictRoute:
    """Return the route of a model, made from that of any model; `name` is that of the model as a class."""
    operation, names = document["paths"][ANY_PATH]["post"], Names.of(name)
    model, row = text(info.model), row_schema(info.features)
    version = f"version {info.version} of {model}"
    about = f"V{version[1:]} predicts {text(info.target)} ({info.task}, {text(estimator_text(info))})."
    own = {
        "operationId": f"predict_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', name).lower()}",
        "summary": f"Predict with {info.model}",
        "description": f"Predict rows with the active version of {model}, or with any other version.\n\n{about}",
        "parameters": [each for each in operation["parameters"] if each["in"] != "path"],
        "requestBody": _request_body(names, row, f"Rows for {version}."),
    }
    return PredictRoute(
        f"/models/{info.model}/predict", operation | own, _table_schemas(names, row), row, version, about
    )


def add_predict_routes(
    document: dict[str, Any], routes: Sequence[PredictRoute], default: PredictRoute | None, omitted: int
) -> dict[str, Any]:
    """Return the document with these routes, and with the requests to the default model and to any model.

    `omitted` is the number of models without a route.
    """
    row, any_row = default.row if default else row_schema([]), row_schema([])
    rows = f"Rows for {default.version}." if default else NO_MODEL
    left_out = f" {omitted:,} models are left out: the document has the default one and then the first by name."
    added = {
        DEFAULT_PATH: (default.about if default else NO_MODEL, _request_body(DEFAULT_NAMES, row, rows)),
        ANY_PATH: (EACH_MODEL + left_out * bool(omitted), _request_body(ANY_NAMES, any_row, ANY_ROWS)),
    }
    paths, schemas = dict(document["paths"]), dict(document["components"]["schemas"])
    for path, (about, body) in added.items():
        operation = paths[path]["post"]
        description = f"{operation['description']}\n\n{about}"
        paths[path] = {"post": operation | {"description": description, "requestBody": body}}
    schemas |= _table_schemas(DEFAULT_NAMES, row) | _table_schemas(ANY_NAMES, any_row)
    for route in routes:
        paths[route.path] = {"post": route.operation}
        schemas |= route.schemas
    return document | {"paths": paths, "components": document["components"] | {"schemas": schemas}}


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def _derived(name: str) -> set[str]:
    """Return the names of schemas and operation of a model, in bare form."""
    return {_bare(each) for each in (*Names.of(name), f"predict{name}")}


def _table_schemas(names: Names, row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schemas of a row, which describes the features, and of the two JSON forms of a table."""
    records = {"type": "array", "minItems": 1, "items": {"$ref": REF.format(model=names.row)}}
    columns = {
        "type": "object",
        "properties": {
            name: {"type": "array", "items": {key: schema[key] for key in ("type", "format") if key in schema}}
            for name, schema in row["properties"].items()
        },
        "required": row["required"],
        "additionalProperties": {"type": "array", "items": {}},
    }
    return {
        names.row: row,
        names.records: _object_with("records", records),
        names.columns: _object_with("columns", columns),
    }


def _object_with(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}


def _request_body(names: Names, row: dict[str, Any], description: str) -> dict[str, Any]:
    schema = {"oneOf": [{"$ref": REF.format(model=name)} for name in (names.records, names.columns)]}
    file = {"type": "object", "required": ["file"], "properties": {"file": BINARY} | predict.OPTIONS}
    example = row.get("example", {})
    return {
        "required": True,
        "description": description,
        "content": {
            Format.JSON: {"schema": schema, "example": {"records": [example]}},
            **FILES,
            Format.CSV: FILES[Format.CSV] | {"example": _csv(example)},
            MULTIPART: {"schema": file},
        },
    }


def row_schema(features: Sequence[Feature]) -> dict[str, Any]:
    """Return the JSON schema of a row."""
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
