"""Requests to predict and a fixed clock."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from mlapp.schemas import Format
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction.service import Body, PredictionService
from mlapp.store import ModelStore
from tests.fitted import Fitted

NOON = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC).timestamp()


def rows_of(fitted: Fitted, rows: int = 1, **changed: Any) -> list[dict[str, Any]]:
    names = [feature.name for feature in fitted.record.features]
    examples = [dict(zip(names, row, strict=True)) | changed for row in fitted.record.examples]
    return [examples[row % len(examples)] for row in range(rows)]


def as_csv(records: list[dict[str, Any]]) -> Body:
    return Body(pl.DataFrame(records).write_csv().encode(), Format.CSV)


@pytest.fixture
async def active(store: ModelStore, prediction: PredictionService, recorder: TrafficRecorder, diabetes: Fitted):
    recorder.clock = lambda: NOON
    diabetes.activate_in(store)
    await prediction.refresh("diabetes")
