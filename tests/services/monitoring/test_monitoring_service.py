"""MonitoringService: fed by predictions, read as the Monitor page reads it."""

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlapp.errors import NotFound, Unacceptable, Unavailable
from mlapp.schemas import DriftLevel, Format, Span
from mlapp.services.monitoring import service as limits
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.prediction.service import Body, PredictionService
from mlapp.store import ModelStore, TrafficStore
from tests.fitted import Fitted
from tests.services.conftest import eventually
from tests.services.disk import full_disk

NOON = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC).timestamp()


def rows_of(fitted: Fitted, rows: int = 1, **changed: Any) -> list[dict[str, Any]]:
    names = [feature.name for feature in fitted.record.features]
    examples = [dict(zip(names, row, strict=True)) | changed for row in fitted.record.examples]
    return [examples[row % len(examples)] for row in range(rows)]


def as_csv(records: list[dict[str, Any]]) -> Body:
    return Body(pl.DataFrame(records).write_csv().encode(), Format.CSV)


def another(monitoring: MonitoringService) -> MonitoringService:
    """The same store, as another process sees it."""
    return MonitoringService(monitoring.store, TrafficStore(monitoring.store.folder), monitoring.clock)


@pytest.fixture
async def active(store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted):
    monitoring.clock = lambda: NOON
    store.activate(diabetes.add_to(store))
    await prediction.refresh()


@pytest.mark.usefixtures("active")
async def test_requests_and_predictions_are_counted_by_the_minute(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    answers = [await prediction.answer(rows_of(diabetes, rows)) for rows in (1, 3)]
    monitoring.clock = lambda: NOON + 60
    await prediction.answer(rows_of(diabetes))

    traffic = await monitoring.traffic(Span.HOUR)

    *earlier, before, now = traffic.points
    values = [value for answer in answers for value in answer.predictions]
    assert (len(earlier), sum(point.requests for point in earlier)) == (58, 0)
    assert before.at == datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    assert (before.requests, before.rows, before.errors, before.predictions) == (2, 4, 0, 4)
    assert (before.low, before.high) == (min(values), max(values))
    assert before.mean == pytest.approx(sum(float(value) for value in values) / 4)
    assert 0 < (before.p50_ms or 0) <= (before.p99_ms or 0) < 60_000
    assert (now.requests, now.rows, traffic.version, traffic.total.rows) == (1, 1, 1, 5)
    assert (earlier[0].mean, earlier[0].p50_ms) == (None, None)


@pytest.mark.usefixtures("active")
async def test_day_has_points_of_a_quarter_of_an_hour(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    for hours in (-25, -20, 0):
        monitoring.clock = partial(float, NOON + hours * 3_600)
        await prediction.answer(rows_of(diabetes))
        await monitoring.traffic(Span.DAY)

    traffic = await monitoring.traffic(Span.DAY)

    assert len(traffic.points) == 96
    assert [point.at.hour for point in traffic.points if point.requests] == [16, 12]
    assert traffic.total.requests == 2
    assert (await monitoring.traffic(Span.HOUR)).total.requests == 1
    assert len(monitoring._counts.minutes) == len(monitoring._counts.versions[1].minutes) == 2


async def test_classes_are_counted(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, wine: Fitted
):
    wine.add_to(store)
    answer = await prediction.answer(rows_of(wine, 20), version=1)

    traffic = await monitoring.traffic(Span.HOUR, 1)

    assert traffic.classes == ["class_1", "class_0", "class_2"]
    assert traffic.total.classes == [*(answer.predictions.count(name) for name in traffic.classes), 0]
    assert (traffic.total.predictions, traffic.total.mean) == (20, None)


@pytest.mark.usefixtures("active")
async def test_rows_of_files_are_counted_as_they_are_predicted(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mlapp.services.prediction.service.CHUNK_ROWS", 100)
    predicted = await prediction.predict(as_csv(rows_of(diabetes, 250)), Format.CSV)
    assert [chunk async for chunk in predicted.chunks]

    assert (await monitoring.traffic(Span.HOUR)).total.model_dump(include={"requests", "rows", "predictions"}) == {
        "requests": 1,
        "rows": 250,
        "predictions": 250,
    }


@pytest.mark.usefixtures("active")
async def test_what_if_and_samples_are_not_counted(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    rows = rows_of(diabetes)
    await prediction.what_if(rows[0], "bmi")
    await prediction.sample(as_csv(rows))

    assert (await monitoring.traffic(Span.HOUR)).total.requests == 0
    assert monitoring.counter == 0


async def test_errors_are_counted_by_class(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, wine: Fitted
):
    await prediction.refresh()
    with pytest.raises(Unavailable):
        await prediction.answer(rows_of(wine))
    wine.add_to(store)
    with pytest.raises(Unacceptable):
        await prediction.answer([], 1)
    with pytest.raises(Unacceptable), monitoring.refusals():
        raise Unacceptable("No form.")
    with monitoring.refusals():
        pass
    with pytest.raises(ZeroDivisionError), monitoring.request():
        _ = 1 / 0

    total = (await monitoring.traffic(Span.HOUR)).total

    assert (total.requests, total.errors, total.server_errors, total.rows) == (4, 4, 2, 0)


async def test_traffic_without_a_model_has_no_predictions(monitoring: MonitoringService):
    with monitoring.request():
        pass

    traffic = await monitoring.traffic(Span.HOUR)

    assert (traffic.version, traffic.classes, traffic.total.requests) == (None, [], 1)
    with pytest.raises(NotFound):
        await monitoring.traffic(Span.HOUR, 7)


@pytest.mark.usefixtures("active")
async def test_drift_is_told_of_every_feature_and_of_the_prediction(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    for _ in range(2):
        await prediction.answer(rows_of(diabetes, 100, bmi=45.0))

    drift = await monitoring.drift(1)

    levels = {feature.name: feature.level for feature in drift.features}
    bmi = next(feature for feature in drift.features if feature.name == "bmi")
    assert (drift.rows, drift.since) == (200, datetime.fromtimestamp(NOON, UTC))
    assert levels["bmi"] is DriftLevel.STRONG
    assert (bmi.psi or 0) > 0.25
    assert (bmi.production.edges, bmi.production.counts[-1], bmi.production.total) == (bmi.training.edges, 200, 200)
    assert drift.prediction
    assert (drift.prediction.name, drift.prediction.production.total) == ("progression", 200)


@pytest.mark.usefixtures("active")
async def test_few_rows_say_nothing_of_drift(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    assert (await monitoring.drift(1)).since is None
    await prediction.answer(rows_of(diabetes, 199))

    drift = await monitoring.drift(1)

    assert {(feature.psi, feature.level) for feature in drift.features} == {(None, DriftLevel.TOO_FEW)}
    assert drift.features[0].production.total == drift.rows == 199


@pytest.mark.usefixtures("active")
async def test_counts_survive_a_restart(prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted):
    await monitoring.start()
    await prediction.answer(rows_of(diabetes, 3))
    await monitoring.close()

    again = another(monitoring)
    await again.start()

    assert (await again.traffic(Span.DAY)).total.rows == (await again.drift(1)).rows == 3
    await again.close()


@pytest.mark.usefixtures("active")
async def test_counts_of_other_processes_are_seen_and_not_overwritten(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    other = another(monitoring)
    await monitoring.start()
    await other.start()
    await prediction.answer(rows_of(diabetes, 3))
    await asyncio.to_thread(monitoring.count)
    await asyncio.to_thread(monitoring._save)

    assert (await other.traffic(Span.HOUR)).total.rows == (await other.drift(1)).rows == 3
    assert other.counter == 1
    with other.request():
        pass
    await other.close()
    assert (await monitoring.traffic(Span.HOUR)).total.requests == 2


@pytest.mark.usefixtures("active")
async def test_what_waits_is_counted_and_saved_by_itself(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "COUNT_S", 0.01)
    monkeypatch.setattr(limits, "SAVE_S", 0.01)
    await monitoring.start()

    await prediction.answer(rows_of(diabetes))

    await eventually(lambda: monitoring.counter and (monitoring.store.folder / "traffic/1.json").exists())


@pytest.mark.usefixtures("active")
async def test_of_large_tables_a_part_is_looked_at(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    monitoring._room = 300
    for rows in (100, 1):
        await prediction.answer(rows_of(diabetes, rows))

    total = (await monitoring.traffic(Span.HOUR)).total

    assert (total.rows, total.predictions) == (101, 26)
    assert (await monitoring.drift(1)).rows == 26


@pytest.mark.usefixtures("active")
async def test_no_more_rows_wait_than_may(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "WAITING_ROWS", 0)
    await prediction.answer(rows_of(diabetes))

    total = (await monitoring.traffic(Span.HOUR)).total

    assert (total.requests, total.rows, total.predictions) == (1, 1, 0)


async def test_the_versions_asked_last_are_remembered(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, wine: Fitted, monkeypatch
):
    monkeypatch.setattr(limits, "VERSIONS", 2)
    for version in [wine.add_to(store) for _ in range(3)]:
        await prediction.answer(rows_of(wine), version)
        if version == 2:
            await prediction.answer(rows_of(wine), 1)

    assert [(await monitoring.drift(version)).rows for version in (1, 2, 3)] == [2, 0, 1]


@pytest.mark.usefixtures("active")
async def test_clock_that_is_set_back_harms_nothing(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    for days in (0, -400):
        monitoring.clock = partial(float, NOON + days * 86_400)
        await prediction.answer(rows_of(diabetes))
        traffic = await monitoring.traffic(Span.DAY)

        assert traffic.total.requests == 1
    assert (await monitoring.drift(1)).since == datetime.fromtimestamp(NOON - 400 * 86_400, UTC)


@pytest.mark.usefixtures("active")
async def test_full_disk_is_told_once_and_counting_goes_on(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted, caplog: pytest.LogCaptureFixture
):
    await monitoring.start()
    await prediction.answer(rows_of(diabetes))
    await monitoring.traffic(Span.HOUR)

    with full_disk(left_bytes=10):
        for _ in range(2):
            await asyncio.to_thread(monitoring._save)

    assert [record.levelno for record in caplog.records if "cannot be saved" in record.message] == [logging.ERROR]
    assert (await monitoring.traffic(Span.HOUR)).total.requests == 1
    await monitoring.close()
    assert (await another(monitoring).traffic(Span.HOUR)).total.requests == 1


async def test_store_that_is_a_file_does_not_keep_from_counting(tmp_path: Path):
    (tmp_path / "file").touch()
    monitoring = MonitoringService(ModelStore(tmp_path / "file"), TrafficStore(tmp_path / "file"))
    await monitoring.start()

    with monitoring.request():
        pass

    assert (await monitoring.traffic(Span.HOUR)).total.requests == 1
    await monitoring.close()


@pytest.mark.usefixtures("active")
async def test_bug_in_counting_is_logged_and_loses_nothing_else(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted, caplog: pytest.LogCaptureFixture
):
    await prediction.answer(rows_of(diabetes, 2))
    other = (await prediction.fitted()).model.model_copy(update={"version": 9})
    monitoring.note(other, np.ones((1, 1)), np.ones(1))
    await prediction.answer(rows_of(diabetes))

    await monitoring.start()
    await eventually(lambda: "Requests cannot be counted" in caplog.text)
    await prediction.answer(rows_of(diabetes))
    await monitoring.close()

    assert (await another(monitoring).traffic(Span.HOUR, 1)).total.predictions == 4
