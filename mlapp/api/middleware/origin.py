"""Who sent a request where: by what name, from which site, through which proxy.

A name that is not ours is how a page elsewhere reaches a server on this machine (DNS rebinding); a request from
another site is how it has the visitor's browser do something here, for which it needs no answer.
"""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from mlapp.errors import Misdirected, NotAllowed, shorten
from mlapp.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
OURS = (b"same-origin", b"none")
"""What a browser says of a request that no other site has made: a page of ours, or the visitor."""
FOREIGN = "This request comes from another site; a browser may send it from a page of this server only."


class Hosts:
    """The names that are answered to."""

    def __init__(self, settings: Settings, *, open_: bool) -> None:
        default = ",".join((*LOOPBACK, settings.host)) if open_ else "*"
        names = (settings.allowed_hosts or default).lower().split(",")
        self._names = frozenset(name.strip().encode() for name in names)
        self._any = b"*" in self._names

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Look at the name that a request was sent to.

        Raises:
            Misdirected: it is none of ours.
        """
        if self._any:
            return
        host = headers.get(b"host", b"")
        name = host.partition(b"]")[0] + b"]" if host.startswith(b"[") else host.partition(b":")[0]
        if name.lower() not in self._names:
            shown = shorten(name.decode("latin-1"))
            raise Misdirected(f"This server is not '{shown}'; MLAPP_ALLOWED_HOSTS says which names it answers to.")


def check_site(scope: Scope, headers: Mapping[bytes, bytes]) -> None:
    """Look at which site had a browser send a request: others may lead here, and nothing else.

    Source: the Fetch Metadata Request Headers of the W3C; browsers without them, and sockets, say their `Origin`.

    Raises:
        NotAllowed: another site.
    """
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if site is not None and site not in OURS:
        link = scope["type"] == "http" and scope["method"] == "GET" and headers.get(b"sec-fetch-dest") == b"document"
        if not link:
            raise NotAllowed(FOREIGN)
    elif origin is not None and site is None:
        scheme, _, host = origin.partition(b"://")
        if scheme not in (b"http", b"https") or host.lower() != headers.get(b"host", b"").lower():
            raise NotAllowed(FOREIGN)


class Proxies:
    """Believes what trusted proxies say about a client; what anybody else says of that kind is dropped."""

    def __init__(self, app: ASGIApp, trusted: str | None) -> None:
        self.app = app
        self.believing = ProxyHeadersMiddleware(app, trusted or [])  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif (scope.get("client") or ("",))[0] in self.believing.trusted_hosts:
            await self.believing(scope, receive, send)  # type: ignore[arg-type]
        else:
            if any(name.startswith(b"x-forwarded-") for name, _ in scope["headers"]):
                scope["headers"] = [pair for pair in scope["headers"] if not pair[0].startswith(b"x-forwarded-")]
            await self.app(scope, receive, send)
