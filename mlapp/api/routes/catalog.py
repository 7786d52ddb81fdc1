"""/estimators and /datasets: the catalog of estimators and bundled datasets."""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from mlapp.api.dependencies import AppServices
from mlapp.api.problems import problem_responses
from mlapp.schemas import DatasetInfo, EstimatorInfo, Format

router = APIRouter(tags=["training"])


class CsvResponse(Response):
    """A table."""

    media_type = Format.CSV


@router.get("/estimators", responses=problem_responses(500))
async def list_estimators(services: AppServices) -> Sequence[EstimatorInfo]:
    """List the available estimators."""
    return await services.models.estimators()


@router.get("/datasets")
async def list_datasets(services: AppServices) -> Sequence[DatasetInfo]:
    """List the bundled datasets."""
    return await services.models.datasets()


@router.get("/datasets/{name}", response_class=CsvResponse, responses=problem_responses(404))
async def get_dataset(name: str, services: AppServices) -> CsvResponse:
    """Return a bundled dataset as CSV."""
    return CsvResponse(await services.models.dataset_csv(name))
