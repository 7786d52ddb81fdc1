"""Messages of the Model Context Protocol: JSON-RPC requests, their checks by protocol revision, results and errors.

A message is one JSON object in a POST, and so is its response. The revision 2026-07-28 has no sessions: each request
says its revision. Earlier ones begin with `initialize`, which needs no session either.

Source: Model Context Protocol, basic protocol and streamable HTTP transport; JSON-RPC 2.0.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NamedTuple

from mlapp import TITLE, __version__
from mlapp.errors import UnreadableBody, shorten
from mlapp.services.prediction.reading import parse_json

STATELESS = ("2026-07-28",)
"""Revisions whose requests say their revision."""
INITIALIZED = ("2025-11-25", "2025-06-18")
"""Revisions that a client agrees on by `initialize`, the newest first."""
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
STATUSES = {METHOD_NOT_FOUND: 404}
"""HTTP status by error code, of the revisions in `STATELESS`; 400 for all others."""
VERSION_HEADER, METHOD_HEADER, NAME_HEADER = "mcp-protocol-version", "mcp-method", "mcp-name"
META = "io.modelcontextprotocol/"
VERSION_KEY, REQUIRED_KEYS = f"{META}protocolVersion", (f"{META}protocolVersion", f"{META}clientCapabilities")
SERVER_INFO = {"name": TITLE, "version": __version__}
TTL_MS = 300_000
"""How long a client may keep the list of tools."""


class RpcError(Exception):
    """A message that cannot be answered; `data` adds to the text."""

    def __init__(self, code: int, text: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.data = code, text, data
        self.id: str | int | None = None


class Message(NamedTuple):
    """A request, or a notification, which has no id and gets no response."""

    method: str
    params: dict[str, Any]
    id: str | int | None
    stateless: bool
    """Whether its revision is one without `initialize`."""


def read_message(body: bytes, headers: Mapping[str, str]) -> Message:
    """Parse and check a message; names of headers are in lower case.

    Raises:
        RpcError: it is not a request or notification, its revision is not supported, or its headers differ from it.
    """
    try:
        message = parse_json(body)
    except UnreadableBody as error:
        raise RpcError(PARSE_ERROR, error.detail) from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not isinstance(message.get("method"), str):
        raise RpcError(INVALID_REQUEST, 'Send one JSON-RPC message: {"jsonrpc": "2.0", "id": 1, "method": …}.')
    if "id" in message and type(message["id"]) not in (str, int):
        raise RpcError(INVALID_REQUEST, "The id of a request is a string or an integer.")
    try:
        return _checked(message, headers)
    except RpcError as error:
        error.id = message.get("id")
        raise


def _checked(message: dict[str, Any], headers: Mapping[str, str]) -> Message:
    params = message.get("params", {})
    if not isinstance(params, dict):
        raise RpcError(INVALID_PARAMS, "'params' must be an object.")
    meta = params.get("_meta")
    requested = headers.get(VERSION_HEADER)
    stateless = requested in STATELESS or (isinstance(meta, dict) and VERSION_KEY in meta)
    found = Message(message["method"], params, message.get("id"), stateless)
    if requested is not None and requested not in (*STATELESS, *INITIALIZED):
        raise _unsupported(requested)
    if stateless and found.id is not None:
        _check_stateless(found, meta, headers)
    return found


def _check_stateless(message: Message, meta: Any, headers: Mapping[str, str]) -> None:
    missing = [key for key in REQUIRED_KEYS if not isinstance(meta, dict) or key not in meta]
    if missing:
        raise RpcError(INVALID_PARAMS, f"'params._meta' lacks {' and '.join(missing)}.")
    expected = {VERSION_HEADER: meta[VERSION_KEY], METHOD_HEADER: message.method}
    if message.method == "tools/call" and isinstance(message.params.get("name"), str):
        expected[NAME_HEADER] = message.params["name"]
    for name, value in expected.items():
        if _decoded(headers.get(name)) != value:
            raise RpcError(HEADER_MISMATCH, f"The header {name} differs from the message.")
    if meta[VERSION_KEY] not in STATELESS:
        raise _unsupported(meta[VERSION_KEY])


def _decoded(header: str | None) -> str | None:
    """Return the value of a header, which is in Base64 where it is not plain text."""
    if header is None or not (header.startswith("=?base64?") and header.endswith("?=")):
        return header
    try:
        return base64.b64decode(header[9:-2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _unsupported(requested: str) -> RpcError:
    data = {"supported": [*STATELESS, *INITIALIZED], "requested": shorten(requested)}
    return RpcError(UNSUPPORTED_VERSION, "Unsupported protocol version", data)


def initialized(params: Mapping[str, Any], capabilities: dict[str, Any], instructions: str) -> dict[str, Any]:
    """Return the result of `initialize`: the requested revision if it is supported, or else the newest such one."""
    requested = params.get("protocolVersion")
    version = requested if requested in INITIALIZED else INITIALIZED[0]
    return {
        "protocolVersion": version,
        "capabilities": capabilities,
        "serverInfo": SERVER_INFO,
        "instructions": instructions,
    }


def discovered(capabilities: dict[str, Any], instructions: str) -> dict[str, Any]:
    """Return the result of `server/discover`."""
    versions = {"supportedVersions": [*STATELESS, *INITIALIZED]}
    return versions | {"capabilities": capabilities, "instructions": instructions} | cached()


def cached() -> dict[str, Any]:
    """Return how long a client may keep a result; the list of tools depends on the key."""
    return {"ttlMs": TTL_MS, "cacheScope": "private"}


def response(message: Message, result: dict[str, Any]) -> dict[str, Any]:
    """Return the response to a request."""
    if message.stateless:
        result = {"resultType": "complete", "_meta": {f"{META}serverInfo": SERVER_INFO}} | result
    return {"jsonrpc": "2.0", "id": message.id, "result": result}


def error_response(error: RpcError) -> dict[str, Any]:
    """Return the response to a message that cannot be answered."""
    body = {"code": error.code, "message": error.text} | ({"data": error.data} if error.data else {})
    return {"jsonrpc": "2.0", "id": error.id, "error": body}
