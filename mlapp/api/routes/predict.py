"""POST /predict and /models/{model}/predict: requests are parsed and responses built without FastAPI, as it is slow."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect

from mlapp.api.dependencies import services_of
from mlapp.api.negotiation import negotiate
from mlapp.api.option_schemas import query_parameters, without_defaults
from mlapp.api.prefer import prefer_header, prefers
from mlapp.api.problems import problem_responses
from mlapp.api.request_body import FILES, parse_options, receive_json, spool_body
from mlapp.presentation.attachments import attachment
from mlapp.schemas import Format, ModelName, PredictOptions, PredictResponse
from mlapp.services.prediction.service import Body, PredictionResult

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": PredictResponse,
        "description": "The predictions, in the order of the rows. The response to a file has the format of the file, "
        "or the one that `Accept` requests: all rows and columns, followed by the predictions, and by `problem`, if "
        "there are rows that cannot be predicted.",
        "content": FILES,
        "headers": {
            "X-Model-Name": {"schema": {"type": "string"}},
            "X-Model-Version": {"schema": {"type": "integer"}},
            "X-Warnings-Total": {"schema": {"type": "integer"}},
        },
    }
}
STRICT = "`handling=strict`: reject values that are otherwise predicted with a warning, and extra columns."
OPTIONS = without_defaults(PredictOptions.model_json_schema())["properties"]
PARAMETERS = [*query_parameters(OPTIONS), prefer_header(STRICT)]
MODEL = {"name": "model", "in": "path", "required": True, "schema": TypeAdapter(ModelName).json_schema()}
ERRORS = problem_responses(400, 404, 409, 413, 415, 422, 503)
PATHS = ("/predict", "/models/{model}/predict")
"""Both have the same endpoint."""

router = APIRouter(tags=["prediction"])


@router.post(PATHS[0], response_model=None, responses=RESPONSES | ERRORS, openapi_extra={"parameters": PARAMETERS})
@router.post(
    PATHS[1],
    name="predict_by_model",
    response_model=None,
    responses=RESPONSES | ERRORS,
    openapi_extra={"parameters": [MODEL, *PARAMETERS]},
)
async def predict(request: Request) -> Response:
    """Predict rows with the active version of a model, or with any other version.

    `POST /predict` asks the default model.

    `Prefer: handling=strict` turns warnings and extra columns into errors.
    """
    services = services_of(request.app)
    headers = _read_headers(request.scope["headers"])
    model, name = request.path_params.get("model"), None
    with services.recorder.rejections(model or services.prediction.default, ClientDisconnect):
        if headers.is_json:
            options = parse_options(request.query_params.multi_items()) if request.scope["query_string"] else {}
            body = Body(await receive_json(request.receive), Format.JSON, options)
        else:
            async with spool_body(request) as received:
                body, name = Body(await received.read(), received.format, received.options), received.name
    result = await services.prediction.predict(body, headers.formats, model, strict=headers.strict)
    if isinstance(result.body, bytes):
        return _JsonResponse(result.body, result)
    fields = {"X-Model-Name": result.model, "X-Model-Version": str(result.version)}
    fields["X-Warnings-Total"] = str(result.warnings_total)
    if name and result.format is not Format.JSON:
        fields["Content-Disposition"] = attachment(name, result.format)
    return StreamingResponse(result.chunks, headers=fields, media_type=result.media_type)


class _JsonResponse(Response):
    """A small JSON response; Starlette takes longer to create the headers than the predictions take."""

    def __init__(self, body: bytes, result: PredictionResult) -> None:
        self.status_code, self.background, self.body = 200, None, body
        self.raw_headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"x-model-name", result.model.encode()),
            (b"x-model-version", b"%d" % result.version),
            (b"x-warnings-total", b"%d" % result.warnings_total),
        ]


class _Headers(NamedTuple):
    """The parsed headers of a request."""

    is_json: bool
    """Whether the body is JSON without a content coding."""
    formats: Mapping[Format, Format]
    """The format of the response, by that of the body."""
    strict: bool


_PARSED = (b"content-type", b"content-encoding", b"accept", b"prefer")
"""Headers that are parsed."""


def _read_headers(headers: list[tuple[bytes, bytes]]) -> _Headers:
    found = dict(headers)
    if len(found) < len(headers):
        # Repeated headers are joined to a list.
        for name in _PARSED:
            found[name] = b", ".join(value for key, value in headers if key == name)
    get = found.get
    return _parse(get(b"content-type", b""), get(b"content-encoding", b""), get(b"accept", b""), get(b"prefer", b""))


# Few, as the headers of a request may have 64 kB.
@lru_cache(maxsize=100)
def _parse(content_type: bytes, encoding: bytes, accept: bytes, prefer: bytes) -> _Headers:
    is_json = Format.of_media_type(content_type.decode("latin-1")) is Format.JSON and not encoding
    accepted = [accept.decode("latin-1")] if accept else []
    formats = {sent: negotiate(accepted, [sent, *Format]) or sent for sent in Format}
    return _Headers(is_json, formats, prefers([prefer.decode("latin-1")], "handling=strict"))
