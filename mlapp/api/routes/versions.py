"""/models/{model}/versions: the versions of a model, activation and model cards."""

from fastapi import APIRouter, Request, Response

from mlapp.api.dependencies import AppServices
from mlapp.api.problems import problem_responses
from mlapp.presentation.model_card import card
from mlapp.schemas import VersionInfo, VersionList

router = APIRouter(prefix="/models/{model}/versions", tags=["models"])


class CardResponse(Response):
    """A model card."""

    media_type = "text/markdown"


@router.get("", responses=problem_responses(404))
async def list_versions(model: str, services: AppServices) -> VersionList:
    """List all versions of a model in short form, newest first."""
    return await services.models.versions(model)


@router.get("/{version}", responses=problem_responses(404))
async def get_version(model: str, version: str, services: AppServices) -> VersionInfo:
    """Return a version by its number, `active` or `latest`."""
    return await services.models.version(model, version)


@router.get("/{version}/card", response_class=CardResponse, responses=problem_responses(404))
async def get_model_card(model: str, version: str, request: Request, services: AppServices) -> CardResponse:
    """Return the model card of a version, with data, features, evaluation, limits and usage.

    It is Markdown with YAML front matter.
    """
    info, described = await services.models.version(model, version), await services.models.get(model)
    key = services.access.key_variable
    return CardResponse(card(info, str(request.base_url), key, description=described.description))


@router.post("/{version}/activate", responses=problem_responses(404, 409, 503))
async def activate_version(model: str, version: str, services: AppServices) -> VersionInfo:
    """Activate a version: it answers the requests to its model that name no version from now on."""
    return await services.models.activate(model, version)


@router.delete("/{version}", status_code=204, responses=problem_responses(404, 409, 503))
async def delete_version(model: str, version: str, services: AppServices) -> None:
    """Delete a version permanently. The active version cannot be deleted."""
    await services.models.delete_version(model, version)
