"""Content codings of requests: bodies that are packed as gzip or zstd."""

import asyncio

from fastapi import Request
from starlette.types import Message

from mlapp.errors import UnsupportedType, shorten
from mlapp.services.unpacking import decompress

CODINGS = {"gzip": "gzip", "x-gzip": "gzip", "zstd": "zstd"}


async def decoded(request: Request) -> Request:
    """Return a request with its body unpacked.

    Raises:
        UnsupportedType: the content coding is not supported.
        UnreadableBody: the body is damaged.
        TooLarge: the unpacked body exceeds the limit of the server.

    Source: RFC 9110, section 8.4; RFC 8878 for zstd.
    """
    coding = ", ".join(request.headers.getlist("content-encoding")).strip().lower()
    if coding in ("", "identity"):
        return request
    if coding not in CODINGS:
        raise UnsupportedType(
            f"The Content-Encoding '{shorten(coding)}' is not supported; pack the body as gzip or zstd, or not at all."
        )
    limit = request.app.state.max_body_bytes
    data = await asyncio.to_thread(decompress, await request.body(), CODINGS[coding], limit)

    async def receive() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    return Request(request.scope, receive)
