"""Cross-origin resource sharing (CORS): pages of the origins in MLAPP_CORS_ORIGINS may use the API, but not the pages.

Source: Fetch Standard, CORS protocol. Starlette's middleware rejects preflights in plain text and covers the pages.
"""

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlapp.api.middleware.permissions import PAGES, is_below

CORS = "mlapp.cors"
"""The key of the CORS headers in the ASGI scope of a request that an allowed origin sent."""
EXPOSED = (
    *("Allow", "Content-Disposition", "ETag", "Location", "Preference-Applied", "Retry-After", "WWW-Authenticate"),
    *("X-Model-Name", "X-Model-Version", "X-Request-ID", "X-Warnings-Total", "Inference-Header-Content-Length"),
)
"""Headers of responses that scripts may read, beside those that they always may."""
ALLOWED = (
    *("Authorization", "Content-Encoding", "Content-Type", "Last-Event-ID", "Prefer", "X-API-Key", "X-Request-ID"),
    *("Inference-Header-Content-Length", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"),
)
"""Headers that scripts may send, beside those that they always may."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": "DELETE, GET, PATCH, POST",
    "Access-Control-Allow-Headers": ", ".join(ALLOWED),
    "Access-Control-Max-Age": "600",
}
VARY = (b"vary", b"Origin")


class CorsMiddleware:
    """Answers preflights of allowed origins, and adds the CORS headers to all responses to them, errors included.

    Cookies are never allowed: scripts of other origins send a key.
    """

    def __init__(self, app: ASGIApp, origins: str) -> None:
        self.app = app
        self.origins = {origin.encode(): _headers(origin) for origin in origins.split(",")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or is_below(scope["path"], PAGES):
            await self.app(scope, receive, send)
            return
        found = [value for name, value in scope["headers"] if name == b"origin"]
        headers = self.origins.get(found[0]) if len(found) == 1 else None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *(headers or ()), VARY]
            await send(message)

        if headers:
            scope[CORS] = [*headers, VARY]
            if _is_preflight(scope):
                await Response(status_code=204, headers=PREFLIGHT)(scope, receive, send_with_headers)
                return
        await self.app(scope, receive, send_with_headers)


def _headers(origin: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-expose-headers", ", ".join(EXPOSED).encode()),
    ]


def _is_preflight(scope: Scope) -> bool:
    asked = [name for name, _ in scope["headers"] if name == b"access-control-request-method"]
    return bool(asked) and scope["method"] == "OPTIONS"
