"""/estimators and /datasets: what there is to train from."""

from fastapi import APIRouter, Response

from mlapp.api.errors import problems
from mlapp.api.services import Models
from mlapp.schemas import DatasetInfo, EstimatorInfo, Format

router = APIRouter(tags=["training"])


@router.get("/estimators")
async def list_estimators(models: Models) -> list[EstimatorInfo]:
    """List the estimators."""
    return await models.estimators()


@router.get("/datasets")
async def list_datasets(models: Models) -> list[DatasetInfo]:
    """List the bundled tables."""
    return await models.datasets()


@router.get("/datasets/{name}", response_class=Response, responses={200: {"content": {Format.CSV: {}}}} | problems(404))
async def get_dataset(name: str, models: Models) -> Response:
    """Return a bundled table as CSV."""
    return Response(await models.dataset_csv(name), media_type="text/csv; charset=utf-8")
