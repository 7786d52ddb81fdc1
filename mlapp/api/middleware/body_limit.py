"""The largest body that is taken, on every path."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlapp.api.problems import problem, sentence


class BodyLimit:
    """Refuses a body over the limit: one that says so before it is read, any other while it is.

    FastAPI's own `max_body_size` answers in plain text, whatever a handler says.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        declared = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        if declared.isdecimal() and int(declared) > self.max_bytes:
            await problem(413, sentence(413))(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.max_bytes:
                # What both FastAPI and the pages turn into an answer.
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)
