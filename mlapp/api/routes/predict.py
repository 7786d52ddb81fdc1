"""POST /predict."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from mlapp.api.dependencies import Models, Monitoring, Prediction
from mlapp.api.negotiation import negotiate
from mlapp.api.prefer import prefer_header, prefers
from mlapp.api.problems import problem_responses
from mlapp.api.request_body import FILES, options_of, received
from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import Answer, Format
from mlapp.services.options import merge_options
from mlapp.services.prediction.service import Body

router = APIRouter(tags=["prediction"])

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Answer,
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


@router.post(
    "/predict",
    response_model=None,
    responses=ANSWERS | problem_responses(400, 404, 409, 413, 415, 422, 503),
    openapi_extra={"parameters": [prefer_header(STRICT)]},
)
async def predict(
    request: Request,
    models: Models,
    prediction: Prediction,
    monitoring: Monitoring,
    version: Annotated[
        str | None, Query(description="The version that answers; the active model when not given.")
    ] = None,
) -> StreamingResponse:
    """Predict rows with the active model, or with any other version.

    `Prefer: handling=strict` turns warnings and extra columns into errors.
    """
    with monitoring.refusals(gone=ClientDisconnect):
        options = options_of(request.query_params.multi_items())
        async with received(request) as received_body:
            options = merge_options(options, received_body.options)
            body = Body(await received_body.read(), received_body.format)
        for name in options.keys() - {"version"}:
            raise Unacceptable(f"There is no option '{shorten(name)}'; there is 'version'.")
        number = await models.asked(options.get("version", version))
    strict = prefers(request, "handling=strict")
    wanted = negotiate(request.headers.getlist("accept"), [body.format, *Format]) or body.format
    predicted = await prediction.predict(body, wanted, number, strict=strict)
    headers = {"X-Model-Version": str(predicted.version), "X-Warnings-Total": str(predicted.warnings_total)}
    return StreamingResponse(predicted.chunks, headers=headers, media_type=_media_type(predicted.format))


def _media_type(kind: Format) -> str:
    return "text/csv; charset=utf-8" if kind is Format.CSV else str(kind)
