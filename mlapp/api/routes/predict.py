"""POST /predict."""

from functools import lru_cache
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from mlapp.api.dependencies import services_of
from mlapp.api.negotiation import negotiate
from mlapp.api.prefer import prefer_header, prefers
from mlapp.api.problems import problem_responses
from mlapp.api.request_body import FILES, options_of, receive_body, receive_json
from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import Format, PredictResponse
from mlapp.services.models.service import ModelService
from mlapp.services.options import merge_options
from mlapp.services.prediction.service import Body, Predicted

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": PredictResponse,
        "description": "The predictions, in the order of the rows. A CSV, Parquet or NDJSON body is answered in the "
        "same format, or in what `Accept` asks for: the same rows and columns, followed by the predictions.",
        "content": FILES,
        "headers": {
            "X-Model-Version": {"schema": {"type": "integer"}},
            "X-Warnings-Total": {"schema": {"type": "integer"}},
        },
    }
}


STRICT = "`handling=strict`: refuse what is otherwise predicted with a warning, and extra columns."


VERSION = {
    "name": "version",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "The version that answers; the active model when not given.",
}


router = APIRouter(tags=["prediction"])


@router.post(
    "/predict",
    response_model=None,
    responses=ANSWERS | problem_responses(400, 404, 409, 413, 415, 422, 503),
    openapi_extra={"parameters": [VERSION, prefer_header(STRICT)]},
)
async def predict(request: Request) -> Response:
    """Predict rows with the active model, or with any other version.

    `Prefer: handling=strict` turns warnings and extra columns into errors.
    """
    services = services_of(request.app)
    headers = _read_headers(request.scope["headers"])
    with services.recorder.rejections(ClientDisconnect):
        options = options_of(request.query_params.multi_items()) if request.scope["query_string"] else {}
        if headers.is_json:
            body = Body(await receive_json(request.receive), Format.JSON)
        else:
            received = await receive_body(request)
            options, body = merge_options(options, received.options), Body(received.data, received.format)
        version = await _version(services.models, options) if options else None
    wanted = negotiate(headers.accept, [body.format, *Format]) or body.format if headers.accept else body.format
    predicted = await services.prediction.predict(body, wanted, version, strict=headers.strict)
    if isinstance(predicted.body, bytes):
        return _Whole(predicted.body, predicted)
    fields = {"X-Model-Version": str(predicted.version), "X-Warnings-Total": str(predicted.warnings_total)}
    media_type = "text/csv; charset=utf-8" if wanted is Format.CSV else str(wanted)
    return StreamingResponse(predicted.chunks, headers=fields, media_type=media_type)


async def _version(models: ModelService, options: dict[str, Any]) -> int | None:
    """Return the version that is asked for."""
    for name in options.keys() - {"version"}:
        raise Unacceptable(f"There is no option '{shorten(name)}'; there is 'version'.")
    return await models.requested_version(options["version"])


class _Whole(Response):
    """A small JSON answer; its headers take Starlette longer than its predictions take."""

    def __init__(self, body: bytes, predicted: Predicted) -> None:
        self.status_code, self.background, self.body = 200, None, body
        self.raw_headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"x-model-version", b"%d" % predicted.version),
            (b"x-warnings-total", b"%d" % predicted.warnings_total),
        ]


class _Headers(NamedTuple):
    """What the headers of a request ask for."""

    is_json: bool
    """Whether the body is JSON that is not packed."""
    accept: tuple[str, ...]
    strict: bool


def _read_headers(headers: list[tuple[bytes, bytes]]) -> _Headers:
    found = dict(headers)
    if len(found) < len(headers):
        # A header that is given twice is one list.
        for name in _RELEVANT:
            found[name] = b", ".join(value for key, value in headers if key == name)
    return _parse(*map(found.get, _RELEVANT))


_RELEVANT = (b"content-type", b"content-encoding", b"accept", b"prefer")


@lru_cache(maxsize=1_000)
def _parse(content_type: bytes | None, encoding: bytes | None, accept: bytes | None, prefer: bytes | None) -> _Headers:
    kind = Format.of_media_type((content_type or b"").decode("latin-1"))
    accepted = (accept.decode("latin-1"),) if accept else ()
    preferred = (prefer or b"").decode("latin-1")
    return _Headers(kind is Format.JSON and not encoding, accepted, prefers([preferred], "handling=strict"))
