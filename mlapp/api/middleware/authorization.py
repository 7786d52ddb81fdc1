"""Authorization: every request is checked for its host, origin, API key and session before anything else.

Routes that no table here names require the full key.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from fastapi import FastAPI
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlapp.api.middleware.origin import AllowedHosts, TrustedProxiesMiddleware, check_origin
from mlapp.api.middleware.security_headers import SecurityHeadersMiddleware
from mlapp.api.problems import error_response
from mlapp.errors import Forbidden, MlappError, TooLarge, Unauthorized
from mlapp.logs import caller
from mlapp.services.access.service import AccessService, Role
from mlapp.services.access.sessions import SESSION, Session, cookie_name
from mlapp.settings import Settings

PAGES = "/ui"
LOGIN = f"{PAGES}/login"
LOGIN_BYTES = 4_096
"""Largest login form: it is the only body that is read without a key."""
PAGES_FILES = f"{PAGES}/_nicegui"
"""Scripts and styles of the pages; not redirected to the login."""
REDIRECTS = ("/", "/train", "/predict")
"""Paths of which GET only redirects to the pages."""
PUBLIC = frozenset({("POST", LOGIN)} | {("GET", path) for path in ("/health", "/livez", "/readyz", LOGIN, *REDIRECTS)})
PREDICT_ROUTES = frozenset({("POST", "/predict"), ("GET", "/models/active"), ("GET", "/models/active/card")})
"""Allowed with both keys."""
DOCS_PATHS = frozenset({"/docs", "/openapi.json"})
DOCS_FILES = "/static-offline-docs"
"""These paths and all below are allowed with both keys and for sessions."""
NO_KEY = "This requires an API key; send it as 'Authorization: Bearer …' or as 'X-API-Key'."
TWO_KEYS = "The request has several API keys; send one, as 'Authorization: Bearer …' or as 'X-API-Key'."
PREDICT_ONLY = "This key may only predict and read the active model; use the full key (MLAPP_API_KEY)."
NO_SESSION = f"This requires a login; open {LOGIN} in a browser."


class _LoginRequired(Unauthorized):
    """A page was requested without a session."""


def add_authorization(app: FastAPI, settings: Settings, access: AccessService) -> None:
    """Add the middleware for authorization, security headers and proxies; the last one runs first."""
    app.add_middleware(AuthorizationMiddleware, access=access, hosts=AllowedHosts(settings, open_=access.open))
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(TrustedProxiesMiddleware, trusted=settings.trusted_proxies)


class AuthorizationMiddleware:
    """Passes on authorized requests and rejects all others."""

    def __init__(self, app: ASGIApp, access: AccessService, hosts: AllowedHosts) -> None:
        self.app = app
        self.access = access
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authorize a request or a WebSocket, which is closed when its session ends."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        try:
            session = self._authorize(scope)
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
        role = self._role(scope)
        if role is Role.ANONYMOUS:
            check_origin(scope, headers)
        caller.set(role.value)
        session = None
        if _is_below(scope["path"], PAGES) or _is_docs(scope):
            cookies = cookie_parser(headers.get(b"cookie", b"").decode("latin-1"))
            session = self.access.sessions.verify(cookies.get(cookie_name(scope["scheme"]), ""))
        _check_permission(scope, role, session)
        if session:
            scope[SESSION] = session
            caller.set("session")
        return session

    def _role(self, scope: Scope) -> Role:
        keys = _keys(scope["headers"])
        if not keys:
            return Role.ANONYMOUS
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


def _check_permission(scope: Scope, role: Role, session: Session | None) -> None:
    """Check the role or session against the tables above.

    Raises:
        Unauthorized: the route requires a key or a login.
        Forbidden: the key does not allow it.
    """
    path = scope["path"]
    method = scope["method"] if scope["type"] == "http" else "socket"
    route = ("GET" if method == "HEAD" else method, path)
    if route in PUBLIC:
        return
    if _is_below(path, PAGES):
        if session is None:
            raise Forbidden(PREDICT_ONLY) if role is Role.PREDICT else _LoginRequired(NO_SESSION)
        return
    if role is Role.FULL or (session and _is_docs(scope)):
        return
    if role is Role.ANONYMOUS:
        raise Unauthorized(NO_KEY)
    if route not in PREDICT_ROUTES and not _is_docs(scope):
        raise Forbidden(PREDICT_ONLY)


def _check_login_size(headers: Mapping[bytes, bytes]) -> None:
    """Check the size of a login form.

    Raises:
        TooLarge: it is larger than `LOGIN_BYTES`, or has no Content-Length.
    """
    length = headers.get(b"content-length", b"0")
    if b"transfer-encoding" in headers or not length.isdigit() or len(length) > 9 or int(length) > LOGIN_BYTES:
        raise TooLarge(f"A login form has at most {LOGIN_BYTES:,} bytes and a Content-Length; send only the key.")


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _is_docs(scope: Scope) -> bool:
    path: str = scope["path"]
    reads = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
    return reads and (path in DOCS_PATHS or _is_below(path, DOCS_FILES))


def _rejection(error: MlappError, scope: Scope) -> Response:
    """Return a redirect to the login for pages, a problem response for everything else."""
    path: str = scope["path"]
    if isinstance(error, _LoginRequired) and scope["method"] in ("GET", "HEAD") and not path.startswith(PAGES_FILES):
        target = path + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        return RedirectResponse(f"{LOGIN}?next={quote(target, safe='/')}", 303)
    response = error_response(error)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
