"""A server that does not wait for ever: uvicorn itself gives a request, and its body, as long as they take.

The head of a request has to come within a minute and be of a sensible size, a body has to keep coming, an answer has
to be taken. All connections are looked at every few seconds; nothing of it stands in a request's way.
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

LOOK_TICKS = 20
"""How often the connections are looked at, in the server's ticks of a tenth of a second."""
HEAD_S = 60.0
"""How long the head of a request may take."""
HEAD_BYTES = 64_000
"""What may come before a head is complete."""
STILL_S = 30.0
"""How long nothing of a body may come, or nothing of an answer be taken."""
BODY_BYTES_PER_S = 1_000
"""How fast a body comes at least, after `STILL_S`."""
MOST = 1_000
"""Connections at a time."""
SENTENCES = {
    400: "This cannot be read as an HTTP request.",
    408: "The request took too long to arrive; send it again.",
    431: f"The head of the request is longer than {HEAD_BYTES:,} bytes; send fewer or shorter headers.",
    503: f"{MOST:,} connections are open, as many as may be; try again in a moment.",
}


class Connection(HttpToolsProtocol):
    """One that is ended when it gets nowhere."""

    _began = _heard = 0.0
    """When the request began, and when something of it came last."""
    _stuck: float | None = None
    """Since when nothing of the answer is taken."""
    _received = 0
    """Bytes of the request."""

    def connection_made(self, transport: object) -> None:
        """Begin, unless there are too many."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._began = self._heard = self.loop.time()
        if len(self.connections) > MOST:
            self._refuse(503)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._began, self._received = self.loop.time(), 0

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        self._heard = self.loop.time()
        super().data_received(data)
        self._received += len(data)
        if self._received > HEAD_BYTES and self._in_head and not self.transport.is_closing():
            self._refuse(431)

    def pause_writing(self) -> None:
        """Note that the answer is not taken."""
        super().pause_writing()
        self._stuck = self.loop.time()

    def resume_writing(self) -> None:
        """Note that it is."""
        super().resume_writing()
        self._stuck = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - what uvicorn would say
        """Answer what is no request."""
        self._refuse(400)

    def look(self) -> None:
        """End the connection if it gets nowhere."""
        now = self.loop.time()
        if self._stuck is not None and now - self._stuck > STILL_S:
            self.transport.abort()
        elif self._in_head:
            if now - self._began > HEAD_S:
                self._refuse(408)
        elif self.cycle.more_body and not self.cycle.response_complete and not self.flow.read_paused:
            late = now - self._began - STILL_S
            if now - self._heard > STILL_S or self._received < late * BODY_BYTES_PER_S:
                self._refuse(408)

    @property
    def _in_head(self) -> bool:
        """Whether no request is under way whose head is here."""
        return self.cycle is None or self.cycle.scope is not self.scope

    def _refuse(self, status: int) -> None:
        """Say why, where nothing else was said, and close."""
        if self._in_head or not self.cycle.response_started:
            # What came so far may be no request yet, and have no id.
            known = None if self._in_head else self.cycle.scope.get("request_id")
            number = str(known or secrets.token_hex(6))
            body = problem_body(status, SENTENCES[status], number=number)
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: %s\r\ncontent-length: %d\r\n" % (MEDIA_TYPE.encode(), len(body))
                + b"x-request-id: %s\r\n" % number.encode()
                + (b"retry-after: 1\r\n" if status == 503 else b"")
                + b"connection: close\r\n\r\n"
                + body
            )
        self.transport.close()


class Server(uvicorn.Server):
    """Looks at its connections now and then; ends what is going on as soon as it is to stop."""

    def __init__(self, config: uvicorn.Config, stop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        super().__init__(config)
        self._stop = stop

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and log the address once it answers."""
        await super().startup(sockets)
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        port = self.servers[0].sockets[0].getsockname()[1]
        log.info("Serving on http://%s:%s", host, port)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop: who waits for what is going on, or follows it, hears of its end before the connections are closed."""
        stopping = asyncio.create_task(self._stop())
        await super().shutdown(sockets)
        await stopping

    async def on_tick(self, counter: int) -> bool:
        """Do what is done ten times a second; returns whether to stop."""
        if counter % LOOK_TICKS == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.look()
        return await super().on_tick(counter)
