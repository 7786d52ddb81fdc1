"""Security headers of every response; also makes redirects relative, and disables caching by default."""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

COMMON_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not `no-referrer`: with it, older browsers send `Origin: null` even to the same origin.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
API_HEADERS = [*COMMON_HEADERS, (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")]
# Vue compiles templates in the browser, which requires `unsafe-eval`. The policy does not stop injected scripts, but
# they cannot load from or send to other origins.
_PAGES = """
default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';
img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:;
object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"""
PAGE_HEADERS = [*COMMON_HEADERS, (b"content-security-policy", " ".join(_PAGES.split()).encode())]
PAGES_PATH = "/ui"
NO_STORE = (b"cache-control", b"no-store")
HOST = re.compile(rb"\Ahttps?://[^/?#]*", re.IGNORECASE)
SLASHES = re.compile(rb"\A[/\\]{2,}")


class SecurityHeadersMiddleware:
    """Adds security headers, and removes the host from redirects, as it comes from the client."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        added = PAGE_HEADERS if scope["path"].startswith(PAGES_PATH) else API_HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_headers(message["status"], list(message["headers"]), added)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def with_headers(
    status: int, headers: list[tuple[bytes, bytes]], added: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response with the added ones; its own take precedence."""
    names = [name for name, _ in headers]
    if 300 <= status < 400:
        headers = [(name, _without_host(value) if name == b"location" else value) for name, value in headers]
    if b"content-security-policy" in names:
        added = COMMON_HEADERS
    headers.extend(added)
    if b"cache-control" not in names:
        headers.append(NO_STORE)
    return headers


def _without_host(location: bytes) -> bytes:
    """Return a URL without its host, in a form that browsers cannot take for another host."""
    return SLASHES.sub(b"/", HOST.sub(b"", location))
