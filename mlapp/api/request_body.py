"""Request bodies with a table: bytes, format and options, from plain bodies and multipart forms."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from mlapp.api.content_coding import decoded
from mlapp.errors import Unacceptable, Unavailable, UnsupportedType, json_too_large, shorten
from mlapp.schemas import MAX_JSON_BYTES, Format
from mlapp.services.options import merge_options
from mlapp.services.temporary_files import save_copy

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
BINARY = {"type": "string", "format": "binary"}
FILES: dict[str, dict[str, Any]] = {
    Format.CSV: {"schema": {"type": "string"}},
    Format.WORKBOOK: {"schema": BINARY},
    Format.PARQUET: {"schema": BINARY},
    Format.ARROW: {"schema": BINARY},
    Format.NDJSON: {"schema": {"type": "string"}},
}
"""OpenAPI entries of tables in files."""
IN_MEMORY_BYTES = 1_000_000
"""Larger bodies are stored in a temporary file."""
LIST_OPTIONS = ("features", "exclude", "merge_values", "na_values", "keep_values")
"""Options that may be repeated in a query string or a form."""
UNSPECIFIC = {
    "",
    "*/*",
    "text/plain",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-download",
    "application/vnd.ms-excel",
    "application/gzip",
    "application/x-gzip",
    "application/zip",
    "application/x-zip-compressed",
    "application/zstd",
}
"""Media types of files whose content decides; Windows sends CSV as `application/vnd.ms-excel`."""


@dataclass(frozen=True)
class RequestBody:
    """A received body, in memory or in a temporary file."""

    format: Format | None
    """By the content type; a hint, as files are recognized by their content."""
    file: BinaryIO
    options: dict[str, Any]
    """The options in the query string or a form; options in JSON are read with the table."""
    name: str | None = None
    """The file name in a form."""

    async def read(self) -> bytes:
        """Read the body into memory."""
        return await asyncio.to_thread(self.file.read)

    async def save(self) -> str:
        """Copy the body to a temporary file, which the caller removes, and return its path."""
        return await asyncio.to_thread(save_copy, self.file)


@asynccontextmanager
async def spool_body(request: Request) -> AsyncIterator[RequestBody]:
    """Receive a body; temporary files are removed at the end of the context.

    Raises:
        UnsupportedType: the content type or content coding is not supported.
        UnreadableBody: a packed body is damaged.
        Unacceptable: a form has no file, or an option is given twice.
        TooLarge: a JSON body exceeds its limit, or a packed one unpacks to more than the limit of the server.
        Unavailable: the disk is full.
    """
    with _disk_errors():
        async with _receive(request) as body:
            yield body


async def receive_any(request: Request) -> bytes:
    """Return a body of any media type; a large one is in a temporary file until all of it was received.

    Raises:
        UnsupportedType: the content coding is not supported.
        UnreadableBody: a packed body is damaged.
        TooLarge: a packed body unpacks to more than the limit of the server.
        Unavailable: the disk is full.
    """
    request = await decoded(request)
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) <= IN_MEMORY_BYTES:
        return await request.body()
    with _disk_errors():
        async with _spooled(request) as file:
            return await asyncio.to_thread(file.read)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"The body cannot be stored ({error.strerror}); send a smaller one, or try again later."
        ) from None


@asynccontextmanager
async def _spooled(request: Request) -> AsyncIterator[BinaryIO]:
    """Receive a body into memory, or into a temporary file if it is large."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        async for chunk in request.stream():
            file.write(chunk)
        file.seek(0)
        yield file  # type: ignore[misc]


@asynccontextmanager
async def _receive(request: Request) -> AsyncIterator[RequestBody]:
    request = await decoded(request)
    query = parse_options(request.query_params.multi_items())
    media_type = request.headers.get("content-type", "")
    if media_type.lower().startswith(MULTIPART):
        async with request.form(max_files=1, max_fields=100) as form:
            upload = _upload(form)
            fields = parse_options((name, value) for name, value in form.multi_items() if name != "file")
            kind = Format.of_media_type(upload.content_type or "") or Format.of_file(upload.filename or "")
            options = _charset(upload.content_type or "") | merge_options(query, fields)
            yield RequestBody(kind, upload.file, options, upload.filename)
        return
    if media_type.lower().startswith(URLENCODED):
        raise UnsupportedType(
            f"'{URLENCODED}' is the type of curl -d, which removes line ends; send a file by --data-binary @file "
            f"with -H 'Content-Type: {Format.CSV}', JSON with -H 'Content-Type: {Format.JSON}'."
        )
    kind = Format.of_media_type(media_type)
    if kind is None and media_type.partition(";")[0].strip().lower() not in UNSPECIFIC:
        raise UnsupportedType(
            f"Unsupported Content-Type '{shorten(media_type)}'; send {', '.join(Format)} or {MULTIPART}."
        )
    if kind is Format.JSON:
        yield RequestBody(kind, io.BytesIO(await receive_json(request.receive)), query)
        return
    async with _spooled(request) as file:
        yield RequestBody(kind, file, _charset(media_type) | query)


async def receive_json(receive: Receive) -> bytes:
    """Return a JSON body. Its limit is lower than that of other bodies, as it is parsed as a whole.

    Raises:
        TooLarge: the body exceeds the limit.
        ClientDisconnect: the client has disconnected.
    """
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        size, more = size + len(chunks[-1]), message.get("more_body", False)
        if size > MAX_JSON_BYTES:
            # The rest is received and dropped: clients that are cut off while they send do not read the response.
            chunks.clear()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    if size > MAX_JSON_BYTES:
        raise json_too_large()
    return b"".join(chunks)


def parse_options(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the options in a query string or a form.

    Raises:
        Unacceptable: an option that is not a list is given twice.
    """
    options: dict[str, Any] = {}
    for name, value in items:
        if name in LIST_OPTIONS:
            options.setdefault(name, []).append(value)
        elif name in options:
            raise Unacceptable(f"The option '{shorten(name)}' is given twice; send it once.")
        else:
            options[name] = value
    return options


def _charset(media_type: str) -> dict[str, str]:
    """Return the option for the charset of a media type; UTF-8, which many clients claim of any text, is detected."""
    message = Message()
    message["Content-Type"] = media_type
    charset = message.get_content_charset()
    return {} if charset in (None, "utf-8", "utf8", "us-ascii") else {"encoding": charset}


def _upload(form: FormData) -> UploadFile:
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        raise Unacceptable(
            "The form has no file in a part 'file'; add a CSV file, a workbook, Parquet, Arrow, NDJSON or JSON."
        )
    return upload
