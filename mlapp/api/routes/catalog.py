"""/estimators and /datasets: what there is to train from."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response

from mlapp.api.dependencies import Models
from mlapp.api.problems import problems
from mlapp.api.request_body import FILES
from mlapp.schemas import DatasetInfo, EstimatorInfo, Format

router = APIRouter(tags=["training"])

TABLE: dict[int | str, dict[str, Any]] = {
    200: {"content": {Format.CSV: FILES[Format.CSV]}, "description": "The table."}
}


@router.get("/estimators", responses=problems(500))
async def list_estimators(models: Models) -> Sequence[EstimatorInfo]:
    """List the estimators."""
    return await models.estimators()


@router.get("/datasets")
async def list_datasets(models: Models) -> Sequence[DatasetInfo]:
    """List the bundled tables."""
    return await models.datasets()


@router.get("/datasets/{name}", response_class=Response, responses=TABLE | problems(404))
async def get_dataset(name: str, models: Models) -> Response:
    """Return a bundled table as CSV."""
    return Response(await models.dataset_csv(name), media_type="text/csv; charset=utf-8")
