"""GET /metrics: what is counted, for Prometheus."""

import asyncio

from fastapi import APIRouter, Response

from mlapp.api.dependencies import Metrics
from mlapp.services.observability.metrics import MetricsService

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text."}},
)
async def get_metrics(metrics: Metrics) -> Response:
    """Return what this process has counted since its start, in the text format of Prometheus."""
    return await asyncio.to_thread(_written, metrics)


def _written(metrics: MetricsService) -> Response:
    from mlapp.services.observability.prometheus import MEDIA_TYPE, exposition

    return Response(exposition(metrics), media_type=MEDIA_TYPE)
