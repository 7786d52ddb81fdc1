"""Requests to predict, as API clients send them."""

import json
from typing import Any

from mlapp.schemas import Format, PredictResponse
from mlapp.services.prediction.service import Body, PredictionService


async def answer(
    prediction: PredictionService, records: list[dict[str, Any]], model: str, version: int | None = None
) -> PredictResponse:
    """Send records as JSON, and return the response."""
    body = Body(json.dumps({"records": records}).encode(), Format.JSON)
    result = await prediction.predict(body, model=model, version=version)
    data = b"".join([chunk async for chunk in result.chunks])
    return PredictResponse.model_validate_json(data)
