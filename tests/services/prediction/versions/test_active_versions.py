"""The active version of a model: loading, activations by other processes, failures and retries."""

import asyncio
import sys
from typing import Any

import pytest

from mlapp import ml
from mlapp.errors import Conflict, NotFound, Unavailable
from mlapp.schemas import VersionInfo
from mlapp.services.models.service import ModelService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.conftest import eventually
from tests.services.misbehaving import model_file


def backoff_s(prediction: PredictionService) -> float:
    state = prediction._active._models.get("wine")
    return state.backoff_s if state else 0.0


def version_of(prediction: PredictionService) -> int | None:
    active = prediction.active()
    return active.version if active else None


def row_of(info: VersionInfo) -> list[dict[str, Any]]:
    return [{f.name: f.example for f in info.features}]


async def test_request_waits_for_the_model_that_is_loading(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.activate_in(store)
    assert prediction.message == "The model is still loading; try again in a few seconds."
    waiting = asyncio.create_task(prediction.fitted())

    await prediction.start()

    assert (await waiting).info.version == 1
    assert prediction.message == "Version 1 of wine answers."


async def test_request_is_rejected_when_loading_takes_too_long(
    store: ModelStore, prediction: PredictionService, wine: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mlapp.services.prediction.versions.active_versions.LOADING_S", 0.01)
    wine.activate_in(store)

    with pytest.raises(Unavailable, match="The model is still loading; try again in a few seconds."):
        await prediction.fitted()


async def test_request_waits_for_the_first_model_of_another_process(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    await prediction.start()
    with pytest.raises(Unavailable, match="There is no model yet"):
        await prediction.fitted()

    wine.activate_in(store)
    await eventually(lambda: "loading" in prediction.message or prediction.active() is not None)

    assert (await prediction.fitted()).info.version == 1


async def test_request_without_a_model_is_rejected(prediction: PredictionService):
    await prediction.start()

    with pytest.raises(Unavailable, match="There is no model yet; train one: POST /train."):
        await prediction.fitted()
    assert prediction.active() is None


@pytest.mark.parametrize("library", ["scikit-learn", "python"])
async def test_model_of_other_libraries_is_unavailable(
    store: ModelStore, models: ModelService, prediction: PredictionService, wine: Fitted, library: str
):
    old = wine.but(library_versions=wine.record.library_versions | {library: "0.24.2"})
    old.activate_in(store)
    await prediction.refresh("wine")

    with pytest.raises(Unavailable, match=f"Version 1 of wine cannot be loaded. It was trained with {library} 0.24.2"):
        await prediction.fitted()
    with pytest.raises(Conflict, match="train it again"):
        await prediction.fitted("wine", 1)
    (listed,) = (await models.versions("wine")).versions
    assert (listed.active, listed.usable) == (True, False)


@pytest.mark.parametrize("file", [b"cmlapp.nowhere\nmodel\n.", b"cmlapp.store\nnothing\n."])
async def test_model_with_missing_code_is_unavailable(
    store: ModelStore, prediction: PredictionService, wine: Fitted, file: bytes
):
    wine.but(file).activate_in(store)
    await prediction.refresh("wine")

    with pytest.raises(Unavailable, match="trained with code that is not here"):
        await prediction.fitted()


async def test_damaged_active_model_is_unavailable_but_others_predict(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.add_to(store)
    wine.activate_in(store)
    (store.folder / "models/wine/versions/2/model.joblib").write_bytes(wine.file[:-1])
    await prediction.refresh("wine")

    with pytest.raises(Unavailable, match="The file of version 2 of model wine is damaged"):
        await prediction.fitted()
    assert (await prediction.fitted("wine", 1)).info.version == 1


RAISING = [
    ("raise RuntimeError('a bug')", "RuntimeError: a bug"),
    ("raise OSError('libgomp.so.1: cannot open shared object file')", "OSError: libgomp.so.1: cannot open"),
    ("raise type('Own', (Exception,), {})('of a library')", "Own: of a library"),
    ("raise MemoryError", "MemoryError"),
    ("raise RecursionError", "RecursionError"),
    ("raise SystemExit(3)", "SystemExit: 3"),
    ("no_estimator = True", "AttributeError: 'NoneType' object has no attribute 'texts'"),
]
"""Code that unpickling a model file runs → its error."""


@pytest.fixture
def fast_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll the store and retry all the time."""
    monkeypatch.setattr("mlapp.services.prediction.versions.active_versions.POLL_S", 0.01)
    monkeypatch.setattr("mlapp.services.prediction.versions.model_state.RETRY_S", 0.05)


@pytest.mark.usefixtures("fast_polling")
@pytest.mark.parametrize(("code", "reason"), RAISING)
async def test_any_error_of_loading_is_reported_and_the_next_activation_is_followed(
    store: ModelStore, prediction: PredictionService, wine: Fitted, code: str, reason: str
):
    wine.but(model_file(code)).activate_in(store)
    await prediction.start()

    with pytest.raises(Unavailable, match=f"Version 1 of wine cannot be loaded: {reason}"):
        await prediction.fitted()
    with pytest.raises(Conflict, match=f"Version 1 of wine cannot be loaded: {reason}"):
        await prediction.fitted("wine", 1)

    wine.activate_in(store)
    await eventually(prediction.active)
    assert (prediction.message, prediction.problem()) == ("Version 2 of wine answers.", None)


@pytest.mark.usefixtures("fast_polling")
async def test_import_error_of_libraries_is_reported_and_loading_is_retried(
    store: ModelStore, prediction: PredictionService, wine: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delitem(vars(ml), "load_version", raising=False)
    monkeypatch.setitem(sys.modules, "mlapp.ml.inference.fitted_version", None)
    wine.activate_in(store)
    await prediction.start()

    with pytest.raises(
        Unavailable,
        match="Version 1 of wine cannot be loaded: ModuleNotFoundError: import of mlapp.ml.inference.fitted_version",
    ):
        await prediction.fitted()

    monkeypatch.delitem(sys.modules, "mlapp.ml.inference.fitted_version")
    await eventually(prediction.active)


@pytest.mark.usefixtures("fast_polling")
async def test_loaded_model_keeps_predicting_when_a_broken_one_is_activated(
    store: ModelStore, prediction: PredictionService, wine: Fitted, caplog: pytest.LogCaptureFixture
):
    wine.activate_in(store)
    await prediction.start()
    model = (await prediction.fitted()).info
    other = ModelStore(store.folder)

    wine.but(model_file("raise RuntimeError('a bug')")).activate_in(other)
    await eventually(prediction.problem)
    await eventually(lambda: backoff_s(prediction) > 0.05)  # Another attempt, which is not logged.

    assert (await prediction.trials.answer(row_of(model), "wine")).version == 1
    assert prediction.message.startswith(
        "Version 1 of wine answers in place of the active one. Version 2 of wine cannot be loaded: Runt"
    )
    with pytest.raises(Conflict, match="Version 2 of wine cannot be loaded"):
        await prediction.fitted("wine", 2)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.message.startswith(
        "The active version of wine cannot answer: Version 2 of wine cannot be loaded: RuntimeError: a bug"
    )
    assert "RuntimeError: a bug" in record.trace  # type: ignore[attr-defined]
    assert (record.wanted_version, record.answering_version) == (2, 1)  # type: ignore[attr-defined]

    wine.activate_in(other)
    await eventually(lambda: version_of(prediction) == 3)
    assert prediction.problem() is None


async def test_model_that_is_deleted_while_its_version_loads_is_no_error(
    store: ModelStore,
    prediction: PredictionService,
    wine: Fitted,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    wine.activate_in(store)
    read = store.active

    def read_before_a_deletion(model: str) -> int | None:
        number = read(model)
        store.remove(model)
        return number

    monkeypatch.setattr(store, "active", read_before_a_deletion)

    with pytest.raises(NotFound):
        await prediction.fitted("wine")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.usefixtures("fast_polling")
async def test_loading_the_active_model_is_retried_with_backoff(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.activate_in(store)
    file = store.folder / "models/wine/versions/1/model.joblib"
    file.rename(file.with_suffix(".aside"))
    await prediction.start()
    await eventually(lambda: backoff_s(prediction) > 0.1)
    assert prediction.message == "The file of version 1 of model wine is missing; delete the version or train again."

    file.with_suffix(".aside").rename(file)

    await eventually(prediction.active)
    assert prediction.message == "Version 1 of wine answers."


async def test_activation_by_another_process_is_followed(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.activate_in(store)
    await prediction.start()
    await prediction.fitted()
    other = ModelStore(store.folder)

    wine.activate_in(other)

    await eventually(lambda: version_of(prediction) == 2)
