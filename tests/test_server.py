"""Slow, broken and too many clients, at a real server with short timeouts."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from mlapp import server
from mlapp.server import Connection, Server

pytestmark = pytest.mark.slow

GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n"
LARGE = 20_000_000


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with the size of the body; on `/early` before it arrives, on `/large` with more than buffers hold."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": (await receive())["text"]})
        return
    size, more = 0, True
    if scope["path"] == "/early":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"so far", "more_body": True})
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    if scope["path"] == "/early":
        return
    body = b"%d" % size if scope["path"] == "/" else bytes(LARGE)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def nothing() -> None:
    """Stop nothing."""


@asynccontextmanager
async def serving(host: str = "127.0.0.1", sockets: list[socket.socket] | None = None) -> AsyncIterator[int]:
    config = uvicorn.Config(
        app, host, port=0, http=Connection, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = Server(config, nothing)
    task = asyncio.create_task(server.serve(sockets))
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(server, "CHECK_TICKS", 1)
    monkeypatch.setattr(server, "HEAD_TIMEOUT_S", 0.4)
    monkeypatch.setattr(server, "IDLE_TIMEOUT_S", 0.4)
    async with serving() as port:
        yield port


@pytest.fixture
async def patient(monkeypatch: pytest.MonkeyPatch, port: int) -> int:
    """A server whose clients may pause for longer, so that a busy machine does not delay them too long."""
    monkeypatch.setattr(server, "IDLE_TIMEOUT_S", 1.0)
    return port


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
async def test_address_is_logged_after_the_start(caplog: pytest.LogCaptureFixture, host: str, shown: str):
    caplog.set_level("INFO", "mlapp")

    # Bound by IPv4 in any case, as not every machine has IPv6.
    async with serving(host, [socket.create_server(("127.0.0.1", 0))]) as port:
        assert caplog.messages == [f"Serving on http://{shown}:{port}"]


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def read_all(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    # The connection is reset if a piece arrives after the response.
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            answer += piece
    return answer


async def exchange(port: int, *pieces: bytes, pause_s: float = 0) -> tuple[str, bytes]:
    """Send pieces with a pause after each, and return head and body of the response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(read_all(reader))
    for piece in pieces:
        writer.write(piece)
        await asyncio.wait([reading], timeout=pause_s)
        if reading.done():
            break
    answer = await asyncio.wait_for(reading, 60)
    await closed(writer)
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(), body


def assert_rejected(answer: tuple[str, bytes], status: int) -> None:
    head, body = answer
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "application/problem+json" in head
    assert "connection: close" in head
    problem = json.loads(body)
    assert problem["detail"] == server.DETAILS[status]
    assert re.fullmatch(r"[0-9a-f]{12}", problem["request_id"])
    assert f"\r\nx-request-id: {problem['request_id']}\r\n" in head


async def test_silent_connection_times_out(port: int):
    assert_rejected(await exchange(port), 408)


async def test_silent_websocket_stays_open(port: int):
    async with connect(f"ws://127.0.0.1:{port}/") as socket:
        await asyncio.sleep(2 * server.IDLE_TIMEOUT_S)
        await socket.send("at last")

        assert await socket.recv() == "at last"


async def test_slow_head_times_out(port: int):
    assert_rejected(await exchange(port, *[bytes([letter]) for letter in GET[:-4]], pause_s=0.05), 408)


async def test_large_head_is_rejected(port: int):
    assert_rejected(await exchange(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000), 431)


async def test_invalid_http_gets_a_problem(port: int):
    assert_rejected(await exchange(port, b"\x16\x03\x01\x02\x00\x01\r\n\r\n"), 400)


async def test_stalled_body_times_out(port: int):
    assert_rejected(await exchange(port, POST, b"x"), 408)


async def test_started_response_is_cut_off_without_a_problem(port: int):
    head, body = await exchange(port, POST.replace(b"/ ", b"/early "), b"x")

    assert head.startswith("HTTP/1.1 200 ")
    assert body == b"6\r\nso far\r\n"


async def test_slow_body_times_out(port: int):
    assert_rejected(await exchange(port, POST, *[b"x"] * 100, pause_s=0.05), 408)


async def test_steady_body_is_accepted(patient: int):
    request = POST.replace(b"Host", b"Connection: close\r\nHost").replace(b"1000", b"120000")

    head, body = await exchange(patient, request, *[b"x" * 10_000] * 12, pause_s=0.1)

    assert (head.partition("\r\n")[0], body) == ("HTTP/1.1 200 OK", b"120000")


async def test_unread_response_is_aborted(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
    writer.write(GET.replace(b"/ ", b"/large "))
    await asyncio.sleep(1.5)

    # The socket buffers still arrive, then the connection ends.
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(LARGE)
    await closed(writer)


async def test_connection_above_the_limit_gets_503(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    async with serving() as port:
        others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        answer = await exchange(port)
        for _, writer in others:
            await closed(writer)
        again = await exchange(port, GET.replace(b"Host", b"Connection: close\r\nHost"))

    assert_rejected(answer, 503)
    assert "retry-after: 1" in answer[0]
    assert again[1] == b"0"


async def test_reused_connection_is_not_timed_out(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(4):
        writer.write(GET)
        assert b"\r\n\r\n0" in await reader.readuntil(b"\r\n\r\n0")
        await asyncio.sleep(0.2)
    await closed(writer)


async def test_response_read_with_pauses_is_complete(patient: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", patient)
    writer.write(GET.replace(b"/ ", b"/large "))
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(0.1)

    assert len(await reader.readexactly(LARGE)) == LARGE
    await closed(writer)


async def test_failed_startup_exits_with_an_error():
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no store"})

    with pytest.raises(SystemExit) as ended:
        await Server(uvicorn.Config(broken, port=0, http=Connection, log_config=None), nothing).serve()

    assert ended.value.code == 3


async def test_waiting_request_is_answered_at_shutdown():
    waits, ended = asyncio.Event(), asyncio.Event()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        waits.set()
        await ended.wait()
        await app({**scope, "path": "/"}, receive, send)

    async def stop() -> None:
        ended.set()

    config = uvicorn.Config(waiting, port=0, http=Connection, log_config=None, lifespan="off")
    server = Server(config, stop)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient() as http:
        asking = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/"))
        await waits.wait()

        server.should_exit = True

        assert (await asking).status_code == 200
        await serving
