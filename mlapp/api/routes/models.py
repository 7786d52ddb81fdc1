"""/models: the stored versions."""

from typing import Any

from fastapi import APIRouter, Request, Response

from mlapp.api.dependencies import Access, Models
from mlapp.api.problems import problems
from mlapp.presentation.model_card import card
from mlapp.schemas import History, Model, ModelList

router = APIRouter(prefix="/models", tags=["models"])

MARKDOWN = "text/markdown"
CARD: dict[int | str, dict[str, Any]] = {
    200: {"content": {MARKDOWN: {"schema": {"type": "string"}}}, "description": "Markdown with YAML front matter."}
}


@router.get("")
async def list_models(models: Models) -> ModelList:
    """List all versions in short, newest first."""
    return await models.list()


@router.get("/history")
async def get_history(models: Models) -> History:
    """Return the log of activations, newest first."""
    return await models.history()


@router.post("/rollback", responses=problems(409, 503))
async def rollback(models: Models) -> Model:
    """Activate the version that was active before."""
    return await models.rollback()


@router.get("/{version}", responses=problems(404))
async def get_version(version: str, models: Models) -> Model:
    """Return a version by its number, or as `active` or `latest`."""
    return await models.get(version)


@router.get("/{version}/card", response_class=Response, responses=CARD | problems(404))
async def get_model_card(version: str, request: Request, models: Models, access: Access) -> Response:
    """Return the model card: what a version is, how good, how made and how to call it."""
    text = card(await models.get(version), str(request.base_url), access.key_variable)
    return Response(text, media_type=MARKDOWN)


@router.post("/{version}/activate", responses=problems(404, 409, 503))
async def activate_version(version: str, models: Models) -> Model:
    """Make a version answer `/predict` from now on."""
    return await models.activate(version)


@router.delete("/{version}", status_code=204, responses=problems(404, 409, 503))
async def delete_version(version: str, models: Models) -> None:
    """Remove a version for good; the active one cannot be removed."""
    await models.delete(version)
