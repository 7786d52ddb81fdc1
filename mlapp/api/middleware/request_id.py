"""Request ids, request metrics and the response to unhandled errors; the outermost middleware."""

import logging
import re
import secrets
import time
from itertools import count

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlapp.api.middleware.cors import CORS
from mlapp.api.middleware.security_headers import API_HEADERS, NO_STORE
from mlapp.api.paths import split_path
from mlapp.api.problems import problem_response
from mlapp.caller import caller
from mlapp.logs import request_scope
from mlapp.services.observability.metrics import MetricsService

log = logging.getLogger(__name__)

HEADER = b"x-request-id"
VALID_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""Ids that are taken over from clients, to trace a request through several servers."""
NO_RESPONSE = "No response returned."
"""Message of the error that Starlette's BaseHTTPMiddleware raises if no response was sent, as after a disconnect."""
SECURITY_HEADERS = {name.decode(): value.decode() for name, value in [*API_HEADERS, NO_STORE]}
"""Of responses that bypass the middleware which adds them."""
INTERNAL_ERROR = "Internal error; the server log has the details under the id of this request."
OTHER = "other"
"""Route label of unknown paths, which clients can invent without limit."""


class RequestIdMiddleware:
    """Sets the request id and counts requests, in few steps: common ways to do so cost as much as a prediction."""

    def __init__(self, app: ASGIApp, metrics: MetricsService, templates: frozenset[str]) -> None:
        self.app = app
        self.metrics = metrics
        self.templates = templates
        """Templates of paths that inner middleware may respond to before routing; see `split_path`."""
        self._start = secrets.token_hex(3)
        """Distinguishes the ids of different processes."""
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a WebSocket."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = self._id(scope)
        scope_token, caller_token = request_scope.set(scope), caller.set("anonymous")
        try:
            if scope["type"] == "http":
                await self._serve(scope, receive, send)
            else:
                await self.app(scope, receive, send)
        finally:
            request_scope.reset(scope_token)
            caller.reset(caller_token)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # A copy, as the response may share its list.
                message["headers"] = [*message.get("headers", ()), (HEADER, scope["request_id"].encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            if await _is_disconnect(error, scope, receive):
                self.metrics.disconnects.inc()
                log.debug("The client disconnected before the response.", extra=self._about(scope))
                return
            log.exception("Unhandled error.", extra=self._about(scope))
            if not status:
                cors = {name.decode(): value.decode() for name, value in scope.get(CORS, ())}
                response = problem_response(500, INTERNAL_ERROR, headers=SECURITY_HEADERS | cors)
                await response(scope, receive, send_with_id)
        seconds = time.perf_counter() - started
        self.metrics.answered(scope["method"], self._route(scope), status, seconds)
        if log.isEnabledFor(logging.DEBUG):
            # Not the path, which may contain secret tokens of downloads.
            extra = self._about(scope) | {"status": status, "seconds": round(seconds, 6)}
            log.debug("Request served.", extra=extra)

    def _id(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == HEADER and VALID_ID.fullmatch(value):
                return str(value, "ascii")
        return f"{self._start}-{next(self._numbers)}"

    def _about(self, scope: Scope) -> dict[str, str | float]:
        return {"method": scope["method"], "route": self._route(scope)}

    def _route(self, scope: Scope) -> str:
        """Return the path template of the route."""
        route = scope.get("route")
        if route is not None:
            return str(scope.get("root_path", "")) + str(route.path)
        template, _ = split_path(scope["path"])
        return template if template in self.templates else OTHER


async def _is_disconnect(error: Exception, scope: Scope, receive: Receive) -> bool:
    """Return whether the only cause of an error is that the client disconnected."""
    if isinstance(error, ClientDisconnect):
        return True
    return str(error) == NO_RESPONSE and await Request(scope, receive).is_disconnected()
