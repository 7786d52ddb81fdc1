"""/health, /livez and /readyz: liveness and readiness probes."""

from fastapi import APIRouter

from mlapp.api.dependencies import AppServices
from mlapp.api.problems import problem_responses
from mlapp.schemas import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/health")
@router.get("/livez", include_in_schema=False)
async def get_health(services: AppServices) -> Health:
    """Liveness: respond while the process runs, with or without a model."""
    return services.health.health()


@router.get("/readyz", responses=problem_responses(503))
async def get_readiness(services: AppServices) -> Readiness:
    """Readiness: respond with 200 if the default model is loaded, else with 503.

    If the active version cannot be loaded and the previous one still serves requests, `problem` says why.
    """
    return services.health.readiness()
