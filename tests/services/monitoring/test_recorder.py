"""Recording of requests: queues, saved counts, several processes, failures."""

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mlapp.errors import NotFound
from mlapp.schemas import Span
from mlapp.services.monitoring import counted_traffic
from mlapp.services.monitoring import recorder as module
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore, TrafficStore
from tests.fitted import Fitted
from tests.services.conftest import eventually
from tests.services.disk import full_disk, no_more_files
from tests.services.monitoring.conftest import NOON, rows_of
from tests.services.requests import answer


def another(monitoring: MonitoringService) -> MonitoringService:
    """Return a service on the same store, as in another process."""
    folder = monitoring.store.folder
    return MonitoringService(
        monitoring.store, TrafficRecorder(TrafficStore(folder), monitoring.store, monitoring.recorder.clock)
    )


def test_long_names_of_models_that_clients_invent_take_no_memory(recorder: TrafficRecorder):
    with recorder.request("a" * 60_000):
        pass

    requests, _, _ = recorder._queue.take()
    assert [request.model for request in requests] == ["a" * 64]


@pytest.mark.usefixtures("active")
async def test_counts_survive_a_restart(prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted):
    await monitoring.recorder.start()
    await answer(prediction, rows_of(diabetes, 3), "diabetes")
    await monitoring.recorder.close()

    again = another(monitoring)
    await again.recorder.start()

    assert (await again.traffic(Span.DAY)).total.rows == (await again.drift("diabetes", 1)).rows == 3
    await again.recorder.close()


@pytest.mark.usefixtures("active")
async def test_counts_of_other_processes_are_included_and_not_overwritten(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    other = another(monitoring)
    await monitoring.recorder.start()
    await other.recorder.start()
    await answer(prediction, rows_of(diabetes, 3), "diabetes")
    await asyncio.to_thread(monitoring.recorder.counter.count)
    await asyncio.to_thread(monitoring.recorder._save)

    assert (await other.traffic(Span.HOUR)).total.rows == (await other.drift("diabetes", 1)).rows == 3
    assert other.recorder.revision == 1
    with other.recorder.request("diabetes"):
        pass
    await other.recorder.close()
    assert (await monitoring.traffic(Span.HOUR)).total.requests == 2


@pytest.mark.usefixtures("active")
async def test_queue_is_counted_and_saved_in_the_background(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "COUNT_INTERVAL_S", 0.01)
    monkeypatch.setattr(module, "SAVE_INTERVAL_S", 0.01)
    await monitoring.recorder.start()

    await answer(prediction, rows_of(diabetes), "diabetes")

    await eventually(lambda: monitoring.recorder.revision and (monitoring.store.folder / "traffic/1.counts").exists())


@pytest.mark.usefixtures("active")
async def test_rows_of_large_tables_are_sampled(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    monitoring.recorder._queue.free_cells = 300
    for rows in (100, 1):
        await answer(prediction, rows_of(diabetes, rows), "diabetes")

    total = (await monitoring.traffic(Span.HOUR, "diabetes")).total

    assert (total.rows, total.predictions) == (101, 26)
    assert (await monitoring.drift("diabetes", 1)).rows == 26
    assert monitoring.recorder._queue.free_cells == 300


@pytest.mark.usefixtures("active")
async def test_rows_beyond_the_queue_limit_are_counted_without_a_profile(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    monitoring.recorder._queue.free_cells = 0
    await answer(prediction, rows_of(diabetes), "diabetes")

    total = (await monitoring.traffic(Span.HOUR, "diabetes")).total

    assert (total.requests, total.rows, total.predictions) == (1, 1, 0)


async def test_versions_of_the_latest_requests_keep_their_profile(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, wine: Fitted, monkeypatch
):
    monkeypatch.setattr(counted_traffic, "MAX_VERSIONS", 2)
    await monitoring.recorder.start()
    one, two, three = (wine.add_to(store) for _ in range(3))
    for version in (one, two, one, three):
        await answer(prediction, rows_of(wine), "wine", version)
        await asyncio.to_thread(monitoring.recorder.counter.count)
        await asyncio.to_thread(monitoring.recorder._save)

    assert [(await monitoring.drift("wine", version)).rows for version in (one, two, three)] == [2, 0, 1]


@pytest.mark.usefixtures("active")
async def test_clock_that_is_set_back_drops_the_old_counts(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    for days in (0, -400):
        monitoring.recorder.clock = partial(float, NOON + days * 86_400)
        await answer(prediction, rows_of(diabetes), "diabetes")
        traffic = await monitoring.traffic(Span.DAY)

        assert traffic.total.requests == 1
    assert (await monitoring.drift("diabetes", 1)).since == datetime.fromtimestamp(NOON - 400 * 86_400, UTC)


@pytest.mark.usefixtures("active")
async def test_full_disk_is_logged_once_and_counting_continues(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted, caplog: pytest.LogCaptureFixture
):
    await monitoring.recorder.start()
    await answer(prediction, rows_of(diabetes), "diabetes")
    await monitoring.traffic(Span.HOUR)

    with full_disk(left_bytes=10):
        for _ in range(2):
            await asyncio.to_thread(monitoring.recorder._save)

    assert [record.levelno for record in caplog.records if "cannot be saved" in record.message] == [logging.ERROR]
    assert (await monitoring.traffic(Span.HOUR)).total.requests == 1
    await monitoring.recorder.close()
    assert (await another(monitoring).traffic(Span.HOUR)).total.requests == 1


async def test_counting_works_without_a_folder_to_save_to(tmp_path: Path):
    (tmp_path / "file").touch()
    monitoring = MonitoringService(
        ModelStore(tmp_path / "file"), TrafficRecorder(TrafficStore(tmp_path / "file"), ModelStore(tmp_path))
    )
    await monitoring.recorder.start()

    with monitoring.recorder.request("diabetes"):
        pass

    assert (await monitoring.traffic(Span.HOUR)).total.requests == 1
    await monitoring.recorder.close()


@pytest.mark.usefixtures("active")
async def test_bug_in_counting_is_logged_and_affects_one_version_only(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted, caplog: pytest.LogCaptureFixture
):
    await answer(prediction, rows_of(diabetes, 2), "diabetes")
    other = (await prediction.fitted("diabetes")).info.model_copy(update={"version": 9})
    monitoring.recorder.add_rows(other, np.ones((1, 1)), np.ones(1))
    await answer(prediction, rows_of(diabetes), "diabetes")

    await monitoring.recorder.start()
    await eventually(lambda: "Requests cannot be counted" in caplog.text)
    await answer(prediction, rows_of(diabetes), "diabetes")
    await monitoring.recorder.close()

    assert (await another(monitoring).traffic(Span.HOUR, "diabetes", 1)).total.predictions == 4


@pytest.mark.usefixtures("active")
async def test_counts_before_a_slot_could_be_opened_are_kept(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    earlier = another(monitoring)
    await earlier.recorder.start()
    with earlier.recorder.request("diabetes"):
        pass
    await earlier.recorder.close()
    await answer(prediction, rows_of(diabetes, 2), "diabetes")
    await asyncio.to_thread(monitoring.recorder.counter.count)
    with no_more_files():
        monitoring.recorder._save()

    await asyncio.to_thread(monitoring.recorder._save)
    await monitoring.recorder.close()

    again = another(monitoring)
    total = (await again.traffic(Span.DAY, "diabetes", 1)).total
    assert (total.requests, total.rows, total.predictions) == (2, 2, 2)


async def test_counts_of_a_deleted_model_in_a_free_slot_are_not_those_of_its_successor(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, wine: Fitted
):
    for model in ("a", "b"):
        wine.add_to(store, model)
    await monitoring.recorder.start()
    for model in ("a", "b"):
        await answer(prediction, rows_of(wine), model, 1)
    await monitoring.recorder.close()
    for model in ("a", "b"):
        store.remove(model)
    wine.add_to(store, "a")

    other, again = another(monitoring), another(monitoring)
    assert await other.requests(Span.HOUR) == {"a": 0}
    await again.recorder.start()
    assert await again.requests(Span.HOUR) == {"a": 0}
    assert (await again.traffic(Span.HOUR)).total.requests == 2
    await again.recorder.close()

    assert {name.partition(" ")[0] for name in TrafficStore(store.folder).open()} == {"*"}


async def test_deletion_by_another_process_drops_the_counts(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, wine: Fitted
):
    wine.add_to(store)
    other = another(monitoring)
    await monitoring.recorder.start()
    await other.recorder.start()
    await answer(prediction, rows_of(wine), "wine", 1)
    await asyncio.to_thread(monitoring.recorder.counter.count)
    await asyncio.to_thread(monitoring.recorder._save)
    assert await other.requests(Span.HOUR) == {"wine": 1}

    ModelStore(store.folder).remove("wine")

    for service in (monitoring, other):
        assert await service.requests(Span.HOUR) == {}
        with pytest.raises(NotFound):
            await service.traffic(Span.HOUR, "wine")
        await service.recorder.close()


async def test_damaged_lines_of_other_processes_count_nothing(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, wine: Fitted
):
    wine.add_to(store)
    await answer(prediction, rows_of(wine), "wine", 1)
    assert await monitoring.requests(Span.HOUR) == {"wine": 1}
    folder = store.folder / "traffic"
    folder.mkdir(exist_ok=True)
    key = monitoring.recorder.counter.models.keys["wine"]
    (folder / "7.counts").write_text(f"{key} hour [[1,x]]\n{key}/1 profile {{1}}\n{key}/1 hour [[3,1]]\nrubbish\n")

    total = (await monitoring.traffic(Span.HOUR, "wine", 1)).total

    assert (total.requests, total.predictions, (await monitoring.drift("wine", 1)).rows) == (1, 1, 1)


@pytest.mark.parametrize("error", [asyncio.CancelledError, ConnectionResetError])
async def test_cancelled_requests_and_disconnects_are_not_counted(
    monitoring: MonitoringService, error: type[BaseException]
):
    with pytest.raises(error), monitoring.recorder.rejections(disconnect=ConnectionResetError):
        raise error

    assert (await monitoring.traffic(Span.HOUR)).total.requests == 0
