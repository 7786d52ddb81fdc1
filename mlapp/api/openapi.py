"""GET /openapi.json: the OpenAPI document. Its predict routes follow the active versions of the models."""

import asyncio
from contextlib import suppress
from typing import Any, NamedTuple

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from mlapp.api.dependencies import services_of
from mlapp.api.middleware.permissions import ANY_KEY, ANYONE, PERMISSIONS, UNKNOWN
from mlapp.api.openapi_predict import PredictRoute, add_predict_routes, class_names, predict_route
from mlapp.api.option_schemas import body_schemas
from mlapp.api.problems import problem_responses
from mlapp.errors import NotFound
from mlapp.schemas import ModelPatch, Problem, TrainBody, TrainOptions, VersionKey
from mlapp.services import Services

MAX_MODELS = 100
"""Models that have a predict route of their own in the document: the default one, then by name."""
KEYS = "The full key (MLAPP_API_KEY), or the key that may only predict (MLAPP_PREDICT_KEY)."
SCHEMES = {
    "Bearer": {"type": "http", "scheme": "bearer", "description": KEYS},
    "X-API-Key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": KEYS},
}
"""Alternative headers for the API key."""
TICKET = {
    "type": "apiKey",
    "in": "query",
    "name": "ticket",
    "description": "A ticket by `POST /jobs/{job_id}/tickets`, for browsers, whose `EventSource` sends no header.",
}
CROSS_SITE = "The request comes from a page of another site."
ESTIMATOR = str(TrainOptions.model_fields["estimator"].description)
JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


def add_openapi(app: FastAPI) -> None:
    """Add the route of the document."""
    document = OpenApiDocument(app)

    async def openapi() -> Response:
        return Response(await document.render(), media_type="application/json")

    app.add_api_route("/openapi.json", openapi, include_in_schema=False)


class Described(NamedTuple):
    """The state of the models that a document describes."""

    default: str | None
    versions: tuple[VersionKey, ...]
    """The active version of each model."""
    omitted: int
    """Number of further models."""


class OpenApiDocument:
    """Builds the document when the active versions or the default model have changed, and keeps it until then."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._routes: dict[str, Any] = {}
        self._predict: dict[tuple[VersionKey, str], PredictRoute] = {}
        self._described: Described | None = None
        self._json = b""

    async def render(self) -> bytes:
        """Return the document as JSON."""
        services = services_of(self.app)
        current = await _current(services)
        if current != self._described:
            self._json = await self._build(services, current)
            self._described = current
        return self._json

    async def _build(self, services: Services, current: Described) -> bytes:
        if not self._routes:
            # Not at the start, which it would delay by 0.1 s.
            self._routes = await asyncio.to_thread(_describe_routes, self.app)
        names = class_names([key.model for key in current.versions], self._routes)
        predict: dict[tuple[VersionKey, str], PredictRoute] = {}
        for key in current.versions:
            part = key, names[key.model]
            if part in self._predict:
                predict[part] = self._predict[part]
                continue
            # It may have been deleted meanwhile, or be damaged.
            with suppress(NotFound):
                info = await services.models.version(key.model, str(key.version))
                predict[part] = predict_route(self._routes, info, names[key.model])
        self._predict = predict
        default = next((route for (key, _), route in predict.items() if key.model == current.default), None)
        document = add_predict_routes(self._routes, list(predict.values()), default, current.omitted)
        return await asyncio.to_thread(JSON.dump_json, document)


async def _current(services: Services) -> Described:
    """Return the versions that answer: the loaded ones, else the active ones in the store."""
    state, default = await services.models.state(), services.prediction.default
    keys = []
    for name in sorted(state.models, key=lambda name: (name != default, name)):
        loaded, stored = services.prediction.active(name), state.models[name].active
        if version := loaded.version if loaded else stored:
            keys.append(VersionKey(name, version))
    return Described(default, tuple(keys[:MAX_MODELS]), len(keys[MAX_MODELS:]))


def _describe_routes(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = document["components"]["schemas"]
    schemas |= body_schemas(TrainBody, ModelPatch) | {"Problem": Problem.model_json_schema(mode="serialization")}
    # FastAPI declares its own 422 schema for every route with a parameter; here every error is a problem.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        if "application/json" in operation["responses"].get("422", {}).get("content", {}):
            operation["responses"]["422"] = problem_responses(422)[422]
    if allowed := services_of(app).models.allowed_estimators:
        _add_to_description(document, ESTIMATOR, f" Of other packages: {', '.join(allowed)}.")
    return _add_security(document, open_=services_of(app).access.open)


def _add_to_description(node: Any, description: str, added: str) -> None:
    """Add a text to all descriptions of a document, or a part of it, that begin with one."""
    if isinstance(node, dict):
        if str(node.get("description")).startswith(description):
            node["description"] += added
        for child in node.values():
            _add_to_description(child, description, added)
    elif isinstance(node, list):
        for child in node:
            _add_to_description(child, description, added)


def _add_security(document: dict[str, Any], *, open_: bool) -> dict[str, Any]:
    """Add security requirements and the responses 401, 403 and 421 to every operation."""
    statuses = (421,) if open_ else (401, 421)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = f"{method.upper()} {path}"
            forbidden = CROSS_SITE if open_ else _forbidden(route)
            rejections = problem_responses(*statuses, described={403: forbidden})
            operation["responses"] |= {str(status): rejection for status, rejection in rejections.items()}
            if not open_:
                permission = PERMISSIONS.get(route, UNKNOWN)
                schemes = [] if permission.roles == ANYONE else [*SCHEMES, *(["Ticket"] if permission.ticket else [])]
                operation["security"] = [{scheme: []} for scheme in schemes]
    if not open_:
        document["components"]["securitySchemes"] = SCHEMES | {"Ticket": TICKET}
    return document


def _forbidden(route: str) -> str:
    if PERMISSIONS.get(route, UNKNOWN).roles >= ANY_KEY:
        return CROSS_SITE
    active = PERMISSIONS.get(route.replace("{version}", "active"))
    exception = ", except for `active`" if active and active.roles >= ANY_KEY else ""
    return f"The key may only predict{exception}. {CROSS_SITE}"
