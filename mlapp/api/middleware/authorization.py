"""Who may: looked at before anything else of a request, in one place.

What no table here names is for the full key, so a new route is closed until somebody decides otherwise.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from fastapi import FastAPI
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlapp.api.middleware.origin import Hosts, Proxies, check_site
from mlapp.api.problems import answer_to
from mlapp.api.security_headers import Headers
from mlapp.errors import MlappError, NotAllowed, TooLarge, WrongKey
from mlapp.logs import caller
from mlapp.services.access.service import AccessService, Role
from mlapp.services.access.sessions import SESSION, Session, cookie_name
from mlapp.settings import Settings

PAGES = "/ui"
LOGIN = f"{PAGES}/login"
LOGIN_BYTES = 4_096
"""What a form with a key takes at most: nobody else may send what is read before there is a key."""
PAGES_FILES = f"{PAGES}/_nicegui"
"""What pages load; nobody opens it by its address."""
PUBLIC = frozenset(
    {
        ("GET", "/health"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", LOGIN),
        ("POST", LOGIN),
        # These say nothing but where the pages are.
        ("GET", "/"),
        ("GET", "/train"),
        ("GET", "/predict"),
    }
)
PREDICTING = frozenset({("POST", "/predict"), ("GET", "/models/active"), ("GET", "/models/active/card")})
"""For both keys."""
DOCS = frozenset({"/docs", "/openapi.json"})
DOCS_FILES = "/static-offline-docs"
"""These and what is below are for both keys, and for sessions."""
NO_KEY = "This needs a key; send it as 'Authorization: Bearer …' or as 'X-API-Key'."
TWO_KEYS = "The request holds several keys; send one, as 'Authorization: Bearer …' or as 'X-API-Key'."
PREDICT_ONLY = "This key may only predict and read the active model; the key for everything may do this."
NO_SESSION = f"This is for people who are logged in; open {LOGIN} in a browser."


class _LoggedOut(WrongKey):
    """A page is asked for without a session."""


def protect(app: FastAPI, settings: Settings, access: AccessService) -> None:
    """Put what looks at requests first around an app, from the inside to the outside."""
    app.add_middleware(Access, access=access, hosts=Hosts(settings, open_=access.open))
    app.add_middleware(Headers)
    app.add_middleware(Proxies, trusted=settings.trusted_proxies)


class Access:
    """Lets in who may, and answers everybody else."""

    def __init__(self, app: ASGIApp, access: AccessService, hosts: Hosts) -> None:
        self.app = app
        self.access = access
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or a socket, which is cut when its session ends."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        try:
            session = self._let_in(scope)
        except MlappError as refusal:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await _answer(refusal, scope)(scope, receive, send)
            return
        if session and scope["type"] == "websocket":
            receive = self._while_it_lasts(session, receive, send)
        await self.app(scope, receive, send)

    def _let_in(self, scope: Scope) -> Session | None:
        """Return the session that a request belongs to, if it needs one.

        Raises:
            MlappError: it is not let in.
        """
        headers = dict(scope["headers"])
        if len(headers) != len(scope["headers"]) and [name for name, _ in scope["headers"]].count(b"host") > 1:
            headers[b"host"] = b""
        self.hosts.check(headers)
        if scope["path"] == LOGIN:
            _check_size(headers)
        if self.access.open:
            check_site(scope, headers)
            caller.set("local")
            return None
        role = self._role(scope)
        if role is Role.ANONYMOUS:
            check_site(scope, headers)
        caller.set(role.value)
        session = None
        if _is_below(scope["path"], PAGES) or _is_docs(scope):
            session = self._session(scope, headers)
        _check(scope, role, session)
        if session:
            scope[SESSION] = session
            caller.set("session")
        return session

    def _role(self, scope: Scope) -> Role:
        sent = _keys(scope["headers"])
        if not sent:
            return Role.ANONYMOUS
        if len(sent) > 1:
            raise WrongKey(TWO_KEYS)
        return self.access.authenticate(sent.pop())

    def _session(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Session | None:
        cookies = cookie_parser(headers.get(b"cookie", b"").decode("latin-1"))
        return self.access.sessions.verify(cookies.get(cookie_name(scope["scheme"]), ""))

    def _while_it_lasts(self, session: Session, receive: Receive, send: Send) -> Receive:
        async def receive_while_it_lasts() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and not self.access.sessions.is_valid(session):
                await send({"type": "websocket.close", "code": 1008})
                return {"type": "websocket.disconnect", "code": 1008}
            return message

        return receive_while_it_lasts


def _keys(headers: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    """Return the keys that a request holds; other schemes than Bearer are for whoever stands in front."""
    return {
        value.strip() if name == b"x-api-key" else value[7:].strip()
        for name, value in headers
        if name == b"x-api-key" or (name == b"authorization" and value[:7].lower() == b"bearer ")
    }


def _check(scope: Scope, role: Role, session: Session | None) -> None:
    """Look into the table.

    Raises:
        WrongKey: nobody may do this without a key, or without being logged in.
        NotAllowed: this key may not do it.
    """
    path = scope["path"]
    method = scope["method"] if scope["type"] == "http" else "socket"
    asked = ("GET" if method == "HEAD" else method, path)
    if asked in PUBLIC:
        return
    if _is_below(path, PAGES):
        if session is None:
            raise NotAllowed(PREDICT_ONLY) if role is Role.PREDICT else _LoggedOut(NO_SESSION)
        return
    if role is Role.FULL or (session and _is_docs(scope)):
        return
    if role is Role.ANONYMOUS:
        raise WrongKey(NO_KEY)
    if asked not in PREDICTING and not _is_docs(scope):
        raise NotAllowed(PREDICT_ONLY)


def _check_size(headers: Mapping[bytes, bytes]) -> None:
    """Look at how long a form to log in is.

    Raises:
        TooLarge: longer than one with a key, or it does not say.
    """
    stated = headers.get(b"content-length", b"0")
    if b"transfer-encoding" in headers or not stated.isdigit() or len(stated) > 9 or int(stated) > LOGIN_BYTES:
        raise TooLarge(
            f"The form to log in takes {LOGIN_BYTES:,} bytes and says so (Content-Length); send the key only."
        )


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _is_docs(scope: Scope) -> bool:
    path: str = scope["path"]
    reads = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
    return reads and (path in DOCS or _is_below(path, DOCS_FILES))


def _answer(refusal: MlappError, scope: Scope) -> Response:
    """Return what a refusal looks like: people who open a page are led to where they can log in."""
    path: str = scope["path"]
    if isinstance(refusal, _LoggedOut) and scope["method"] in ("GET", "HEAD") and not path.startswith(PAGES_FILES):
        asked = path + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        return RedirectResponse(f"{LOGIN}?next={quote(asked, safe='/')}", 303)
    answer = answer_to(refusal)
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
