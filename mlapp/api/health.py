"""/health, /livez and /readyz: for whoever runs it."""

from fastapi import APIRouter

from mlapp import __version__
from mlapp.api.errors import problems
from mlapp.api.services import Prediction
from mlapp.errors import Unavailable
from mlapp.schemas import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/health")
@router.get("/livez", include_in_schema=False)
async def health(prediction: Prediction) -> Health:
    """Answer as long as the process lives, model or not."""
    model = prediction.active
    return Health(message=prediction.message, version=__version__, active_model=model.version if model else None)


@router.get("/readyz", responses=problems(503))
async def readyz(prediction: Prediction) -> Readiness:
    """Answer 200 when a model is loaded."""
    if prediction.active is None:
        raise Unavailable(prediction.message)
    return Readiness(ready=True, message=prediction.message)
