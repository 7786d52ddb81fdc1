"""Checks of host and origin against DNS rebinding and cross-site request forgery, and X-Forwarded-* headers.

With DNS rebinding, a page of another site reaches a server on localhost under its own host name. With cross-site
request forgery, it has the visitor's browser send a request, even if it cannot read the response.
"""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from mlapp.api.middleware.cors import CORS
from mlapp.errors import Forbidden, Misdirected, shorten
from mlapp.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
OWN_SITES = (b"same-origin", b"none")
"""Values of Sec-Fetch-Site for requests by a page of this server or by the visitor."""
CROSS_SITE = "This request comes from another site; browsers may send it only from a page of this server."


class AllowedHosts:
    """The accepted values of the Host header."""

    def __init__(self, settings: Settings, *, open_: bool) -> None:
        default = ",".join((*LOOPBACK, settings.host)) if open_ else "*"
        names = (settings.allowed_hosts or default).lower().split(",")
        self._names = frozenset(name.strip().encode() for name in names)
        self._any = b"*" in self._names

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Check the Host header.

        Raises:
            Misdirected: the host is not allowed.
        """
        if self._any:
            return
        host = headers.get(b"host", b"")
        name = host.partition(b"]")[0] + b"]" if host.startswith(b"[") else host.partition(b":")[0]
        if name.lower() not in self._names:
            shown = shorten(name.decode("latin-1"))
            raise Misdirected(f"The host '{shown}' is not allowed; add it to MLAPP_ALLOWED_HOSTS.")


def check_origin(scope: Scope, headers: Mapping[bytes, bytes]) -> None:
    """Check the origin of a request from a browser: other sites may link to this server, nothing else.

    Requests that CORS allows are not checked.

    Source: W3C, Fetch Metadata Request Headers. Browsers without them, and WebSockets, send `Origin`.

    Raises:
        Forbidden: another site sent the request.
    """
    if CORS in scope:
        return
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if site is not None and site not in OWN_SITES:
        link = scope["type"] == "http" and scope["method"] == "GET" and headers.get(b"sec-fetch-dest") == b"document"
        if not link:
            raise Forbidden(CROSS_SITE)
    elif origin is not None and site is None:
        scheme, _, host = origin.partition(b"://")
        if scheme not in (b"http", b"https") or host.lower() != headers.get(b"host", b"").lower():
            raise Forbidden(CROSS_SITE)


class TrustedProxiesMiddleware:
    """Applies the X-Forwarded-* headers of trusted proxies and removes those of all other clients."""

    def __init__(self, app: ASGIApp, trusted: str | None) -> None:
        self.app = app
        self.forwarded = ProxyHeadersMiddleware(app, trusted or [])  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set client and scheme, or remove the headers."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif (scope.get("client") or ("",))[0] in self.forwarded.trusted_hosts:
            await self.forwarded(scope, receive, send)  # type: ignore[arg-type]
        else:
            if any(name.startswith(b"x-forwarded-") for name, _ in scope["headers"]):
                scope["headers"] = [pair for pair in scope["headers"] if not pair[0].startswith(b"x-forwarded-")]
            await self.app(scope, receive, send)
