"""Predictions while the store cannot be read."""

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest

from mlapp.errors import Unavailable
from mlapp.schemas import VersionInfo
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction.service import PredictionService
from mlapp.services.prediction.versions.active_versions import POLL_S
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.conftest import eventually
from tests.services.disk import no_more_files


def version_of(prediction: PredictionService) -> int | None:
    active = prediction.active()
    return active.version if active else None


def row_of(model: VersionInfo) -> list[dict[str, Any]]:
    return [{f.name: f.example for f in model.features}]


@pytest.mark.slow
async def test_store_is_followed_again_after_it_was_unreadable(
    store: ModelStore, prediction: PredictionService, wine: Fitted, caplog: pytest.LogCaptureFixture
):
    wine.activate_in(store)
    second = wine.add_to(store)
    await prediction.start()
    model = (await prediction.fitted()).info
    assert (await prediction.trials.answer(row_of(model), "wine")).version == 1
    other = ModelStore(store.folder)

    with no_more_files():
        await eventually(lambda: "Activations cannot be followed: The store cannot be read (Too many" in caplog.text)
        await asyncio.sleep(3 * POLL_S)  # Further polls, which are not logged.
        assert (await prediction.trials.answer(row_of(model), "wine")).version == 1
    other.activate("wine", second)

    await eventually(lambda: version_of(prediction) == 2)


@pytest.mark.slow
async def test_store_is_followed_after_a_bug_which_is_logged_once(
    store: ModelStore,
    prediction: PredictionService,
    wine: Fitted,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    wine.activate_in(store)
    await prediction.start()
    assert (await prediction.fitted()).info.version == 1

    def fail(_: str) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(store, "active", fail)
        await eventually(lambda: "can't start new thread" in caplog.text)
        await asyncio.sleep(3 * POLL_S)  # Further polls, which are not logged.
    wine.activate_in(ModelStore(store.folder))

    await eventually(lambda: version_of(prediction) == 2)
    (record,) = [record for record in caplog.records if "can't start" in record.message]
    assert "Traceback" in record.trace  # type: ignore[attr-defined]


async def test_threads_that_start_without_free_file_descriptors_predict(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.add_to(store)
    model = (await prediction.fitted("wine", 1)).info

    with no_more_files():
        assert await prediction._limits.small.run(lambda: "started") == "started"

    assert (await prediction.trials.answer(row_of(model), "wine", 1)).version == 1


class UnreadableFile(ModelStore):
    """A store whose newest model file cannot be read."""

    def file(self, model: str, version: int) -> bytes:
        with no_more_files() if version == 2 else nullcontext():
            return super().file(model, version)


async def test_model_whose_file_is_unreadable_at_activation_is_loaded_later(
    store: ModelStore, recorder: TrafficRecorder, wine: Fitted
):
    prediction = PredictionService(UnreadableFile(store.folder), recorder)
    wine.activate_in(store)
    await prediction.refresh("wine")
    wine.activate_in(store)

    with pytest.raises(Unavailable, match="The store cannot be read"):
        await prediction.refresh("wine")

    assert (await prediction.fitted()).info.version == 1
    prediction._active.store = prediction._cache.store = store
    await prediction.refresh("wine")
    assert (await prediction.fitted()).info.version == 2
    await prediction.close()


async def test_request_is_rejected_while_the_store_is_unreadable(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.activate_in(store)
    with no_more_files():
        await prediction.start()
        with pytest.raises(Unavailable, match="The store cannot be read now, see the log; try again in a moment."):
            await prediction.fitted()

    await eventually(prediction.active)
    assert (await prediction.fitted()).info.version == 1
