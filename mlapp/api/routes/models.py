"""/models: stored versions, activation and model cards."""

from fastapi import APIRouter, Request, Response

from mlapp.api.dependencies import AppServices
from mlapp.api.problems import problem_responses
from mlapp.presentation.model_card import card
from mlapp.schemas import History, VersionInfo, VersionList

router = APIRouter(prefix="/models", tags=["models"])


class CardResponse(Response):
    """A model card."""

    media_type = "text/markdown"


@router.get("")
async def list_models(services: AppServices) -> VersionList:
    """List all versions in short form, newest first."""
    return await services.models.list()


@router.get("/history")
async def get_history(services: AppServices) -> History:
    """Return the log of activations, newest first."""
    return await services.models.history()


@router.post("/rollback", responses=problem_responses(409, 503))
async def rollback(services: AppServices) -> VersionInfo:
    """Activate the previously active version again."""
    return await services.models.rollback()


@router.get("/{version}", responses=problem_responses(404))
async def get_version(version: str, services: AppServices) -> VersionInfo:
    """Return a version by its number, `active` or `latest`."""
    return await services.models.get(version)


@router.get("/{version}/card", response_class=CardResponse, responses=problem_responses(404))
async def get_model_card(version: str, request: Request, services: AppServices) -> CardResponse:
    """Return the model card of a version, with data, features, evaluation, limits and usage.

    It is Markdown with YAML front matter.
    """
    model = await services.models.get(version)
    return CardResponse(card(model, str(request.base_url), services.access.key_variable))


@router.post("/{version}/activate", responses=problem_responses(404, 409, 503))
async def activate_version(version: str, services: AppServices) -> VersionInfo:
    """Activate a version: `/predict` uses it from now on."""
    return await services.models.activate(version)


@router.delete("/{version}", status_code=204, responses=problem_responses(404, 409, 503))
async def delete_version(version: str, services: AppServices) -> None:
    """Delete a version permanently. The active version cannot be deleted."""
    await services.models.delete(version)
