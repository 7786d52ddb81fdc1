"""Request bodies: the bytes of a table, the format it comes in, and the options beside it."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from mlapp.errors import Unacceptable, Unavailable, UnsupportedType, json_too_large, shorten
from mlapp.schemas import MAX_JSON_BYTES, Format
from mlapp.services.temporary_files import save_copy

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
BINARY = {"type": "string", "format": "binary"}
FILES: dict[str, dict[str, Any]] = {
    Format.CSV: {"schema": {"type": "string"}},
    Format.PARQUET: {"schema": BINARY},
    Format.NDJSON: {"schema": {"type": "string"}},
}
"""The OpenAPI entries of tables that are files."""
IN_MEMORY_BYTES = 1_000_000
"""What of a body is kept in memory; more goes to a temporary file."""
LISTS = ("features",)
"""Options that may be repeated in a query string or a form."""


@dataclass(frozen=True)
class Received:
    """A body that is here."""

    format: Format
    file: BinaryIO
    options: dict[str, Any] = field(default_factory=dict)
    """Those in a form; those in JSON are found where the table is."""
    name: str | None = None
    """What the sender calls the file."""

    async def save(self) -> str:
        """Copy the body to a temporary file, which is the caller's to remove, and return its path."""
        return await asyncio.to_thread(save_copy, self.file)


class InMemory(NamedTuple):
    """A body that is in memory as a whole."""

    format: Format
    data: bytes
    options: dict[str, Any]


async def receive_body(request: Request) -> InMemory:
    """Take in a body as a whole.

    Raises:
        MlappError: see `received`.
    """
    async with received(request) as body:
        return InMemory(body.format, await asyncio.to_thread(body.file.read), body.options)


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[Received]:
    """Take in a body; what it takes on disk is gone afterwards.

    Raises:
        UnsupportedType: the content type, or the coding, is none that mlapp reads.
        Unacceptable: a form has no file, or gives an option twice.
        TooLarge: it is more JSON than is taken.
        Unavailable: there is no room on the disk for it.
    """
    try:
        async with _received(request) as body:
            yield body
    except OSError as error:
        raise Unavailable(f"There is no room for the body ({error.strerror}); send less, or try again later.") from None


@asynccontextmanager
async def _received(request: Request) -> AsyncIterator[Received]:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedType("The body is packed (Content-Encoding); send it as it is.")
    sent = request.headers.get("content-type", "")
    if sent.lower().startswith(MULTIPART):
        async with request.form(max_files=1, max_fields=100) as form:
            upload = _upload(form)
            options = options_of((name, value) for name, value in form.multi_items() if name != "file")
            yield Received(_format(upload), upload.file, options, upload.filename)
        return
    if sent.lower().startswith(URLENCODED):
        raise UnsupportedType(
            f"'{URLENCODED}' is what curl -d declares, and -d removes line ends; send a file by --data-binary @file "
            f"with -H 'Content-Type: {Format.CSV}', JSON with -H 'Content-Type: {Format.JSON}'."
        )
    kind = Format.of_media_type(sent)
    if kind is None:
        what = f"'{shorten(sent)}' is no content type that tables come in" if sent else "The body has no Content-Type"
        raise UnsupportedType(f"{what}; send {', '.join(Format)} or {MULTIPART}.")
    if kind is Format.JSON:
        yield Received(kind, io.BytesIO(await receive_json(request.receive)))
        return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        async for chunk in request.stream():
            file.write(chunk)
        file.seek(0)
        yield Received(kind, file)  # type: ignore[arg-type]


async def receive_json(receive: Receive) -> bytes:
    """Return a JSON body, which is parsed as a whole and so has a limit of its own.

    Raises:
        TooLarge: it is over the limit.
        ClientDisconnect: the client is gone.
    """
    message = await receive()
    data: bytes = message.get("body", b"")
    while message.get("more_body") and len(data) <= MAX_JSON_BYTES:
        message = await receive()
        data += message.get("body", b"")
    if len(data) > MAX_JSON_BYTES:
        raise json_too_large()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return data


def options_of(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the options in a query string or a form.

    Raises:
        Unacceptable: one that is no list is given twice.
    """
    options: dict[str, Any] = {}
    for name, value in items:
        if name in LISTS:
            options.setdefault(name, []).append(value)
        elif name in options:
            raise Unacceptable(f"The option '{shorten(name)}' is given twice; send it once.")
        else:
            options[name] = value
    return options


def _upload(form: FormData) -> UploadFile:
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        raise Unacceptable("The form has no part 'file' with a file in it; add one, CSV, Parquet or NDJSON.")
    return upload


def _format(upload: UploadFile) -> Format:
    found = Format.of_media_type(upload.content_type or "") or Format.of_file(upload.filename or "")
    if found is None or found is Format.JSON:
        name = shorten(upload.filename)
        raise UnsupportedType(f"The file '{name}' is neither CSV, Parquet nor NDJSON by its type or name.")
    return found
