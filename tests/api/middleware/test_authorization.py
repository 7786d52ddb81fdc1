"""Checks of host, origin and API key, and security headers, without pages."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from main import create_app
from mlapp.api.middleware.origin import TrustedProxiesMiddleware
from mlapp.api.middleware.security_headers import API_HEADERS, with_headers
from mlapp.logs import TextFormatter, caller
from mlapp.settings import Settings
from tests.api.conftest import problem_of

FULL, PREDICT = "a-key-with-full-access", "a-key-for-predictions"
KEYS = {"api_key": FULL, "predict_key": PREDICT}
REMOTE = ("192.0.2.1", 1234)
JSON = {"Content-Type": "application/json"}


@asynccontextmanager
async def client_of(folder: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of a new app, without its lifespan, as no request reaches a service."""
    app = create_app(Settings(_env_file=None, store=folder / "store", demo=False, **settings), pages=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=REMOTE)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(tmp_path, **KEYS) as http:
        yield http


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(tmp_path) as http:
        yield http


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
async def test_key_is_accepted_in_either_header(closed: httpx.AsyncClient, headers: dict[str, str]):
    assert (await closed.get("/datasets", headers=headers)).status_code == 200


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
async def test_invalid_keys_are_rejected(closed: httpx.AsyncClient, headers: list[Any]):
    answer = await closed.get("/datasets", headers=headers, params={"api_key": FULL, "X-API-Key": FULL})

    assert "key" in problem_of(answer, 401)["detail"]
    assert answer.headers["www-authenticate"] == "Bearer"
    assert FULL not in answer.text


async def test_valid_key_works_after_many_wrong_ones(closed: httpx.AsyncClient):
    wrong = [(await closed.get("/datasets", headers={"X-API-Key": "wrong"})).status_code for _ in range(9)]
    right = await closed.get("/datasets", headers={"X-API-Key": FULL})

    assert (set(wrong), right.status_code) == ({401}, 200)


@pytest.mark.parametrize(("key", "status"), [(None, 401), (PREDICT, 403)])
async def test_body_is_not_read_before_authorization(closed: httpx.AsyncClient, key: str | None, status: int):
    async def body() -> AsyncIterator[bytes]:
        pytest.fail("The body was read.")
        yield b""

    answer = await closed.post("/train", content=body(), headers=JSON | ({"X-API-Key": key} if key else {}))

    problem_of(answer, status)


@pytest.mark.parametrize("path", ["/predict", "/train", "/nowhere", "/models/%2e%2e", "//predict", "/health/", "/ui/x"])
async def test_unauthorized_request_does_not_reveal_routes(closed: httpx.AsyncClient, path: str):
    problem_of(await closed.post(path, json={"records": []}), 401)


async def test_log_lines_name_the_caller(
    closed: httpx.AsyncClient,
    opened: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(caplog.handler, "formatter", TextFormatter())
    with caplog.at_level(logging.DEBUG, "mlapp.api.middleware.request_id"):
        for http, headers in (
            (closed, {"X-API-Key": FULL}),
            (closed, {"X-API-Key": PREDICT}),
            (closed, {}),
            (opened, {}),
        ):
            await http.get("/health", headers=headers)

    assert re.findall(r"caller=(\w+|\"[^\"]+\")", caplog.text) == ['"full key"', '"predict key"', "anonymous", "local"]
    assert caller.get() == "anonymous"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LocalHost", "127.0.0.1", "127.0.0.1:9", "[::1]", "[::1]:8000"]
)
async def test_loopback_hosts_are_allowed_without_a_key(opened: httpx.AsyncClient, host: str):
    assert (await opened.get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "[::2]", "", "127.0.0.1.nip.io:8000"])
async def test_other_hosts_are_rejected_without_a_key(opened: httpx.AsyncClient, host: str):
    problem = problem_of(await opened.get("/health", headers={"Host": host}), 421)

    assert "MLAPP_ALLOWED_HOSTS" in problem["detail"]


async def test_two_host_headers_are_rejected(opened: httpx.AsyncClient):
    hosts = [("Host", "localhost"), ("Host", "evil.example")]

    problem_of(await opened.get("/health", headers=hosts), 421)
    assert (await opened.get("/health", headers=[("X-A", "1"), ("X-A", "2")])).status_code == 200


@pytest.mark.parametrize(
    ("settings", "host", "status"),
    [
        (KEYS, "any.example", 200),
        (KEYS | {"allowed_hosts": "a.example, B.example"}, "b.EXAMPLE:80", 200),
        (KEYS | {"allowed_hosts": "a.example"}, "localhost", 421),
        ({"host": "127.0.0.2"}, "127.0.0.2:8000", 200),
        ({"allowed_hosts": "*"}, "any.example", 200),
    ],
)
async def test_allowed_hosts_are_configurable(tmp_path: Path, settings: dict[str, Any], host: str, status: int):
    async with client_of(tmp_path, **settings) as http:
        assert (await http.get("/health", headers={"Host": host})).status_code == status


CROSS_SITE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "chrome-extension://localhost"},
]
ALLOWED: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
    {"Origin": "https://LOCALHOST"},
]


@pytest.mark.parametrize("headers", CROSS_SITE)
async def test_cross_site_requests_are_rejected(opened: httpx.AsyncClient, headers: dict[str, str]):
    plain = headers | {"Content-Type": "text/plain"}
    for method, path in (
        ("POST", "/train"),
        ("POST", "/predict"),
        ("DELETE", "/models/1"),
        ("POST", "/models/rollback"),
    ):
        problem = problem_of(await opened.request(method, path, content="a,b\n1,2\n", headers=plain), 403)
        assert "another site" in problem["detail"]


@pytest.mark.parametrize("headers", ALLOWED)
async def test_same_origin_requests_and_programs_are_allowed(opened: httpx.AsyncClient, headers: dict[str, str]):
    answer = await opened.post("/train", content="?", headers=headers | {"Content-Type": "text/plain"})

    problem_of(answer, 415)


async def test_other_sites_may_link_but_not_embed(opened: httpx.AsyncClient):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}

    assert (await opened.get("/docs", headers=link)).status_code == 200
    for dest in ("iframe", "image", "script", "empty"):
        problem_of(await opened.get("/datasets/wine", headers=link | {"Sec-Fetch-Dest": dest}), 403)


async def test_no_cors_headers_are_sent(opened: httpx.AsyncClient):
    preflight = {"Origin": "http://localhost", "Access-Control-Request-Method": "POST"}

    for answer in (await opened.options("/train", headers=preflight), await opened.get("/health", headers=preflight)):
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [
        (None, ["192.0.2.1", "http", None]),
        ("192.0.2.0/24", ["198.51.100.7", "https", "https"]),
        ("192.0.2.9", ["192.0.2.1", "http", None]),
    ],
)
async def test_forwarded_headers_of_trusted_proxies_only(trusted: str | None, seen: list[str | None]):
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        assert request.client
        found = [request.client.host, request.url.scheme, request.headers.get("x-forwarded-proto")]
        await JSONResponse(found)(scope, receive, send)

    transport = httpx.ASGITransport(TrustedProxiesMiddleware(app, trusted), client=REMOTE)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer = await http.get("/", headers={"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"})

    assert answer.json() == seen


async def test_redirects_ignore_the_host_header(closed: httpx.AsyncClient):
    names = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "//evil.example"}

    answer = await closed.get("/models/?a=1", headers=names | {"X-API-Key": FULL})

    assert (answer.status_code, answer.headers["location"]) == (307, "/models?a=1")


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        (b"http://evil.example/a?b=http://c", b"/a?b=http://c"),
        (b"HTTPS://evil.example//evil.example/a", b"/evil.example/a"),
        (b"//evil.example/a", b"/evil.example/a"),
        (b"/\\evil.example", b"/evil.example"),
        (b"/ui/", b"/ui/"),
    ],
)
def test_redirects_stay_on_this_host(location: bytes, sent: bytes):
    assert (b"location", sent) in with_headers(307, [(b"location", location)], API_HEADERS)
    # Other Location headers are paths anyway.
    assert (b"location", location) in with_headers(201, [(b"location", location)], API_HEADERS)


def test_headers_of_a_response_take_precedence():
    own = [(b"cache-control", b"max-age=1"), (b"content-security-policy", b"default-src 'none'")]

    names = [name for name, _ in with_headers(200, list(own), API_HEADERS)]

    assert len(names) == len(set(names))


async def test_responses_have_security_headers(closed: httpx.AsyncClient):
    answer = await closed.get("/datasets", headers={"X-API-Key": FULL})

    assert {name: answer.headers[name] for name in SAFE} == SAFE


SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
