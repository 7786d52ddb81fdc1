"""GET /client.py: the Python client, as a file to save."""

import asyncio
import hashlib
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

import mlapp

FILE = Path(mlapp.__file__).with_name("client.py")

router = APIRouter()


@router.get("/client.py", include_in_schema=False)
async def client(request: Request) -> Response:
    """Return the source of `mlapp/client.py`, or 304 if the caller has it."""
    source = await asyncio.to_thread(FILE.read_bytes)
    headers = {"ETag": f'"{hashlib.sha256(source).hexdigest()}"', "Cache-Control": "private, no-cache"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(source, headers=headers, media_type="text/x-python")
