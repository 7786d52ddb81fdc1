"""What every answer says to browsers, besides its content."""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALL = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not `no-referrer`: with it older browsers say `Origin: null` to the very server that a page is of.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
ANSWERS = [*ALL, (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")]
# Vue compiles templates in the browser, which takes `unsafe-eval`. So scripts that get into a page are not stopped
# by this, but they load nothing from elsewhere and send nothing there.
_PAGES = """
default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';
img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:;
object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"""
PAGES = [*ALL, (b"content-security-policy", " ".join(_PAGES.split()).encode())]
FOR_PEOPLE = "/ui"
PRIVATE = (b"cache-control", b"no-store")
ABSOLUTE = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)
SLASHES = re.compile(rb"[/\\]{2,}")


class Headers:
    """Adds headers to answers, and takes the host out of redirects: it is what the client says it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        added = PAGES if scope["path"].startswith(FOR_PEOPLE) else ANSWERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_headers(message["status"], list(message["headers"]), added)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def with_headers(
    status: int, headers: list[tuple[bytes, bytes]], added: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with those that are added; what the answer says itself counts."""
    names = [name for name, _ in headers]
    if 300 <= status < 400:
        headers = [(name, _within(value) if name == b"location" else value) for name, value in headers]
    if b"content-security-policy" in names:
        added = ALL
    headers.extend(added)
    if b"cache-control" not in names:
        headers.append(PRIVATE)
    return headers


def _within(location: bytes) -> bytes:
    """Return the path of an address, which cannot be taken for another host."""
    path = ABSOLUTE.sub(b"", location, count=1) if ABSOLUTE.match(location) else location
    return SLASHES.sub(b"/", path, count=1) if SLASHES.match(path) else path
