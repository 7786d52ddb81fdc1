"""Every error becomes a problem body (RFC 9457), FastAPI's own included."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from mlapp.api.security_headers import ANSWERS, PRIVATE
from mlapp.errors import MAX_REPORTED, MlappError, pointer
from mlapp.logs import request_id
from mlapp.schemas import Problem

MEDIA_TYPE = "application/problem+json"
TEMPORARY = {429, 503}
RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait before the next try."}}
MAX_BYTES = 8_000
"""Names of columns, which pointers hold whole, can be long."""
SENTENCES = {
    404: "There is nothing at this address; GET /docs lists what there is.",
    405: "This address does not answer this method; the header Allow says which it does.",
    413: "The body is larger than the server takes (MLAPP_MAX_BODY_MB); send less at a time.",
}


def problem(
    status: int, detail: str, errors: Sequence[dict[str, str]] = (), headers: dict[str, str] | None = None
) -> Response:
    """Return a problem body, with as many of the errors as fit into `MAX_BYTES`."""
    body = problem_body(status, detail, errors)
    while len(body) > MAX_BYTES and errors:
        errors = errors[:-1]
        body = problem_body(status, detail, errors)
    return Response(body, status, headers, MEDIA_TYPE)


def answer_to(error: MlappError) -> Response:
    """Return the problem body of an error that was expected."""
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else None
    return problem(error.status, error.detail, error.errors, headers)


def bug_answer() -> Response:
    """Return the problem body of an error that was not expected."""
    # Given outside of what adds headers to answers.
    headers = {name.decode(): value.decode() for name, value in [*ANSWERS, PRIVATE]}
    detail = "An error of ours, not of your request; it is in the log, under the id of the request."
    return problem(500, detail, headers=headers)


def problems(*statuses: int, described: Mapping[int, str] = MappingProxyType({})) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the errors that a route answers; `described` says when, where a phrase does not."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    phrases = {status: HTTPStatus(status).phrase for status in statuses} | dict(described)
    entries: dict[int | str, dict[str, Any]] = {
        status: {"description": phrase, "content": content} for status, phrase in phrases.items()
    }
    for status in entries.keys() & TEMPORARY:
        entries[status]["headers"] = RETRY_AFTER
    return entries


def sentence(status: int, otherwise: str = "") -> str:
    """Return what to say with a status that comes without a sentence of its own."""
    return SENTENCES.get(status, otherwise)


def handle_errors(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(MlappError, _expected)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


def problem_body(status: int, detail: str, errors: Sequence[dict[str, str]] = (), number: str | None = None) -> bytes:
    """Return the bytes of a problem body; `number` is the id of the request, where it is not the one being served."""
    title, number = HTTPStatus(status).phrase, number or request_id()
    body = Problem(title=title, status=status, detail=detail, errors=list(errors) or None, request_id=number)
    return body.model_dump_json().encode()


async def _expected(_: Request, error: Exception) -> Response:
    assert isinstance(error, MlappError)  # noqa: S101 - registered for nothing else
    return answer_to(error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    detail = sentence(error.status_code, str(error.detail))
    headers = dict(error.headers or {}) | ({"Allow": _allowed(request)} if error.status_code == 405 else {})
    return problem(error.status_code, detail, headers=headers)


def _allowed(request: Request) -> str:
    """Return the methods that an address answers to programs; Starlette names those of its first route only."""
    routes = [each.original_route for each in iter_route_contexts(request.app.routes)]
    here = [each for each in routes if isinstance(each, Route) and each.matches(request.scope)[0] is not Match.NONE]
    same = [each for each in here if each.path == here[0].path]
    declared = [each for each in same if each.include_in_schema] or same
    return ", ".join(sorted({method for each in declared for method in each.methods or ()}))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    errors = [
        {"detail": f"{found['loc'][-1]}: {found['msg']}.", "pointer": pointer(*found["loc"])}
        for found in error.errors()[:MAX_REPORTED]
    ]
    return problem(422, f"The request will not do: {errors[0]['detail']}", errors)
