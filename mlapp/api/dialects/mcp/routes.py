"""/mcp: one message of the Model Context Protocol in, one out."""

import asyncio
import json
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from mlapp.api.dependencies import services_of
from mlapp.api.dialects.mcp import messages
from mlapp.api.dialects.mcp.messages import Message, RpcError
from mlapp.api.dialects.mcp.tools import call_tool, list_tools
from mlapp.api.json_body import read_json_body
from mlapp.api.middleware.body_limit import content_length, is_packed
from mlapp.api.middleware.origin import check_origin
from mlapp.services import Services

CAPABILITIES: dict[str, Any] = {"tools": {}}
INSTRUCTIONS = (
    "Models that were trained on tables. list_models names them, describe_model says what a model predicts and which "
    "values its rows need, predict returns predictions for rows, and train makes a model from rows. Predictions are "
    "estimates: tell the user the error that describe_model reports."
)


async def answer(request: Request) -> Response:
    """Answer a message.

    Raises:
        Forbidden: a page of another site sent it, also with a key.
        HTTPException: 406, the client accepts no JSON.
        Overloaded: too many large messages are being received.
    """
    check_origin(request.scope, dict(request.scope["headers"]))
    accept = request.headers.get("accept", "*/*")
    if not any(each in accept for each in ("application/json", "application/*", "*/*")):
        raise HTTPException(406, "Responses are JSON; send 'Accept: application/json, text/event-stream'.")
    services = services_of(request.app)
    try:
        message = await _receive(services, request)
    except RpcError as error:
        return _json(messages.error_response(error), 400)
    if message.id is None:
        return Response(status_code=202)
    try:
        result = await _result(services, message)
    except RpcError as error:
        error.id = message.id
        return _json(
            messages.error_response(error), messages.STATUSES.get(error.code, 400) if message.stateless else 200
        )
    return _json(messages.response(message, result))


async def _receive(services: Services, request: Request) -> Message:
    """Receive and parse a message, in a slot for its body; tools then take slots of their own."""
    release = services.prediction.admit_message(None if is_packed(request.scope) else content_length(request.scope))
    try:
        body = await read_json_body(request)
        return await asyncio.to_thread(messages.read_message, body, request.headers)
    finally:
        release()


async def _result(services: Services, message: Message) -> dict[str, Any]:
    match message.method:
        case "tools/list":
            return {"tools": list_tools()} | (messages.cached() if message.stateless else {})
        case "tools/call":
            return await call_tool(services, message.params)
        case "server/discover" if message.stateless:
            return messages.discovered(CAPABILITIES, INSTRUCTIONS)
        case "initialize" if not message.stateless:
            return messages.initialized(message.params, CAPABILITIES, INSTRUCTIONS)
        case "ping" if not message.stateless:
            return {}
    raise RpcError(messages.METHOD_NOT_FOUND, "Method not found; this server has tools only.")


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, media_type="application/json")
