"""Permissions: every route of the app × role × model, and paths that are not quite those of a route."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from itertools import product

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.responses import Response

from mlapp.api.middleware.authorization import AuthorizationMiddleware
from mlapp.api.middleware.origin import AllowedHosts
from mlapp.api.middleware.permissions import LOGIN, PAGE, PERMISSIONS, UNKNOWN, permission_of
from mlapp.services.access.service import AccessService, Caller, Role
from mlapp.settings import Settings
from tests.api.middleware.conftest import FULL, PREDICT

MINE, OTHER = "churn", "sales"
NO_MODELS = frozenset[str]()
PREDICT_MINE, FULL_MINE, FULL_NONE = "a-key-to-predict-churn", "a-full-key-for-churn", "a-full-key-for-no-model"
PUBLIC = {"GET /", "GET /health", "GET /livez", "GET /readyz", "GET /train", "GET /predict"}
PUBLIC |= {"GET /v2", "GET /v2/health/live", "GET /v2/health/ready", "GET /ping", "GET /version"}
DOCS = {"GET /docs", "GET /client.py", "GET /static-offline-docs"}
OF_NO_MODEL = {PREDICT: DOCS, FULL: DOCS | {"GET /estimators", "GET /datasets", "GET /datasets/{name}"}}
"""Routes that a key for single models may use whatever its models are, by role."""
PREDICTIONS = {
    "POST /invocations",
    "POST /models/{model}/invocations",
    "GET /v2/models/{model}",
    "GET /v2/models/{model}/ready",
    "GET /v2/models/{model}/versions/{version}/ready",
    "POST /v2/models/{model}/infer",
    "POST /v2/models/{model}/versions/{version}/infer",
}
"""Of other protocols."""
OF_ITS_MODEL = {
    PREDICT: PREDICTIONS
    | {
        "POST /predict",
        "POST /models/{model}/predict",
        "GET /models/{model}",
        "GET /models/{model}/versions/active",
        "GET /models/{model}/versions/active/card",
    },
    FULL: PREDICTIONS
    | {
        "GET /v2/models/{model}/versions/{version}",
        "POST /predict",
        "POST /models/{model}/predict",
        "POST /models/{model}/train",
        "GET /models/{model}",
        "DELETE /models/{model}",
        "POST /models/{model}/rollback",
        "GET /models/{model}/history",
        "GET /models/{model}/versions",
        "GET /models/{model}/versions/active",
        "GET /models/{model}/versions/active/card",
        "GET /models/{model}/versions/{version}",
        "GET /models/{model}/versions/{version}/card",
        "POST /models/{model}/versions/{version}/activate",
        "DELETE /models/{model}/versions/{version}",
    },
}
"""Routes that a key for single models may use for those, by role. A line here is a decision."""


def routes_of(app: FastAPI) -> Iterator[str]:
    """Return method and template of every route; those that stand for `active` have permissions of their own."""
    for context in iter_route_contexts(app.routes):
        for method in context.methods or {"GET"}:
            yield f"{method} {context.path}".replace(":path", "")
    yield from (route for route in PERMISSIONS if "/active" in route)


@pytest.fixture
def access() -> AccessService:
    """Keys for all models, and further ones for single models, as they cannot be made yet."""
    access = AccessService(Settings(_env_file=None, api_key=FULL, predict_key=PREDICT))
    for key, role, models in (
        (PREDICT_MINE, Role.PREDICT, {MINE}),
        (FULL_MINE, Role.FULL, {MINE, "house-prices"}),
        (FULL_NONE, Role.FULL, NO_MODELS),
    ):
        access.keys += ((hashlib.sha256(key.encode()).digest(), Caller(role, frozenset(models))),)
    return access


@pytest.fixture
async def guarded(access: AccessService) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app that answers 204 to all requests that are authorized, with the default model `churn`."""
    hosts = AllowedHosts(Settings(_env_file=None), open_=False)
    app = AuthorizationMiddleware(Response(status_code=204), access, hosts, lambda: MINE)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        yield http


async def status_of(http: httpx.AsyncClient, route: str, key: str, model: str = MINE) -> int:
    method, path = route.replace("{model}", model).replace("{version}", "3").split(" ")
    return (await http.request(method, path, headers={"X-API-Key": key} if key else {})).status_code


def test_every_route_has_a_permission(app: FastAPI):
    routes = set(routes_of(app))

    missing = routes - PERMISSIONS.keys()
    assert not missing, f"Add {', '.join(sorted(missing))} to mlapp/api/middleware/permissions.py."
    gone = {route for route in PERMISSIONS.keys() - routes if LOGIN not in route and "{path:path}" not in route}
    assert gone == {"GET /train", "GET /predict"}, f"Delete {', '.join(sorted(gone))} there: the route does not exist."


async def test_keys_of_single_models_may_use_the_routes_of_these(app: FastAPI, guarded: httpx.AsyncClient):
    wrong = []
    for route, role, model in product(set(routes_of(app)), (PREDICT, FULL), (MINE, OTHER)):
        key = PREDICT_MINE if role == PREDICT else FULL_MINE
        own = route in OF_ITS_MODEL[role] and (model == MINE or "{model}" not in route)
        expected = 204 if route in PUBLIC | OF_NO_MODEL[role] or own else 403
        if (status := await status_of(guarded, route, key, model)) != expected:
            wrong.append((route, role, model, status))

    assert not wrong


async def test_keys_of_all_models_do_not_depend_on_the_model(app: FastAPI, guarded: httpx.AsyncClient):
    for route, key in product(set(routes_of(app)), (PREDICT, FULL, "")):
        statuses = {await status_of(guarded, route, key, model) for model in (MINE, OTHER, "x" * 63)}
        assert len(statuses) == 1, route
        assert statuses == {204} or key != FULL


async def test_key_of_no_model_may_use_no_route_of_one(app: FastAPI, guarded: httpx.AsyncClient):
    allowed = {route for route in set(routes_of(app)) if await status_of(guarded, route, FULL_NONE) == 204}

    assert allowed == PUBLIC - {"GET /train", "GET /predict"} | OF_NO_MODEL[FULL]


async def test_rejection_names_the_models_of_the_key(guarded: httpx.AsyncClient):
    for path in (f"/models/{OTHER}", "/models"):
        answer = await guarded.get(path, headers={"X-API-Key": FULL_MINE})
        assert "single models (churn, house-prices); use their routes, below /models/{model}." in answer.text
    none = await guarded.get("/models", headers={"X-API-Key": FULL_NONE})
    assert "single models (none)" in none.text


@pytest.mark.parametrize("default", [OTHER, None])
async def test_default_model_of_another_key_does_not_answer(access: AccessService, default: str | None):
    hosts = AllowedHosts(Settings(_env_file=None), open_=False)
    app = AuthorizationMiddleware(Response(status_code=204), access, hosts, lambda: default)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        statuses = [await status_of(http, "POST /predict", key) for key in (PREDICT_MINE, FULL_MINE, PREDICT, FULL)]

    assert statuses == [403, 403, 204, 204]


SIMILAR = [
    r"/models/",
    r"/models//",
    r"//models",
    r"/models/churn/",
    r"/models//churn",
    r"/models/churn//predict",
    r"/Models",
    r"/x/models/churn/predict",
    r"/models/Churn",
    r"/models/CHURN/predict",
    r"/models/chürn/predict",
    r"/models/-churn",
    r"/models/_churn",
    r"/models/a.b/predict",
    r"/models/..",
    r"/models/../predict",
    r"/models/./predict",
    r"/models/churn/../sales",
    r"/models/churn;/predict",
    r"/models/churn\predict",
    r"/models/churn/predict/",
    r"/models/churn/predict/x",
    r"/models/churn/PREDICT",
    r"/models/churn/versions/active/",
    r"/models/{model}",
    r"/models/{model}/predict",
    r"/predict/",
    r"/v2/",
    r"/v2/models",
    r"/v2/models/churn/",
    r"/v2/models/Churn/infer",
    r"/v2/models/churn/infer/",
    r"/v2/models/churn/versions//infer",
    r"/V2/models/churn/infer",
    r"/invocations/",
    r"/models/churn/invocations/",
    r"/PREDICT",
    r"/openapi.json/",
    r"/static-offline-docsx",
    r"/uix",
    r"/ui/../models",
    r"/health/",
    r"*",
    r"models/churn",
]
WITH_BLANKS = ["", "/models/churn\n", "/models/churn\0", "/models/churn/predict\n", "/models/churn ", "/models/ churn"]
LONG = [f"/models/{'x' * 64}", f"/models/{'x' * 100_000}/predict"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "PATCH", "socket", "get"])
def test_similar_path_is_unknown(method: str):
    for path in (*SIMILAR, *WITH_BLANKS, *LONG):
        expected = PAGE if path.startswith("/ui/") else UNKNOWN
        assert permission_of(method, path) == (expected, None), path


@pytest.mark.parametrize("path", ["/models/churn", "/models/churn/versions/active", "/health", "/docs"])
def test_head_has_the_permission_of_get(path: str):
    assert permission_of("HEAD", path) == permission_of("GET", path) != (UNKNOWN, None)
    assert permission_of("head", path) == permission_of("PUT", path) == (UNKNOWN, None)
