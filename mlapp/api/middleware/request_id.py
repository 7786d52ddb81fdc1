"""The outermost of all: gives every request an id, counts it, and answers for what nobody else has answered."""

import logging
import re
import secrets
import time
from itertools import count

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlapp.api.problems import bug_answer
from mlapp.logs import caller, serving
from mlapp.services.observability.metrics import MetricsService

log = logging.getLogger(__name__)

HEADER = b"x-request-id"
SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""Ids of others that are taken over, so that a request can be followed through several servers."""
NOT_BEGUN = "No response returned."
"""What Starlette's middleware raises when the answer behind it ended before it began, as where nobody waits for it."""
OTHER = "other"
"""The route of what has none: anybody can make up addresses."""


class RequestIds:
    """One object and few steps a request, for plain predictions take less time than most ways to count them."""

    def __init__(self, app: ASGIApp, metrics: MetricsService, paths: frozenset[str]) -> None:
        self.app = app
        self.metrics = metrics
        self.paths = paths
        """Those that may be answered before there is any routing; each is the template of its route."""
        self._start = secrets.token_hex(3)
        """Tells apart what several processes number alike."""
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a socket."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = self._id(scope)
        before, before_caller = serving.set(scope), caller.set("anonymous")
        try:
            if scope["type"] == "http":
                await self._serve(scope, receive, send)
            else:
                await self.app(scope, receive, send)
        finally:
            serving.reset(before)
            caller.reset(before_caller)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # A list of its own: what an answer brings may be shared.
                message["headers"] = [*message.get("headers", ()), (HEADER, scope["request_id"].encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            if await _is_gone(error, scope, receive):
                self.metrics.disconnects.inc()
                log.debug("The sender was gone before it was answered.", extra=self._about(scope))
                return
            log.exception("A request hit a bug.", extra=self._about(scope))
            if not status:
                await bug_answer()(scope, receive, send_with_id)
        seconds = time.perf_counter() - began
        self.metrics.answered(scope["method"], self._route(scope), status, seconds)
        if log.isEnabledFor(logging.DEBUG):
            # Not its path, in which there may be names of downloads that nobody else shall know.
            extra = self._about(scope) | {"status": status, "seconds": round(seconds, 6)}
            log.debug("A request was answered.", extra=extra)

    def _id(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == HEADER and SANE.fullmatch(value):
                return str(value, "ascii")
        return f"{self._start}-{next(self._numbers)}"

    def _about(self, scope: Scope) -> dict[str, str | float]:
        return {"method": scope["method"], "route": self._route(scope)}

    def _route(self, scope: Scope) -> str:
        """Return the template of the path that is asked for."""
        route = scope.get("route")
        if route is not None:
            return str(scope.get("root_path", "")) + str(route.path)
        return scope["path"] if scope["path"] in self.paths else OTHER


async def _is_gone(error: Exception, scope: Scope, receive: Receive) -> bool:
    """Return whether nothing is wrong but that the sender does not wait any more."""
    if isinstance(error, ClientDisconnect):
        return True
    return str(error) == NOT_BEGUN and await Request(scope, receive).is_disconnected()
