"""Problem details (RFC 9457): error handlers, responses and their OpenAPI entries; errors of other protocols."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from mlapp.api.negotiation import page_redirect, wants_page
from mlapp.api.paths import Protocol, protocol_of
from mlapp.errors import MAX_REPORTED, MlappError, pointer
from mlapp.logs import request_id, request_scope
from mlapp.schemas import Problem

MEDIA_TYPE = "application/problem+json"
RETRYABLE = {429, 503}
RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait before a retry."}}
MAX_BYTES = 32_000
"""Limit of a problem body; pointers contain column names, which can be long."""
MAX_DETAILS = 10
"""Errors in a request that a message of another protocol names."""
MLFLOW_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_CONFLICT",
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
}
"""Error codes of MLflow; `INVALID_PARAMETER_VALUE` for all others."""
DETAILS = {
    404: "This path does not exist; GET /docs lists all routes.",
    405: "This path does not support the method; the Allow header lists the methods.",
    413: "The body exceeds the limit of the server (MLAPP_MAX_BODY_MB); split it into several requests.",
}


def problem_response(
    status: int, detail: str, errors: Sequence[dict[str, str]] = (), headers: dict[str, str] | None = None
) -> Response:
    """Return a problem response with as many errors as fit into `MAX_BYTES`.

    On the paths of another protocol, the error has the shape of that protocol.
    """
    scope = request_scope.get()
    if scope and (protocol := protocol_of(scope["path"])):
        return _foreign_response(protocol, status, detail, errors, headers)
    body = problem_body(status, detail, errors)
    while len(body) > MAX_BYTES and errors:
        errors = errors[: -1 - len(errors) // 10]
        body = problem_body(status, detail, errors)
    return Response(body, status, headers, MEDIA_TYPE)


def _foreign_response(
    protocol: Protocol, status: int, detail: str, errors: Sequence[dict[str, str]], headers: dict[str, str] | None
) -> Response:
    """Return an error in the shape of another protocol; these have 400 where we have 422.

    Source: Open Inference Protocol V2, inference response error JSON object; MLflow, `MlflowException`.
    """
    # A sentence about the first error, or about all of them.
    is_first = bool(errors) and detail.startswith(errors[0]["detail"])
    further = [error["detail"] for error in errors[1:MAX_DETAILS]] if is_first else []
    message, code = " ".join([detail, *further]), MLFLOW_CODES.get(status, "INVALID_PARAMETER_VALUE")
    body = {"error": message} if protocol is Protocol.OPEN_INFERENCE else {"error_code": code, "message": message}
    return Response(json.dumps(body), 400 if status == 422 else status, headers, "application/json")


def error_response(error: MlappError) -> Response:
    """Return the response for an expected error."""
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else None
    return problem_response(error.status, error.detail, error.errors, headers)


def http_error_response(error: HTTPException) -> Response:
    """Return the response for an HTTP error of Starlette."""
    detail = DETAILS.get(error.status_code, str(error.detail))
    return problem_response(error.status_code, detail, headers=dict(error.headers or {}))


def problem_responses(*statuses: int, described: Mapping[int, str] | None = None) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of error responses, with the status phrase or a description from `described`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    phrases = {status: HTTPStatus(status).phrase for status in statuses} | dict(described or {})
    entries: dict[int | str, dict[str, Any]] = {
        status: {"description": phrase, "content": content} for status, phrase in phrases.items()
    }
    for status in entries.keys() & RETRYABLE:
        entries[status]["headers"] = RETRY_AFTER
    return entries


def add_error_handlers(app: FastAPI) -> None:
    """Register the error handlers."""
    app.exception_handler(MlappError)(_handle_expected)
    app.exception_handler(HTTPException)(_handle_http)
    app.exception_handler(RequestValidationError)(_handle_invalid)


def problem_body(status: int, detail: str, errors: Sequence[dict[str, str]] = (), id_: str | None = None) -> bytes:
    """Return a problem body; `id_` is the id of the request, by default of the current one."""
    title, id_ = HTTPStatus(status).phrase, id_ or request_id()
    body = Problem(title=title, status=status, detail=detail, errors=list(errors) or None, request_id=id_)
    return body.model_dump_json().encode()


async def _handle_expected(_: Request, error: MlappError) -> Response:
    return error_response(error)


async def _handle_http(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404 and wants_page(request.scope):
        return page_redirect(request.scope)
    response = http_error_response(error)
    if error.status_code == 405:
        response.headers["Allow"] = _allowed(request)
    return response


def _allowed(request: Request) -> str:
    """Return all methods of a path that are in the OpenAPI document; Starlette has those of the first route only."""
    routes = [each.original_route for each in iter_route_contexts(request.app.routes)]
    matching = [each for each in routes if isinstance(each, Route) and each.matches(request.scope)[0] is not Match.NONE]
    same = [each for each in matching if each.path == matching[0].path]
    declared = [each for each in same if each.include_in_schema] or same
    return ", ".join(sorted({method for each in declared for method in each.methods or ()}))


async def _handle_invalid(_: Request, error: RequestValidationError) -> Response:
    errors = [
        {"detail": f"{found['loc'][-1]}: {found['msg']}.", "pointer": pointer(*found["loc"])}
        for found in error.errors()[:MAX_REPORTED]
    ]
    return problem_response(422, f"Invalid request: {errors[0]['detail']}", errors)
