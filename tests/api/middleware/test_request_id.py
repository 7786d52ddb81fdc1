"""Request ids, request metrics and responses to unhandled errors."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mlapp.api.middleware.request_id import RequestIdMiddleware
from mlapp.logs import request_id, request_scope
from mlapp.schemas import Span, VersionInfo
from mlapp.services import Services
from tests.api.conftest import CSV, problem_of, row_of

OURS = r"[0-9a-f]{6}-\d+"
log = logging.getLogger("fork")


@pytest.fixture
async def forked(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """An app with bugs, as a fork might have."""
    app = FastAPI()
    app.add_middleware(RequestIdMiddleware, metrics=services.metrics, templates=frozenset())

    @app.get("/bug/{name}")
    async def bug(name: str) -> int:
        return 1 // len(name[:0])

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"half of it"
            raise ZeroDivisionError

        return StreamingResponse(chunks())

    @app.get("/slow/{name}")
    async def slow(name: str) -> None:
        await asyncio.sleep(0)
        log.warning(name)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_every_response_has_its_own_id(http: httpx.AsyncClient, regression: VersionInfo):
    await http.post(f"/models/{regression.version}/activate")
    body = {"records": [row_of(regression)]}

    answers = [await http.post("/predict", json=body), await http.get("/health"), await http.get("/nothing")]

    ids = [answer.headers["x-request-id"] for answer in answers]
    assert all(re.fullmatch(OURS, each) for each in ids)
    assert len(set(ids)) == 3
    # The fast path was taken: the response is not a stream.
    assert "content-length" in answers[0].headers


@pytest.mark.parametrize("sent", ["a", "gateway-17.b_2", "A.b_c-9" * 9])
async def test_valid_id_of_the_client_is_kept(http: httpx.AsyncClient, sent: str):
    answer = await http.get("/nothing", headers={"X-Request-ID": sent})

    assert problem_of(answer, 404)["request_id"] == sent


@pytest.mark.parametrize("sent", ["", " ", "a b", "a" * 65, "<b>", 'a"', b"\xe4", b"a\tb"])
async def test_invalid_id_of_the_client_is_replaced(http: httpx.AsyncClient, sent: Any):
    answer = await http.get("/nothing", headers={"X-Request-ID": sent})

    assert re.fullmatch(OURS, problem_of(answer, 404)["request_id"])


async def test_rejection_before_routing_has_the_id(http: httpx.AsyncClient):
    headers = {"Content-Type": CSV, "Content-Length": "3000000", "X-Request-ID": "big-1"}

    assert problem_of(await http.post("/train", content=b"a", headers=headers), 413)["request_id"] == "big-1"


async def test_unhandled_error_is_logged_with_method_and_route(
    forked: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
):
    answer = await forked.get("/bug/secret", headers={"X-Request-ID": "bug-1"})

    assert problem_of(answer, 500)["request_id"] == "bug-1"
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", "Unhandled error.")
    assert (record.__dict__["method"], record.__dict__["route"]) == ("GET", "/bug/{name}")
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError


async def test_unhandled_error_during_a_response_is_logged(forked: httpx.AsyncClient, caplog: pytest.LogCaptureFixture):
    with pytest.raises(AssertionError):
        # Raised by httpx for an incomplete response.
        await forked.get("/half")

    assert [record.getMessage() for record in caplog.records] == ["Unhandled error."]


async def test_concurrent_requests_log_their_own_ids(forked: httpx.AsyncClient):
    seen: list[tuple[str, str | None]] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append((record.getMessage(), request_id()))  # type: ignore[method-assign]
    log.addHandler(handler)

    names = [f"n{number}" for number in range(20)]
    await asyncio.gather(*[forked.get(f"/slow/{name}", headers={"X-Request-ID": name}) for name in names])

    log.removeHandler(handler)
    assert sorted(seen) == sorted((name, name) for name in names)


async def test_requests_are_logged_at_debug_only(http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "mlapp")
    await http.get("/models/seven/versions/777")
    assert not caplog.records

    caplog.set_level(logging.DEBUG, "mlapp")
    await http.get("/models/seven/versions/777")

    (record,) = caplog.records
    fields = record.__dict__
    assert (fields["method"], fields["route"]) == ("GET", "/models/{model}/versions/{version}")
    assert "777" not in record.getMessage()
    assert fields["status"] == 404
    assert 0 < fields["seconds"] < 60


def disconnects(services: Services) -> float:
    return services.metrics.registry.get_sample_value("mlapp_http_disconnects_total") or 0.0


def requests(services: Services) -> list[str]:
    """Return the lines of /metrics that count requests."""
    return [line for line in services.metrics.exposition().decode().splitlines() if "http_requests_total" in line]


@pytest.mark.parametrize("content_type", [CSV, "application/json", "multipart/form-data; boundary=b"])
async def test_disconnect_is_logged_at_debug_and_not_counted_as_error(
    app: FastAPI, services: Services, caplog: pytest.LogCaptureFixture, content_type: str
):
    caplog.set_level(logging.DEBUG, "mlapp")
    before, counted = disconnects(services), requests(services)
    failed = (await services.monitoring.traffic(Span.HOUR)).total
    messages: list[Message] = [
        {"type": "http.request", "body": b"--b\r\n", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        pytest.fail(f"Sent to a disconnected client: {message}")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", content_type.encode())],
        "client": ("localhost", 1),
    }
    await app(scope, receive, send)

    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("DEBUG", None)
    assert (disconnects(services), requests(services)) == (before + 1, counted)
    assert (await services.monitoring.traffic(Span.HOUR)).total == failed


@pytest.mark.parametrize("level", ["DEBUG", "ERROR"])
async def test_missing_response_is_an_error_only_if_the_client_waits(
    services: Services, caplog: pytest.LogCaptureFixture, level: str
):
    caplog.set_level(logging.DEBUG, "mlapp")
    before, sent, gone = disconnects(services), list[Message](), level == "DEBUG"

    async def silent(_: Scope, __: Receive, ___: Send) -> None: ...

    async def dispatch(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    async def receive() -> Message:
        return {"type": "http.disconnect"} if gone else {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "client": None}
    await RequestIdMiddleware(BaseHTTPMiddleware(silent, dispatch), services.metrics, frozenset())(scope, receive, send)

    assert caplog.records[0].levelname == level
    assert disconnects(services) == before + gone
    assert [message["status"] for message in sent if "status" in message] == ([] if gone else [500])


async def test_websocket_has_an_id_and_is_not_counted(services: Services):
    seen: list[Any] = []

    async def inner(_: Scope, __: Receive, ___: Send) -> None:
        seen.append(request_id())

    before, ids = requests(services), RequestIdMiddleware(inner, services.metrics, frozenset())
    scope: Scope = {"type": "websocket", "path": "/", "headers": [], "client": None}

    await asyncio.create_task(ids(scope, inner, inner))  # type: ignore[arg-type]

    assert re.fullmatch(OURS, seen[0])
    assert request_scope.get() is not scope
    assert requests(services) == before
