"""The cache of loaded versions."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest

from mlapp import ml
from mlapp.errors import Conflict, NotFound
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.misbehaving import model_file


async def test_version_that_cannot_be_loaded_is_logged_once_with_its_trace(
    store: ModelStore, prediction: PredictionService, wine: Fitted, caplog: pytest.LogCaptureFixture
):
    wine.but(model_file("raise RuntimeError('a bug')")).add_to(store)

    for _ in range(3):
        with pytest.raises(Conflict) as rejected:
            await prediction.fitted("wine", 1)

    (record,) = caplog.records
    assert record.message == rejected.value.detail
    assert record.message.endswith("a bug; see the log, then activate another version or train again.")
    assert "RuntimeError: a bug" in record.trace  # type: ignore[attr-defined]


async def test_version_that_another_process_deleted_is_not_found(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.add_to(store)
    assert (await prediction.fitted("wine", 1)).info.version == 1

    ModelStore(store.folder).delete("wine", 1)

    with pytest.raises(NotFound):
        await prediction.fitted("wine", 1)


@pytest.fixture
async def small(store: ModelStore, recorder: TrafficRecorder, wine: Fitted) -> AsyncIterator[PredictionService]:
    """A service with room for three versions beside the active one of the default model."""
    service = PredictionService(store, recorder, loaded_bytes=3 * len(wine.file))
    yield service
    await service.close()


async def test_least_recently_used_versions_are_evicted_by_size(
    store: ModelStore, small: PredictionService, wine: Fitted
):
    wine.add_to(store)
    for model in ("a", "b", "c", "d"):
        wine.activate_in(store, model)

    for model in ("a", "b", "c", "a", "d"):
        await small.fitted(model)
    await small.fitted("wine", 1)

    assert [key.model for key in small._cache._loaded] == ["a", "d", "wine"]


async def test_active_version_of_the_default_model_stays_and_takes_no_room(
    store: ModelStore, small: PredictionService, wine: Fitted
):
    for model in ("default", "a", "b", "c", "d"):
        wine.activate_in(store, model)
    await small.refresh("default")

    for model in ("a", "b", "c", "d", "a"):
        assert (await small.fitted(model)).info.model == model

    assert {key.model for key in small._cache._loaded} == {"default", "a", "c", "d"}


async def test_version_larger_than_the_limit_answers(store: ModelStore, recorder: TrafficRecorder, wine: Fitted):
    prediction = PredictionService(store, recorder, loaded_bytes=1)
    for model in ("default", "a", "b"):
        wine.activate_in(store, model)

    for model in ("a", "b", "a"):
        assert (await prediction.fitted(model)).info.model == model
    assert len(prediction._cache._loaded) == 1
    await prediction.close()


async def test_concurrent_first_requests_share_one_load(
    store: ModelStore, prediction: PredictionService, wine: Fitted, monkeypatch: pytest.MonkeyPatch
):
    wine.activate_in(store)
    loads, load = count(), ml.load_version
    monkeypatch.setattr(ml, "load_version", lambda *arguments: (next(loads), load(*arguments))[1])

    fitted = await asyncio.gather(*[prediction.fitted("wine", version) for version in (None, 1) * 10])

    assert (next(loads), len(set(map(id, fitted)))) == (1, 1)


async def test_cancelled_first_request_does_not_cancel_the_load(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.add_to(store)
    gone, stays = (asyncio.create_task(prediction.fitted("wine", 1)) for _ in range(2))
    while not prediction._cache._loading:
        await asyncio.sleep(0)
    gone.cancel()

    assert (await stays).info.version == 1


@pytest.mark.parametrize(("limit_s", "is_fast"), [(60.0, True), (0.0, False)])
async def test_versions_that_predict_a_batch_in_time_are_fast(
    store: ModelStore,
    prediction: PredictionService,
    wine: Fitted,
    monkeypatch: pytest.MonkeyPatch,
    *,
    limit_s: float,
    is_fast: bool,
):
    monkeypatch.setattr("mlapp.services.prediction.versions.version_cache.FAST_BATCH_S", limit_s)

    assert (await prediction.fitted("wine", wine.add_to(store))).is_fast is is_fast
