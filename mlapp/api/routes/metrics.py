"""GET /metrics: Prometheus metrics."""

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from mlapp.api.dependencies import AppServices

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=PlainTextResponse, response_description="Metrics in the Prometheus text format.")
async def get_metrics(services: AppServices) -> Response:
    """Return the metrics of this process since its start, in the Prometheus text format."""
    return Response(await asyncio.to_thread(services.metrics.exposition), media_type=CONTENT_TYPE_PLAIN_0_0_4)
