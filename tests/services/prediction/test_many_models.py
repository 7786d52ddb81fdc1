"""Several models in one process: first use, changes by other processes, deletion, broken versions."""

import asyncio
import shutil
import threading
from pathlib import Path

import pytest

from mlapp.errors import Conflict, NotFound, Unavailable
from mlapp.services.models.service import ModelService
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.conftest import eventually
from tests.services.misbehaving import model_file

BROKEN = model_file("raise RuntimeError('a bug')")


async def answering(prediction: PredictionService, model: str | None = None) -> tuple[str, int]:
    return (await prediction.fitted(model)).key


async def test_models_answer_side_by_side(
    store: ModelStore, prediction: PredictionService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.activate_in(store)
    diabetes.activate_in(store)
    await prediction.start()

    assert await answering(prediction) == ("wine", 1)
    assert prediction.active("diabetes") is None
    rows = [{feature.name: feature.example for feature in diabetes.record.features}]
    first, second = [await prediction.trials.answer(rows, "diabetes", version) for version in (1, None)]
    assert (first.model, first.version, second.version, prediction.default) == ("diabetes", 1, 2, "wine")


@pytest.mark.parametrize("version", [None, 1])
async def test_unknown_model_is_not_found_and_takes_no_memory(prediction: PredictionService, version: int | None):
    for name in ("nothing", "../wine", "Wine"):
        with pytest.raises(NotFound, match="There is no model"):
            await prediction.fitted(name, version)

    assert not prediction._active._models


async def test_model_without_an_active_version_says_so(store: ModelStore, prediction: PredictionService, wine: Fitted):
    wine.add_to(store)
    await prediction.start()

    with pytest.raises(NotFound, match="Model 'wine' has no active version; activate one: POST /models/wine/versions"):
        await prediction.fitted("wine")
    with pytest.raises(Unavailable, match="There is no model yet"):
        await prediction.fitted()


async def test_default_model_whose_active_version_is_gone_is_unavailable(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.activate_in(store)
    shutil.rmtree(store.folder / "models/wine/versions/1")
    await prediction.start()

    with pytest.raises(Unavailable, match="Model 'wine' has no active version; activate one"):
        await prediction.fitted()


async def test_evicted_model_that_another_process_deleted_is_not_found(
    store: ModelStore, recorder: TrafficRecorder, wine: Fitted
):
    prediction = PredictionService(store, recorder, loaded_bytes=1)
    for model in ("default", "a", "b"):
        wine.activate_in(store, model)
    await prediction.fitted("a")
    await prediction.fitted("b")

    ModelStore(store.folder).remove("a")

    with pytest.raises(NotFound):
        await prediction.fitted("a")
    await prediction.close()


async def test_change_of_the_default_model_by_another_process_is_followed(
    store: ModelStore, prediction: PredictionService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.activate_in(store)
    await prediction.start()
    assert await answering(prediction) == ("wine", 1)

    ModelStore(store.folder).set_default("diabetes")

    await eventually(lambda: prediction.active() and prediction.default == "diabetes")
    assert await answering(prediction) == ("diabetes", 1)
    assert prediction.message == "Version 1 of diabetes answers."


async def test_new_default_model_is_loaded_at_once(
    store: ModelStore, models: ModelService, prediction: PredictionService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.activate_in(store)
    store.set_default("diabetes")

    await prediction.refresh("diabetes")

    assert prediction.active() == prediction.active("diabetes")
    assert prediction._cache.pinned == ("diabetes", 1)


async def test_activation_by_another_process_is_followed_for_every_loaded_model(
    store: ModelStore, prediction: PredictionService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.activate_in(store)
    await prediction.start()
    await prediction.fitted("diabetes")
    other = ModelStore(store.folder)

    diabetes.activate_in(other)

    await eventually(lambda: prediction.active("diabetes").version == 2)  # type: ignore[union-attr]
    assert await answering(prediction) == ("wine", 1)


async def test_activation_of_a_model_that_was_not_asked_loads_nothing(
    store: ModelStore, models: ModelService, prediction: PredictionService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.activate_in(store)
    await prediction.refresh("wine")

    await prediction.refresh("diabetes")

    assert prediction.active("diabetes") is None


async def test_model_that_another_process_deleted_is_not_found_within_a_second(
    store: ModelStore, prediction: PredictionService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.activate_in(store)
    await prediction.start()
    await prediction.fitted("diabetes")

    ModelStore(store.folder).remove("diabetes")

    await eventually(lambda: prediction.active("diabetes") is None)
    with pytest.raises(NotFound):
        await prediction.fitted("diabetes")
    assert [key.model for key in prediction._cache._loaded] == ["wine"]


async def test_deleted_model_stops_answering_at_once_and_its_name_can_be_used_again(
    models: ModelService, store: ModelStore, prediction: PredictionService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.activate_in(store, "other")
    await prediction.fitted("other")

    await models.delete("other")

    with pytest.raises(NotFound):
        await prediction.fitted("other")
    wine.activate_in(store, "other")
    assert await answering(prediction, "other") == ("other", 2)


async def test_deletion_of_the_last_model_leaves_none(
    models: ModelService, store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.activate_in(store)
    await prediction.refresh("wine")

    await models.delete("wine")

    assert (prediction.default, prediction.active()) == (None, None)
    assert prediction.message == "There is no model yet; train one: POST /train."


async def test_version_that_cannot_be_loaded_affects_its_model_only(
    store: ModelStore, prediction: PredictionService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.but(BROKEN).activate_in(store)
    await prediction.start()

    for _ in range(2):
        with pytest.raises(Unavailable, match="Version 1 of diabetes cannot be loaded: RuntimeError: a bug"):
            await prediction.fitted("diabetes")
    assert await answering(prediction) == ("wine", 1)
    assert (prediction.problem(), prediction.wanted) == (None, 1)
    assert "a bug" in (prediction.problem("diabetes") or "")


async def test_version_before_a_broken_one_answers_even_after_its_eviction(
    store: ModelStore, recorder: TrafficRecorder, wine: Fitted
):
    prediction = PredictionService(store, recorder, loaded_bytes=1)
    for model in ("default", "a", "b"):
        wine.activate_in(store, model)
    await prediction.fitted("a")
    wine.but(BROKEN).activate_in(store, "a")
    await prediction.refresh("a")

    await prediction.fitted("b")

    assert prediction.active("a") is None
    assert await answering(prediction, "a") == ("a", 1)
    with pytest.raises(Conflict):
        await prediction.fitted("a", 2)
    await prediction.close()


async def test_evicted_model_answers_with_the_version_that_was_activated_since(
    store: ModelStore, recorder: TrafficRecorder, wine: Fitted
):
    prediction = PredictionService(store, recorder, loaded_bytes=1)
    for model in ("default", "a", "b"):
        wine.activate_in(store, model)
    await prediction.start()
    await prediction.fitted("a")
    await prediction.fitted("b")
    await eventually(lambda: "a" not in prediction._active._models)

    wine.activate_in(ModelStore(store.folder), "a")

    assert await answering(prediction, "a") == ("a", 2)
    await prediction.close()


async def test_requests_wait_for_a_load_of_their_model_only(
    store: ModelStore, prediction: PredictionService, wine: Fitted, diabetes: Fitted, monkeypatch: pytest.MonkeyPatch
):
    wine.activate_in(store)
    diabetes.activate_in(store)
    await prediction.fitted("wine")
    read, go = store.file, threading.Event()
    monkeypatch.setattr(store, "file", lambda model, version: go.wait() and read(model, version))
    loading = asyncio.create_task(prediction.fitted("diabetes"))
    await asyncio.sleep(0)

    assert await answering(prediction, "wine") == ("wine", 1)

    assert not loading.done()
    go.set()
    assert (await loading).info.model == "diabetes"


class SlowStore(ModelStore):
    """Reports the default model late, once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.has_read, self.may_report = threading.Event(), threading.Event()

    def default(self) -> str | None:
        found = super().default()
        if not self.has_read.is_set():
            self.has_read.set()
            self.may_report.wait(5)
        return found


async def test_default_model_of_an_earlier_poll_does_not_replace_a_later_one(
    store: ModelStore, recorder: TrafficRecorder, wine: Fitted
):
    for model in ("a", "b"):
        wine.activate_in(store, model)
    slow = SlowStore(store.folder)
    prediction = PredictionService(slow, recorder)
    polling = asyncio.create_task(prediction.refresh("a"))
    await asyncio.to_thread(slow.has_read.wait, 5)

    store.set_default("b")
    refreshing = asyncio.create_task(prediction.refresh("b"))
    await asyncio.wait({refreshing}, timeout=0.5)
    slow.may_report.set()
    await asyncio.gather(polling, refreshing)

    assert prediction.default == "b"


@pytest.mark.parametrize(("default", "other"), [("a", "b"), ("b", "a")])
async def test_model_that_is_deleted_during_a_refresh_is_skipped(
    store: ModelStore, prediction: PredictionService, wine: Fitted, default: str, other: str
):
    for model in (default, other):
        wine.activate_in(store, model)
        await prediction.fitted(model)
    lock = prediction._active._models[default].lock
    async with lock:
        refreshing = asyncio.create_task(prediction.refresh(other))
        # Until it waits for the lock.
        await eventually(lambda: lock._waiters)
        store.remove(other)
        await prediction._active._read()

    await refreshing
    assert await answering(prediction) == (default, 1)
