"""Tools of the Model Context Protocol: list_models, describe_model, predict and train.

What a tool cannot do is part of its result, with the sentence that the API would answer, so that an assistant can
correct its call.
"""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple

from pydantic import Field, SkipValidation

from mlapp.api.dialects.mcp.messages import INVALID_PARAMS, RpcError
from mlapp.api.middleware.permissions import PREDICT_ONLY
from mlapp.api.openapi_predict import row_schema
from mlapp.caller import caller
from mlapp.errors import Conflict, Forbidden, MlappError, TrainingFailed, Unavailable, shorten
from mlapp.presentation.verdict import verdict
from mlapp.schemas import Format, Job, JobStatus, ModelName, Schema, Submission, VersionInfo
from mlapp.services import Services
from mlapp.services.access.service import Role
from mlapp.services.options import validate_options
from mlapp.services.prediction.service import Body
from mlapp.services.temporary_files import save_copy

MAX_ROWS = 1_000
"""Rows that `predict` takes: assistants read each prediction."""
WAIT_S = 45.0
"""How long `train` waits for the version; clients give up after 60 seconds."""
DESCRIBED = ("target", "task", "rows", "metrics", "baseline", "classes", "estimator", "warnings")
"""What is said of a version."""

Rows = list[SkipValidation[dict[str, Any]]]
"""Rows, which are checked where tables are read: validating a million of them would block all other requests."""
Result = dict[str, Any]


class NoArguments(Schema):
    """Arguments of a tool without any."""


class ModelArguments(Schema):
    """Arguments of `describe_model`."""

    model: ModelName | None = None
    """Name of the model; the default one if not given."""


class PredictArguments(ModelArguments):
    """Arguments of `predict`."""

    rows: Annotated[Rows, Field(min_length=1, max_length=MAX_ROWS)]
    """Rows to predict, each with the features of the model as `describe_model` gives them; null for a missing value."""
    explain: bool = False
    """Add how much each feature contributes to each prediction."""


class TrainArguments(ModelArguments):
    """Arguments of `train`."""

    model: ModelName | None = None
    """Name of the model that gets the version; it is created if there is none of this name. Without it, the target
    names the model."""
    rows: Annotated[Rows, Field(min_length=1)]
    """The training table: one object per row, by column; null for a missing value."""
    target: str
    """The column to predict."""
    estimator: str = "auto"
    """Name of an estimator; `auto` compares all suitable ones."""


class Tool(NamedTuple):
    """A tool, and what it returns for its arguments."""

    title: str
    description: str
    arguments: type[Schema]
    call: Callable[[Services, Any], Awaitable[Result]]
    read_only: bool = True


async def _list_models(services: Services, _: NoArguments) -> Result:
    found = await services.models.list()
    fields = {"name", "description", "task", "target", "active", "metrics"}
    return {"default": found.default, "models": [each.model_dump(mode="json", include=fields) for each in found.models]}


async def _describe_model(services: Services, arguments: ModelArguments) -> Result:
    found = await services.models.get(arguments.model or await services.models.default())
    if found.active_version is None:
        raise Conflict(f"'{found.name}' has no active version; activate one of its versions.")
    row = row_schema(found.active_version.features)
    return {"model": found.name, "description": found.description} | _described(found.active_version) | {"row": row}


def _described(info: VersionInfo) -> Result:
    found = verdict(info)
    said = {"version": info.version, "verdict": f"{found.phrase}. {found.advice}".strip()}
    return said | info.model_dump(mode="json", include=set(DESCRIBED))


async def _predict(services: Services, arguments: PredictArguments) -> Result:
    options = {"explain": True} if arguments.explain else {}
    data = await asyncio.to_thread(_body, arguments.rows, options)
    release = services.prediction.admit(len(data), arguments.model)
    try:
        found = await services.prediction.predict(Body(data, Format.JSON, {}), model=arguments.model)
        text = b"".join([chunk async for chunk in found.chunks])
    finally:
        release()
    body: Result = json.loads(text)
    return body


async def _train(services: Services, arguments: TrainArguments) -> Result:
    # The route takes any key, as the other tools do.
    if caller.get() == Role.PREDICT.value:
        raise Forbidden(PREDICT_ONLY)
    options = arguments.model_dump(exclude_none=True, exclude={"rows"})
    release = services.training.admit()
    try:
        path = await asyncio.to_thread(lambda: save_copy(io.BytesIO(_body(arguments.rows, options))))
    except OSError as error:
        raise Unavailable(f"The rows cannot be stored ({error.strerror}); try again later.") from None
    else:
        job = await services.training.submit(Submission(options={}, format=Format.JSON, path=path))
    finally:
        release()
    # As objects, rows take ten times the memory of their text.
    arguments.rows.clear()
    return await _trained(services, job)


def _body(rows: Rows, options: dict[str, Any]) -> bytes:
    """Return rows and options as a JSON body; row by row, so that other threads run meanwhile."""
    text = json.dumps(options | {"records": []})
    return f"{text[:-2]}{','.join(map(json.dumps, rows))}]}}".encode()


async def _trained(services: Services, job: Job) -> Result:
    """Return the version of a job, or that it goes on."""
    try:
        async with asyncio.timeout(WAIT_S):
            async for state in services.jobs.follow(job.id):
                job = state
    except TimeoutError:
        text = f"The training goes on as job {job.id} ({job.stage}); call describe_model later."
        return {"job": job.id, "status": job.status.value, "message": text}
    if job.status is not JobStatus.SUCCEEDED or job.model is None:
        raise TrainingFailed(job.error or f"The training ended without a version: it is {job.status}.")
    info = await services.models.version(job.model, str(job.version))
    named = {"model": info.model, "active": info.active, "breaking": info.breaking}
    return named | _described(info) | {"row": row_schema(info.features)}


TOOLS = {
    "list_models": Tool(
        "List models", "List all models: what each one predicts, and how well.", NoArguments, _list_models
    ),
    "describe_model": Tool(
        "Describe a model",
        "Say what a model predicts, how good it is, and which values its rows need, as a JSON schema.",
        ModelArguments,
        _describe_model,
    ),
    "predict": Tool(
        "Predict rows",
        f"Predict up to {MAX_ROWS:,} rows with the active version of a model. `lower` and `upper` are the ends of a "
        "prediction interval, `probabilities` those of each class, `warnings` say what was unusual about a row.",
        PredictArguments,
        _predict,
    ),
    "train": Tool(
        "Train a model",
        "Train a model on a table of rows, and store it as a version. Takes seconds to minutes.",
        TrainArguments,
        _train,
        read_only=False,
    ),
}


def list_tools() -> list[dict[str, Any]]:
    """Return the tools that the caller may use."""
    allowed = {name: tool for name, tool in TOOLS.items() if tool.read_only or caller.get() != Role.PREDICT.value}
    return [
        {
            "name": name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": tool.arguments.model_json_schema(),
            "annotations": {"readOnlyHint": tool.read_only, "destructiveHint": False, "openWorldHint": False},
        }
        for name, tool in allowed.items()
    ]


async def call_tool(services: Services, params: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a tool, also if it failed.

    Raises:
        RpcError: there is no such tool, or the arguments are not an object.
    """
    name, arguments = params.get("name"), params.pop("arguments", None) or {}
    tool = TOOLS.get(name) if isinstance(name, str) else None
    if tool is None:
        raise RpcError(INVALID_PARAMS, f"There is no tool '{shorten(name)}'; the tools are {', '.join(TOOLS)}.")
    if not isinstance(arguments, dict):
        raise RpcError(INVALID_PARAMS, "'arguments' must be an object.")
    try:
        validated = validate_options(tool.arguments, arguments)
        arguments.clear()
        result = await tool.call(services, validated)
    except MlappError as error:
        details = [each["detail"] for each in error.errors if each["detail"] not in error.detail]
        return {"content": [_text(" ".join([error.detail, *details[:10]]))], "isError": True}
    return {"content": [_text(json.dumps(result, ensure_ascii=False))], "structuredContent": result, "isError": False}


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
