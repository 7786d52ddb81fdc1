"""/models: the stored versions."""

from fastapi import APIRouter

from mlapp.api.errors import problems
from mlapp.api.services import Models
from mlapp.schemas import History, Model, ModelList

router = APIRouter(prefix="/models", tags=["models"])


@router.get("")
async def list_models(models: Models) -> ModelList:
    """List all versions in short, newest first."""
    return await models.list()


@router.get("/history")
async def history(models: Models) -> History:
    """Return the log of activations, newest first."""
    return await models.history()


@router.post("/rollback", responses=problems(409, 503))
async def rollback(models: Models) -> Model:
    """Activate the version that was active before."""
    return await models.rollback()


@router.get("/{version}", responses=problems(404))
async def get_model(version: str, models: Models) -> Model:
    """Return a version by its number, or as `active` or `latest`."""
    return await models.get(version)


@router.post("/{version}/activate", responses=problems(404, 409, 503))
async def activate(version: str, models: Models) -> Model:
    """Make a version answer `/predict` from now on."""
    return await models.activate(version)


@router.delete("/{version}", status_code=204, responses=problems(404, 409, 503))
async def delete_model(version: str, models: Models) -> None:
    """Remove a version for good; the active one cannot be removed."""
    await models.delete(version)
