"""Errors on the paths of other protocols have their shapes, also where no route was reached."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from mlapp.api.paths import INVOCATIONS_OF_MODEL, V2_INFER, V2_INFER_VERSION, Protocol, protocol_of, split_path
from mlapp.services import Services
from tests.api.conftest import unread
from tests.api.middleware.conftest import KEYS, PREDICT, client_of

V2, MLFLOW = {"error"}, {"error_code", "message"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v2/models/churn/infer", (V2_INFER, "churn")),
        ("/v2/models/churn/versions/3/infer", (V2_INFER_VERSION, "churn")),
        ("/models/churn/invocations", (INVOCATIONS_OF_MODEL, "churn")),
        *((path, (path, None)) for path in ("/v2/models//infer", "/v2/models/a/versions//infer", "/v2/models/a/b/c/d")),
    ],
)
def test_path_is_split_into_template_and_model(path: str, expected: tuple[str, str | None]):
    assert split_path(path) == expected


def test_protocol_follows_from_the_path():
    assert {protocol_of(path) for path in ("/v2", "/v2/", "/v2/x")} == {Protocol.OPEN_INFERENCE}
    assert {protocol_of(path) for path in ("/ping", "/version", "/invocations", "/models/a/invocations")} == {
        Protocol.MLFLOW
    }
    assert {protocol_of(path) for path in ("/", "/v2x", "/predict", "/models/invocations", "/pings")} == {None}


@pytest.mark.parametrize(
    ("method", "path", "status", "keys"),
    [
        ("GET", "/v2/models", 404, V2),
        ("POST", "/v2/models/churn", 405, V2),
        ("GET", "/v2/models/none", 404, V2),
        ("GET", "/invocations", 405, MLFLOW),
        ("POST", "/models/none/invocations", 404, MLFLOW),
    ],
)
async def test_unknown_route_or_model_is_said_in_the_shape(
    http: httpx.AsyncClient, method: str, path: str, status: int, keys: set[str]
):
    answer = await http.request(method, path, json={"inputs": [{}]})

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json().keys() == keys


@pytest.mark.parametrize(("path", "keys"), [("/v2/models/a/infer", V2), ("/models/a/invocations", MLFLOW)])
async def test_middleware_rejects_in_the_shape(tmp_path: Path, path: str, keys: set[str]):
    async with client_of(tmp_path, **KEYS, max_body_mb=1) as secured:
        answers = [
            await secured.post(path),
            await secured.post(path, headers={"X-API-Key": PREDICT, "Content-Length": "2000000"}, content=unread()),
            await secured.get("/v2/models/a/versions/1", headers={"X-API-Key": PREDICT}),
        ]

    assert [answer.status_code for answer in answers] == [401, 413, 403]
    assert [set(answer.json()) for answer in answers] == [keys, keys, V2]
    assert answers[0].headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("length", [None, "100"])
@pytest.mark.parametrize(("path", "keys"), [("/v2/models/a/infer", V2), ("/invocations", MLFLOW)])
async def test_requests_beyond_the_slots_are_rejected_in_the_shape(
    http: httpx.AsyncClient, services: Services, path: str, keys: set[str], length: str | None
):
    limits = services.prediction._limits
    slots = limits.small_slots if length else limits.large_slots
    held = [slots.acquire(name) for name in ("a", None, "b") for _ in range((slots.limit + 2) // 3)]
    headers: dict[str, Any] = {"Content-Length": length} if length else {}

    answer = await http.post(path, content=unread(), headers=headers)

    for release in held:
        release()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert set(answer.json()) == keys
    if keys == MLFLOW:
        assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
