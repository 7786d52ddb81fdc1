"""Requests of pages of other origins, with and without MLAPP_CORS_ORIGINS."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import problem_of
from tests.api.middleware.conftest import FULL, KEYS, PREDICT, client_of

MINE, OTHER = "https://app.example.org", "https://evil.example.org"
ORIGINS = f"http://localhost:3000,{MINE}"
BROWSER = {"Origin": MINE, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
PREFLIGHT = BROWSER | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
ALLOWED, EXPOSED = "access-control-allow-origin", "access-control-expose-headers"


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(tmp_path, cors_origins=ORIGINS, **KEYS) as http:
        yield http


@pytest.fixture
async def unsecured(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(tmp_path, cors_origins=ORIGINS) as http:
        yield http


def cors_headers(answer: httpx.Response) -> list[str]:
    return [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/predict", "/models/churn/predict", "/jobs/4", "/nothing-here"])
async def test_preflight_needs_no_key(secured: httpx.AsyncClient, path: str):
    answer = await secured.options(path, headers=PREFLIGHT)

    assert (answer.status_code, answer.content, answer.headers[ALLOWED]) == (204, b"", MINE)
    assert answer.headers["access-control-allow-methods"] == "DELETE, GET, PATCH, POST"
    assert {"X-API-Key", "Content-Type", "Prefer"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert (answer.headers["vary"], answer.headers["access-control-max-age"]) == ("Origin", "600")
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("origin", [OTHER, "null", MINE.upper(), f"{MINE}:443", f"{MINE}.evil.org", "", "*"])
async def test_preflight_of_another_origin_is_a_request_without_a_key(secured: httpx.AsyncClient, origin: str):
    answer = await secured.options("/predict", headers=PREFLIGHT | {"Origin": origin})

    problem_of(answer, 403)
    assert (cors_headers(answer), answer.headers["vary"]) == ([], "Origin")


async def test_two_origins_are_none(secured: httpx.AsyncClient):
    answer = await secured.get("/health", headers=[("Origin", MINE), ("Origin", MINE)])

    assert cors_headers(answer) == []


async def test_options_without_a_method_is_no_preflight(secured: httpx.AsyncClient):
    problem_of(await secured.options("/predict", headers=BROWSER), 401)


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("GET", "/health", "", 200),
        ("POST", "/predict", "", 401),
        ("POST", "/predict", "wrong", 401),
        ("POST", "/train", PREDICT, 403),
        ("GET", "/models/none", FULL, 404),
        ("PUT", "/health", FULL, 405),
        ("POST", "/train", FULL, 415),
        ("POST", "/models/NONE/train", FULL, 422),
        ("POST", "/predict", PREDICT, 503),
    ],
)
async def test_responses_and_errors_can_be_read(
    secured: httpx.AsyncClient, method: str, path: str, key: str, status: int
):
    headers = BROWSER | {"Content-Type": "image/png" if status == 415 else "application/json"}
    answer = await secured.request(method, path, headers=headers | ({"X-API-Key": key} if key else {}), content=b"{}")

    assert (answer.status_code, answer.headers[ALLOWED], answer.headers["vary"]) == (status, MINE, "Origin")
    assert {"X-Request-ID", "Location", "Retry-After"} <= set(answer.headers[EXPOSED].split(", "))


async def test_internal_error_can_be_read(secured: httpx.AsyncClient):
    app = secured._transport.app  # type: ignore[attr-defined]
    app.add_api_route("/broken", lambda: 1 / 0)
    answer = await secured.get("/broken", headers=BROWSER | {"X-API-Key": FULL})

    problem_of(answer, 500)
    assert (answer.headers[ALLOWED], answer.headers["vary"]) == (MINE, "Origin")


async def test_rejection_of_a_large_body_can_be_read(secured: httpx.AsyncClient):
    large = BROWSER | {"X-API-Key": FULL, "Content-Length": "1000000000"}
    answer = await secured.post("/datasets", headers=large, content=b"")

    assert (answer.status_code, answer.headers[ALLOWED]) == (413, MINE)


async def test_requests_without_an_origin_have_no_headers_but_vary(secured: httpx.AsyncClient):
    answer = await secured.get("/health")

    assert (cors_headers(answer), answer.headers["vary"]) == ([], "Origin")


async def test_allowed_origins_need_no_key_where_nobody_does(unsecured: httpx.AsyncClient):
    for headers, status in ((BROWSER, 415), (BROWSER | {"Origin": OTHER}, 403)):
        answer = await unsecured.post("/train", content="?", headers=headers | {"Content-Type": "image/png"})
        problem_of(answer, status)


@pytest.mark.parametrize("path", ["/ui", "/ui/login", "/ui/_nicegui/client/0/upload/1"])
async def test_pages_are_for_their_own_origin(unsecured: httpx.AsyncClient, secured: httpx.AsyncClient, path: str):
    for http in (unsecured, secured):
        for method, headers in (("POST", BROWSER), ("OPTIONS", PREFLIGHT)):
            answer = await http.request(method, path, headers=headers)
            problem_of(answer, 403)
            assert cors_headers(answer) == []


async def test_session_is_no_permission_for_other_origins(secured: httpx.AsyncClient):
    app = secured._transport.app  # type: ignore[attr-defined]
    browser = {"Cookie": f"mlapp-session={app.state.services.access.sessions.create()}"}

    assert (await secured.get("/docs", headers=browser)).status_code == 200
    problem_of(await secured.get("/docs", headers=browser | BROWSER), 401)
