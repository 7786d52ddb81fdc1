"""POST /train: train a model."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from mlapp.api.dependencies import AppServices
from mlapp.api.option_schemas import query_parameters, without_defaults
from mlapp.api.prefer import prefer_header, prefers
from mlapp.api.problems import problem_responses
from mlapp.api.request_body import BINARY, FILES, MULTIPART, spool_body
from mlapp.schemas import Format, Job, Submission, TrainBody, TrainOptions, VersionInfo

router = APIRouter(tags=["training"])

REF = "#/components/schemas/{model}"


OPTIONS = without_defaults(TrainOptions.model_json_schema(ref_template=REF))
PARAMETERS = [
    *query_parameters(OPTIONS["properties"]),
    prefer_header("`respond-async`: respond with the job at once, without waiting for the model."),
]
REQUEST_BODY = {
    "required": True,
    "content": {
        Format.JSON: {
            "schema": {"$ref": "#/components/schemas/TrainBody"},
            "examples": {"bundled dataset": {"value": {"dataset": "diabetes", "estimator": "linear"}}},
        },
        **FILES,
        MULTIPART: {
            "schema": {"type": "object", "required": ["file"], "properties": {"file": BINARY} | OPTIONS["properties"]}
        },
    },
}

ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": Job, "description": "With `Prefer: respond-async`: the job; `Location` is its URL."}
}

FAILED = {
    422: "The table or an option is invalid, or the training failed and would fail again: the estimator raised an "
    "error or crashed, or the training exceeded a limit of time, memory or model size.",
    500: "The estimators cannot be imported, or an internal error; see the server log.",
    503: "The training was killed or interrupted, the model could not be saved, or the server is overloaded; a retry "
    "may succeed.",
}


@router.post(
    "/train",
    status_code=201,
    response_model=VersionInfo,
    responses=ACCEPTED | problem_responses(400, 404, 409, 413, 415, 429, described=FAILED),
    openapi_extra={"requestBody": REQUEST_BODY, "parameters": PARAMETERS},
)
async def train(request: Request, response: Response, services: AppServices) -> VersionInfo | Response:
    """Train a model on a table, store it as the next version and activate it.

    Send the options as keys of a JSON body, as fields of a form or in the query string.
    With `Prefer: respond-async` the response is 202 with the training job, without waiting for the model.
    """
    async with spool_body(request) as body:
        submission = Submission(options=body.options, format=body.format, path=await body.save(), name=body.name)
    if prefers(request.headers.getlist("prefer"), "respond-async"):
        job = await services.training.submit(submission)
        headers = {"Location": f"/jobs/{job.id}", "Preference-Applied": "respond-async"}
        return JSONResponse(job.model_dump(mode="json"), 202, headers)
    model = await services.training.train(submission)
    response.headers["Location"] = f"/models/{model.version}"
    return model


def schemas() -> dict[str, Any]:
    """Return the schemas of the JSON request body."""
    body = TrainBody.model_json_schema(ref_template=REF)
    return {**body.pop("$defs"), "TrainBody": without_defaults(body)}
