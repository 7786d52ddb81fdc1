"""Checks of host and origin, and headers of proxies."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from mlapp.api.middleware.origin import TrustedProxiesMiddleware
from tests.api.conftest import problem_of
from tests.api.middleware.conftest import KEYS, REMOTE, client_of


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LocalHost", "127.0.0.1", "127.0.0.1:9", "[::1]", "[::1]:8000"]
)
async def test_loopback_hosts_are_allowed_without_a_key(unsecured: httpx.AsyncClient, host: str):
    assert (await unsecured.get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "[::2]", "", "127.0.0.1.nip.io:8000"])
async def test_other_hosts_are_rejected_without_a_key(unsecured: httpx.AsyncClient, host: str):
    problem = problem_of(await unsecured.get("/health", headers={"Host": host}), 421)

    assert "MLAPP_ALLOWED_HOSTS" in problem["detail"]


async def test_two_host_headers_are_rejected(unsecured: httpx.AsyncClient):
    hosts = [("Host", "localhost"), ("Host", "evil.example")]

    problem_of(await unsecured.get("/health", headers=hosts), 421)
    assert (await unsecured.get("/health", headers=[("X-A", "1"), ("X-A", "2")])).status_code == 200


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
async def test_cross_site_requests_are_rejected(unsecured: httpx.AsyncClient, headers: dict[str, str]):
    plain = headers | {"Content-Type": "text/plain"}
    for method, path in (
        ("POST", "/train"),
        ("POST", "/predict"),
        ("DELETE", "/models/wine"),
        ("POST", "/models/wine/rollback"),
    ):
        problem = problem_of(await unsecured.request(method, path, content="a,b\n1,2\n", headers=plain), 403)
        assert "another site" in problem["detail"]


@pytest.mark.parametrize("headers", ALLOWED)
async def test_same_origin_requests_and_programs_are_allowed(unsecured: httpx.AsyncClient, headers: dict[str, str]):
    answer = await unsecured.post("/train", content="?", headers=headers | {"Content-Type": "image/png"})

    problem_of(answer, 415)


async def test_other_sites_may_link_but_not_embed(unsecured: httpx.AsyncClient):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}

    assert (await unsecured.get("/docs", headers=link)).status_code == 200
    for dest in ("iframe", "image", "script", "empty"):
        problem_of(await unsecured.get("/datasets/wine", headers=link | {"Sec-Fetch-Dest": dest}), 403)


async def test_no_cors_headers_are_sent(unsecured: httpx.AsyncClient):
    preflight = {"Origin": "http://localhost", "Access-Control-Request-Method": "POST"}

    for answer in (
        await unsecured.options("/train", headers=preflight),
        await unsecured.get("/health", headers=preflight),
    ):
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
