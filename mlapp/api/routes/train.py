"""POST /train and /models/{model}/train: train a version of a model."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from mlapp.api.dependencies import AppServices
from mlapp.api.option_schemas import REF, query_parameters, without_defaults
from mlapp.api.prefer import prefer_header, prefers
from mlapp.api.problems import problem_responses
from mlapp.api.request_body import BINARY, FILES, MULTIPART, spool_body
from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import Format, Job, Submission, TrainOptions, VersionInfo
from mlapp.services import Services
from mlapp.services.options import train_options

OPTIONS = without_defaults(TrainOptions.model_json_schema(ref_template=REF))
PARAMETERS = [
    *query_parameters(OPTIONS["properties"]),
    prefer_header("`respond-async`: respond with the job at once, without waiting for the version."),
]
MODEL_PARAMETERS = [parameter for parameter in PARAMETERS if parameter["name"] != "model"]
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
    503: "The training was killed or interrupted, the version could not be saved, or the server is overloaded; a retry "
    "may succeed.",
}


RESPONSES = ACCEPTED | problem_responses(400, 404, 409, 413, 415, 429, described=FAILED)
"""FastAPI adds the response 201 to a copy."""

router = APIRouter(tags=["training"])


@router.post(
    "/train",
    status_code=201,
    response_model=VersionInfo,
    responses=RESPONSES,
    openapi_extra={"requestBody": REQUEST_BODY, "parameters": PARAMETERS},
)
async def train(request: Request, response: Response, services: AppServices) -> VersionInfo | Response:
    """Train a version on a table, and store it as the next one of its model.

    The option `model` names the model; without it, the bundled table, the file or the target does. A model of that
    name is created if there is none. The version becomes active unless callers of the active one would notice, which
    `breaking` then explains; the option `activate` overrules that.

    Send the options as keys of a JSON body, as fields of a form or in the query string.
    With `Prefer: respond-async` the response is 202 with the training job, without waiting for the version.
    """
    return await _train(request, response, services, model=None)


@router.post(
    "/models/{model}/train",
    status_code=201,
    response_model=VersionInfo,
    responses=RESPONSES,
    openapi_extra={"requestBody": REQUEST_BODY, "parameters": MODEL_PARAMETERS},
)
async def train_model(
    model: str, request: Request, response: Response, services: AppServices
) -> VersionInfo | Response:
    """Train the next version of a model, which is created if there is none of this name.

    This is `POST /train` with the option `model` in the path.
    """
    train_options({"model": model})
    return await _train(request, response, services, model)


async def _train(request: Request, response: Response, services: Services, model: str | None) -> VersionInfo | Response:
    async with spool_body(request) as body:
        options = _with_model(body.options, model)
        submission = Submission(options=options, format=body.format, path=await body.save(), name=body.name)
    if prefers(request.headers.getlist("prefer"), "respond-async"):
        job = await services.training.submit(submission)
        headers = {"Location": f"/jobs/{job.id}", "Preference-Applied": "respond-async"}
        return JSONResponse(job.model_dump(mode="json"), 202, headers)
    info = await services.training.train(submission)
    response.headers["Location"] = f"/models/{info.model}/versions/{info.version}"
    return info


def _with_model(options: dict[str, Any], model: str | None) -> dict[str, Any]:
    """Return the options with the model of the path; those in JSON are merged later, by the process that reads it.

    Raises:
        Unacceptable: another model is given as an option.
    """
    if model is None:
        return options
    if options.get("model", model) != model:
        other, name = shorten(options["model"]), shorten(model)
        raise Unacceptable(f"The option 'model' names '{other}', but the path '{name}'; leave the option out.")
    return options | {"model": model}
