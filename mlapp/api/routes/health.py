"""/health, /livez and /readyz: for whoever runs it."""

from fastapi import APIRouter

from mlapp.api.dependencies import HealthStatus
from mlapp.api.problems import problems
from mlapp.schemas import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/health")
@router.get("/livez", include_in_schema=False)
async def get_health(status: HealthStatus) -> Health:
    """Answer as long as the process lives, model or not."""
    return status.health()


@router.get("/readyz", responses=problems(503))
async def get_readiness(status: HealthStatus) -> Readiness:
    """Answer 200 when a model is loaded.

    Where the active version cannot be loaded here and the one before goes on answering, `problem` says why.
    """
    return status.readiness()
