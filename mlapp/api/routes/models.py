"""/models: models by name, their settings and activation log; /models/{model}/versions has their versions."""

from fastapi import APIRouter, Request

from mlapp.api.dependencies import AppServices
from mlapp.api.json_body import json_request_body, read_json_body
from mlapp.api.problems import problem_responses
from mlapp.schemas import History, ModelInfo, ModelList, ModelPatch, VersionInfo
from mlapp.services.options import parse_model_patch

router = APIRouter(prefix="/models", tags=["models"])


@router.get("")
async def list_models(services: AppServices) -> ModelList:
    """List all models by name, and say which one is the default."""
    return await services.models.list()


@router.get("/{model}", responses=problem_responses(404))
async def get_model(model: str, services: AppServices) -> ModelInfo:
    """Return a model with its active version."""
    return await services.models.get(model)


@router.patch(
    "/{model}",
    responses=problem_responses(400, 404, 409, 413, 415, 422, 503),
    openapi_extra=json_request_body(ModelPatch, {"description": "Customers who leave within a month."}),
)
async def update_model(model: str, request: Request, services: AppServices) -> ModelInfo:
    """Change the description of a model or whether new versions become active, or make it the default model.

    Only a model with an active version can be the default one.
    """
    return await services.models.update(model, parse_model_patch(await read_json_body(request)))


@router.delete("/{model}", status_code=204, responses=problem_responses(404, 409, 503))
async def delete_model(model: str, services: AppServices) -> None:
    """Delete a model with all its versions, permanently. While there are others, the default model cannot be deleted.

    A new model of the same name continues the version numbers.
    """
    await services.models.delete(model)


@router.post("/{model}/rollback", responses=problem_responses(404, 409, 503))
async def rollback(model: str, services: AppServices) -> VersionInfo:
    """Activate the previously active version of a model again."""
    return await services.models.rollback(model)


@router.get("/{model}/history", responses=problem_responses(404))
async def get_history(model: str, services: AppServices) -> History:
    """Return the log of activations of a model, newest first."""
    return await services.models.history(model)
