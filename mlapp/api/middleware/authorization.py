"""Authorization: every request is checked for its host, origin, API key and session before anything else."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qs, quote

from fastapi import FastAPI
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlapp.api.middleware.cors import CORS, CorsMiddleware
from mlapp.api.middleware.origin import AllowedHosts, TrustedProxiesMiddleware, check_origin
from mlapp.api.middleware.permissions import (
    LOGIN,
    NO_KEY,
    PAGES,
    UNKNOWN,
    LoginRequired,
    TicketRequired,
    check_permission,
    permission_of,
)
from mlapp.api.middleware.security_headers import SecurityHeadersMiddleware
from mlapp.api.negotiation import page_redirect, wants_page
from mlapp.api.problems import error_response
from mlapp.caller import caller
from mlapp.errors import MlappError, TooLarge, Unauthorized
from mlapp.services.access.service import ANONYMOUS, AccessService, Caller, Role
from mlapp.services.access.sessions import SESSION, Session, cookie_name
from mlapp.settings import Settings

LOGIN_BYTES = 4_096
"""Largest login form: it is the only body that is read without a key."""
PAGES_FILES = f"{PAGES}/_nicegui"
"""Scripts and styles of the pages; not redirected to the login."""
WRONG_TICKET = "This ticket is wrong, expired or used; get a new one with POST /jobs/{job_id}/tickets."
TWO_KEYS = "The request has several API keys; send one, as 'Authorization: Bearer …' or as 'X-API-Key'."


DefaultModel = Callable[[], str | None]
"""Returns the name of the default model."""


def add_authorization(app: FastAPI, settings: Settings, access: AccessService, default: DefaultModel) -> None:
    """Add the middleware for authorization, CORS, security headers and proxies; the last one runs first."""
    hosts = AllowedHosts(settings, open_=access.open)
    app.add_middleware(AuthorizationMiddleware, access=access, hosts=hosts, default=default)
    if settings.cors_origins:
        app.add_middleware(CorsMiddleware, origins=settings.cors_origins)
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(TrustedProxiesMiddleware, trusted=settings.trusted_proxies)


class AuthorizationMiddleware:
    """Passes on authorized requests and rejects all others."""

    def __init__(self, app: ASGIApp, access: AccessService, hosts: AllowedHosts, default: DefaultModel) -> None:
        self.app = app
        self.access = access
        self.hosts = hosts
        self.default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authorize a request or a WebSocket, which is closed when its session ends."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        try:
            try:
                session = self._authorize(scope)
            except TicketRequired:
                session = None
                await self._redeem_ticket(scope)
        except MlappError as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await _rejection(error, scope)(scope, receive, send)
            return
        if session and scope["type"] == "websocket":
            receive = self._receive_until_logout(session, receive, send)
        await self.app(scope, receive, send)

    def _authorize(self, scope: Scope) -> Session | None:
        """Return the session of a request to pages or docs, None for others.

        Raises:
            MlappError: the request is not authorized.
        """
        headers = dict(scope["headers"])
        if len(headers) != len(scope["headers"]) and [name for name, _ in scope["headers"]].count(b"host") > 1:
            headers[b"host"] = b""
        self.hosts.check(headers)
        if scope["path"] == LOGIN:
            _check_login_size(headers)
        if self.access.open:
            check_origin(scope, headers)
            caller.set("local")
            return None
        requester = self._caller(scope)
        if requester.role is Role.ANONYMOUS:
            check_origin(scope, headers)
        caller.set(requester.role.value)
        permission, model = permission_of(scope["method"] if scope["type"] == "http" else "socket", scope["path"])
        session = None
        if permission.session and CORS not in scope:
            cookies = cookie_parser(headers.get(b"cookie", b"").decode("latin-1"))
            session = self.access.sessions.verify(cookies.get(cookie_name(scope["scheme"]), ""))
        default = None if requester.models is None else self.default()
        check_permission(permission, requester, model, default, session=session is not None)
        if session:
            scope[SESSION] = session
            caller.set("session")
        return session

    async def _redeem_ticket(self, scope: Scope) -> None:
        """Redeem the ticket in the query, which is removed, so that nothing logs it.

        Raises:
            Unauthorized: there is no ticket, or it is not valid.
        """
        query = parse_qs(scope["query_string"].decode("latin-1"))
        scope["query_string"] = b""
        if "ticket" not in query:
            raise Unauthorized(NO_KEY)
        if not await asyncio.to_thread(self.access.tickets.redeem, scope["path"], query["ticket"][-1]):
            raise Unauthorized(WRONG_TICKET)
        caller.set("ticket")

    def _caller(self, scope: Scope) -> Caller:
        keys = _keys(scope["headers"])
        if not keys:
            return ANONYMOUS
        if len(keys) > 1:
            raise Unauthorized(TWO_KEYS)
        return self.access.authenticate(keys.pop())

    def _receive_until_logout(self, session: Session, receive: Receive, send: Send) -> Receive:
        async def receive_if_valid() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and not self.access.sessions.is_valid(session):
                await send({"type": "websocket.close", "code": 1008})
                return {"type": "websocket.disconnect", "code": 1008}
            return message

        return receive_if_valid


def _keys(headers: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    """Return the API keys in the headers. Other schemes than Bearer are ignored: they are for a proxy in front."""
    return {
        value.strip() if name == b"x-api-key" else value[7:].strip()
        for name, value in headers
        if name == b"x-api-key" or (name == b"authorization" and value[:7].lower() == b"bearer ")
    }


def _check_login_size(headers: Mapping[bytes, bytes]) -> None:
    """Check the size of a login form.

    Raises:
        TooLarge: it is larger than `LOGIN_BYTES`, or has no Content-Length.
    """
    length = headers.get(b"content-length", b"0")
    if b"transfer-encoding" in headers or not length.isdigit() or len(length) > 9 or int(length) > LOGIN_BYTES:
        raise TooLarge(f"A login form has at most {LOGIN_BYTES:,} bytes and a Content-Length; send only the key.")


def _rejection(error: MlappError, scope: Scope) -> Response:
    """Return a redirect to the login for pages, to the pages for browsers elsewhere, or else a problem response."""
    path: str = scope["path"]
    if error.status == 401 and wants_page(scope) and permission_of("GET", path)[0] is UNKNOWN:
        # There is no such page, which the pages say after a login.
        return page_redirect(scope)
    if isinstance(error, LoginRequired) and scope["method"] in ("GET", "HEAD") and not path.startswith(PAGES_FILES):
        target = path + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        return RedirectResponse(f"{LOGIN}?next={quote(target, safe='/')}", 303)
    response = error_response(error)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
