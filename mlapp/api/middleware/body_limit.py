"""Body limit: one maximum size of request bodies, for all paths."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlapp.api.problems import http_error_response


class BodyLimitMiddleware:
    """Rejects a body over the limit: by its Content-Length before it is read, otherwise while it is read.

    FastAPI's own `max_body_size` responds in plain text, regardless of error handlers.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes of the body."""
        if scope["type"] == "http" and (content_length(scope) or 0) > self.max_bytes:
            await http_error_response(HTTPException(413))(scope, receive, send)
            return
        received = 0

        async def counting_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                # FastAPI and the pages both turn this into a response.
                raise HTTPException(413)
            return message

        await self.app(scope, counting_receive, send)


def content_length(scope: Scope) -> int | None:
    """Return the size of a body in bytes by its Content-Length; None without a valid one."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None


def is_packed(scope: Scope) -> bool:
    """Return whether a body has a content coding, so that its size says little."""
    for name, _ in scope["headers"]:  # noqa: SIM110 - `any` takes three times as long
        if name == b"content-encoding":
            return True
    return False
