"""/estimators and /datasets: the catalog of estimators and bundled datasets."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response

from mlapp.api.dependencies import Models
from mlapp.api.problems import problem_responses
from mlapp.api.request_body import FILES
from mlapp.schemas import DatasetInfo, EstimatorInfo, Format

router = APIRouter(tags=["training"])

TABLE: dict[int | str, dict[str, Any]] = {
    200: {"content": {Format.CSV: FILES[Format.CSV]}, "description": "The table."}
}


@router.get("/estimators", responses=problem_responses(500))
async def list_estimators(models: Models) -> Sequence[EstimatorInfo]:
    """List the available estimators."""
    return await models.estimators()


@router.get("/datasets")
async def list_datasets(models: Models) -> Sequence[DatasetInfo]:
    """List the bundled datasets."""
    return await models.datasets()


@router.get("/datasets/{name}", response_class=Response, responses=TABLE | problem_responses(404))
async def get_dataset(name: str, models: Models) -> Response:
    """Return a bundled dataset as CSV."""
    return Response(await models.dataset_csv(name), media_type="text/csv; charset=utf-8")
