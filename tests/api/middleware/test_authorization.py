"""Authorization by API key, without pages."""

import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mlapp.caller import caller
from mlapp.logs import TextFormatter
from tests.api.conftest import problem_of
from tests.api.middleware.conftest import FULL, PREDICT

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": FULL},
        {"Authorization": f"Bearer {FULL}"},
        {"Authorization": f"bearer  {FULL} "},
        {"Authorization": f"Bearer {FULL}", "X-API-Key": FULL},
        {"Authorization": "Basic b3RoZXI6b3RoZXI=", "X-API-Key": FULL},
        {"X-API-Key": FULL, "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_key_is_accepted_in_either_header(secured: httpx.AsyncClient, headers: dict[str, str]):
    assert (await secured.get("/datasets", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        [("X-API-Key", "wrong")],
        [("X-API-Key", "")],
        [("X-API-Key", "schlüssel".encode())],
        [("X-API-Key", b"\xff\xfe")],
        [("Authorization", "Bearer")],
        [("Authorization", f"Basic {FULL}")],
        [("Authorization", f"Bearer {FULL}"), ("X-API-Key", PREDICT)],
        [("Authorization", f"Bearer {FULL}"), ("Authorization", f"Bearer {PREDICT}")],
        [("X-API-Key", FULL), ("X-API-Key", "")],
        [("Cookie", f"X-API-Key={FULL}; mlapp-session={FULL}")],
    ],
)
async def test_invalid_keys_are_rejected(secured: httpx.AsyncClient, headers: list[Any]):
    answer = await secured.get("/datasets", headers=headers, params={"api_key": FULL, "X-API-Key": FULL})

    assert "key" in problem_of(answer, 401)["detail"]
    assert answer.headers["www-authenticate"] == "Bearer"
    assert FULL not in answer.text


async def test_valid_key_works_after_many_wrong_ones(secured: httpx.AsyncClient):
    wrong = [(await secured.get("/datasets", headers={"X-API-Key": "wrong"})).status_code for _ in range(9)]
    right = await secured.get("/datasets", headers={"X-API-Key": FULL})

    assert (set(wrong), right.status_code) == ({401}, 200)


@pytest.mark.parametrize(("key", "status"), [(None, 401), (PREDICT, 403)])
async def test_body_is_not_read_before_authorization(secured: httpx.AsyncClient, key: str | None, status: int):
    async def body() -> AsyncIterator[bytes]:
        pytest.fail("The body was read.")
        yield b""

    answer = await secured.post("/train", content=body(), headers=JSON | ({"X-API-Key": key} if key else {}))

    problem_of(answer, status)


@pytest.mark.parametrize("path", ["/predict", "/train", "/nowhere", "/models/%2e%2e", "//predict", "/health/", "/ui/x"])
async def test_unauthorized_request_does_not_reveal_routes(secured: httpx.AsyncClient, path: str):
    problem_of(await secured.post(path, json={"records": []}), 401)


async def test_log_lines_name_the_caller(
    secured: httpx.AsyncClient,
    unsecured: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(caplog.handler, "formatter", TextFormatter())
    with caplog.at_level(logging.DEBUG, "mlapp.api.middleware.request_id"):
        for http, headers in (
            (secured, {"X-API-Key": FULL}),
            (secured, {"X-API-Key": PREDICT}),
            (secured, {}),
            (unsecured, {}),
        ):
            await http.get("/health", headers=headers)

    assert re.findall(r"caller=(\w+|\"[^\"]+\")", caplog.text) == ['"full key"', '"predict key"', "anonymous", "local"]
    assert caller.get() == "anonymous"
