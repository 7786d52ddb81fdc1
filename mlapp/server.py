"""uvicorn with timeouts and limits for slow clients, which it lacks.

A request head has a deadline and a maximum size, a body a minimum rate, and a client must keep reading the response.
All connections are checked every two seconds, so that requests themselves are not slowed down.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from socket import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mlapp.api.problems import MEDIA_TYPE, problem_body

log = logging.getLogger(__name__)

CHECK_TICKS = 20
"""Interval of the checks, in ticks of the server (0.1 s)."""
HEAD_TIMEOUT_S = 60.0
"""Timeout of a request head."""
MAX_HEAD_BYTES = 64_000
"""Largest request head."""
IDLE_TIMEOUT_S = 30.0
"""Timeout for the next bytes of a body, and for a client to read the next bytes of a response."""
MIN_BODY_BYTES_PER_S = 1_000
"""Minimum rate of a body, after `IDLE_TIMEOUT_S`."""
MAX_CONNECTIONS = 1_000
"""Open connections at a time."""
DETAILS = {
    400: "This is not a valid HTTP request.",
    408: "The request took too long to arrive; send it again.",
    431: f"The request head exceeds {MAX_HEAD_BYTES:,} bytes; send fewer or shorter headers.",
    503: f"{MAX_CONNECTIONS:,} connections are open, which is the limit; try again in a moment.",
}


class Connection(HttpToolsProtocol):
    """An HTTP connection that is closed when its client is too slow."""

    _started = _last_received = 0.0
    """Times of the start of the request and of its last bytes."""
    _write_paused: float | None = None
    """Time since which the client reads nothing; None while it reads."""
    _received = 0
    """Size of the request so far, in bytes."""

    def connection_made(self, transport: object) -> None:
        """Accept the connection, unless there are too many."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._started = self._last_received = self.loop.time()
        if len(self.connections) > MAX_CONNECTIONS:
            self._reject(503)

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        self._started, self._received = self.loop.time(), 0

    def data_received(self, data: bytes) -> None:
        """Count the bytes."""
        self._last_received = self.loop.time()
        super().data_received(data)
        self._received += len(data)
        if self._received > MAX_HEAD_BYTES and self._in_head and not self.transport.is_closing():
            self._reject(431)

    def pause_writing(self) -> None:
        """Remember when the client stopped reading."""
        super().pause_writing()
        self._write_paused = self.loop.time()

    def resume_writing(self) -> None:
        """Forget it."""
        super().resume_writing()
        self._write_paused = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text
        """Reject an invalid request."""
        self._reject(400)

    def check_timeouts(self) -> None:
        """Close the connection if the client is too slow."""
        now = self.loop.time()
        if self._write_paused is not None and now - self._write_paused > IDLE_TIMEOUT_S:
            self.transport.abort()
        elif self._in_head:
            if now - self._started > HEAD_TIMEOUT_S:
                self._reject(408)
        elif self.cycle.more_body and not self.cycle.response_complete and not self.flow.read_paused:
            late = now - self._started - IDLE_TIMEOUT_S
            if now - self._last_received > IDLE_TIMEOUT_S or self._received < late * MIN_BODY_BYTES_PER_S:
                self._reject(408)

    @property
    def _in_head(self) -> bool:
        """Whether the head of the next request is incomplete."""
        return self.cycle is None or self.cycle.scope is not self.scope

    def _reject(self, status: int) -> None:
        """Send a problem response, unless a response has started, and close the connection."""
        if self._in_head or not self.cycle.response_started:
            # An incomplete head is not a request yet and has no id.
            known = None if self._in_head else self.cycle.scope.get("request_id")
            id_ = str(known or secrets.token_hex(6))
            body = problem_body(status, DETAILS[status], id_=id_)
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: %s\r\ncontent-length: %d\r\n" % (MEDIA_TYPE.encode(), len(body))
                + b"x-request-id: %s\r\n" % id_.encode()
                + (b"retry-after: 1\r\n" if status == 503 else b"")
                + b"connection: close\r\n\r\n"
                + body
            )
        self.transport.close()


class Server(uvicorn.Server):
    """A server that checks its connections, and stops background work at the start of a shutdown."""

    def __init__(self, config: uvicorn.Config, stop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        super().__init__(config)
        self._stop = stop

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and log the address when the server accepts requests."""
        await super().startup(sockets)
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        port = self.servers[0].sockets[0].getsockname()[1]
        log.info("Serving on http://%s:%s", host, port)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Shut down: requests that wait for a job, or follow it, get its end before their connections are closed."""
        stopping = asyncio.create_task(self._stop())
        await super().shutdown(sockets)
        await stopping

    async def on_tick(self, counter: int) -> bool:
        """Check the connections every `CHECK_TICKS`; returns whether to stop."""
        if counter % CHECK_TICKS == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.check_timeouts()
        return await super().on_tick(counter)
