"""Connections that get nowhere, to a real server with short patience."""

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
    """Answer how long the body is; where the path says so, before it is here, or at more length than a socket takes."""
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
    """What is going on: nothing."""


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
    monkeypatch.setattr(server, "LOOK_TICKS", 1)
    monkeypatch.setattr(server, "HEAD_S", 0.4)
    monkeypatch.setattr(server, "STILL_S", 0.4)
    async with serving() as port:
        yield port


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
async def test_address_is_logged_once_it_answers(caplog: pytest.LogCaptureFixture, host: str, shown: str):
    caplog.set_level("INFO", "mlapp")

    # Bound by IPv4 in any case, for not every machine has the other.
    async with serving(host, [socket.create_server(("127.0.0.1", 0))]) as port:
        assert caplog.messages == [f"Serving on http://{shown}:{port}"]


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def said(port: int, *pieces: bytes, pause_s: float = 0) -> tuple[str, bytes]:
    """Send pieces with a pause after each, and return the head and the body of what comes until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(reader.read())
    for piece in pieces:
        writer.write(piece)
        await asyncio.wait([reading], timeout=pause_s)
        if reading.done():
            break
    answer = await asyncio.wait_for(reading, 20)
    await closed(writer)
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(), body


def refused(answer: tuple[str, bytes], status: int) -> None:
    head, body = answer
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "application/problem+json" in head
    assert "connection: close" in head
    problem = json.loads(body)
    assert problem["detail"] == server.SENTENCES[status]
    assert re.fullmatch(r"[0-9a-f]{12}", problem["request_id"])
    assert f"\r\nx-request-id: {problem['request_id']}\r\n" in head


async def test_whoever_says_nothing_is_let_go(port: int):
    refused(await said(port), 408)


async def test_a_websocket_that_says_nothing_for_long_stays_open(port: int):
    async with connect(f"ws://127.0.0.1:{port}/") as socket:
        await asyncio.sleep(2 * server.STILL_S)
        await socket.send("at last")

        assert await socket.recv() == "at last"


async def test_a_head_that_comes_letter_by_letter_is_cut_off(port: int):
    refused(await said(port, *[bytes([letter]) for letter in GET[:-4]], pause_s=0.05), 408)


async def test_a_head_without_end_is_refused(port: int):
    refused(await said(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000), 431)


async def test_what_is_no_http_is_answered_by_a_problem(port: int):
    refused(await said(port, b"\x16\x03\x01\x02\x00\x01\r\n\r\n"), 400)


async def test_a_body_that_stops_coming_is_cut_off(port: int):
    refused(await said(port, POST, b"x"), 408)


async def test_an_answer_that_has_begun_is_cut_off_without_another(port: int):
    head, body = await said(port, POST.replace(b"/ ", b"/early "), b"x")

    assert head.startswith("HTTP/1.1 200 ")
    assert body == b"6\r\nso far\r\n"


async def test_a_body_that_trickles_is_cut_off(port: int):
    refused(await said(port, POST, *[b"x"] * 100, pause_s=0.05), 408)


async def test_a_body_that_keeps_coming_is_taken(port: int):
    head, body = await said(port, POST.replace(b"Host", b"Connection: close\r\nHost"), *[b"x" * 50] * 20, pause_s=0.03)

    assert (head.partition("\r\n")[0], body) == ("HTTP/1.1 200 OK", b"1000")


async def test_an_answer_that_nobody_takes_is_given_up(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
    writer.write(GET.replace(b"/ ", b"/large "))
    await asyncio.sleep(1.5)

    # What lies in the sockets still comes, and then the end.
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(LARGE)
    await closed(writer)


async def test_further_connections_than_may_be_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server, "MOST", 2)
    async with serving() as port:
        others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        answer = await said(port)
        for _, writer in others:
            await closed(writer)
        again = await said(port, GET.replace(b"Host", b"Connection: close\r\nHost"))

    refused(answer, 503)
    assert "retry-after: 1" in answer[0]
    assert again[1] == b"0"


async def test_a_kept_connection_that_is_asked_again_is_not_cut_off(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(4):
        writer.write(GET)
        assert b"\r\n\r\n0" in await reader.readuntil(b"\r\n\r\n0")
        await asyncio.sleep(0.2)
    await closed(writer)


async def test_an_answer_that_is_taken_with_pauses_comes_whole(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET.replace(b"/ ", b"/large "))
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(0.1)

    assert len(await reader.readexactly(LARGE)) == LARGE
    await closed(writer)


async def test_a_server_whose_app_does_not_start_ends_as_a_failure():
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no store"})

    with pytest.raises(SystemExit) as ended:
        await Server(uvicorn.Config(broken, port=0, http=Connection, log_config=None), nothing).serve()

    assert ended.value.code == 3


async def test_who_waits_for_what_is_going_on_is_answered_when_the_server_stops():
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
