"""PredictionService on a temporary store."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import polars as pl
import pytest

from mlapp import ml
from mlapp.errors import Conflict, NotFound, Unacceptable, Unavailable
from mlapp.schemas import Format, Model
from mlapp.services.models.service import ModelService
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction.active_version import POLL_S
from mlapp.services.prediction.service import Body, PredictionService
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.conftest import eventually
from tests.services.disk import no_more_files
from tests.services.misbehaving import model_file


def row_of(model: Model) -> list[dict[str, Any]]:
    return [{f.name: f.example for f in model.features}]


def rows_of(model: Model, rows: int, kind: Format) -> Body:
    frame = pl.DataFrame(row_of(model) * rows)
    return Body((frame.write_csv() if kind is Format.CSV else frame.write_ndjson()).encode(), kind)


async def joined(chunks: AsyncIterator[bytes]) -> tuple[int, bytes]:
    found = [chunk async for chunk in chunks]
    return len(found), b"".join(found)


async def test_request_waits_for_the_model_that_is_loading(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    store.activate(wine.add_to(store))
    assert prediction.message == "The model is still loading; try again in a few seconds."
    waiting = asyncio.create_task(prediction.fitted())

    await prediction.start()

    assert (await waiting).model.version == 1
    assert prediction.message == "Model 1 answers."


async def test_request_is_rejected_when_loading_takes_too_long(
    store: ModelStore, prediction: PredictionService, wine: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mlapp.services.prediction.active_version.LOADING_S", 0.01)
    store.activate(wine.add_to(store))

    with pytest.raises(Unavailable, match="The model is still loading; try again in a few seconds."):
        await prediction.fitted()


async def test_request_waits_for_the_first_model_of_another_process(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    await prediction.start()
    with pytest.raises(Unavailable, match="There is no model yet"):
        await prediction.fitted()

    store.activate(wine.add_to(store))
    await eventually(lambda: "loading" in prediction.message or prediction.active is not None)

    assert (await prediction.fitted()).model.version == 1


async def test_request_without_a_model_is_rejected(prediction: PredictionService):
    await prediction.start()

    with pytest.raises(Unavailable, match="There is no model yet; train one: POST /train."):
        await prediction.fitted()
    assert prediction.active is None


@pytest.mark.parametrize("library", ["scikit-learn", "python"])
async def test_model_of_other_libraries_is_unavailable(
    store: ModelStore, models: ModelService, prediction: PredictionService, wine: Fitted, library: str
):
    old = wine.but(library_versions=wine.record.library_versions | {library: "0.24.2"})
    store.activate(old.add_to(store))
    await prediction.refresh()

    with pytest.raises(Unavailable, match=f"Model 1 cannot be loaded. It was trained with {library} 0.24.2"):
        await prediction.fitted()
    with pytest.raises(Conflict, match="train it again"):
        await prediction.fitted(1)
    (listed,) = (await models.list()).models
    assert (listed.active, listed.usable) == (True, False)


@pytest.mark.parametrize("file", [b"cmlapp.nowhere\nmodel\n.", b"cmlapp.store\nnothing\n."])
async def test_model_with_missing_code_is_unavailable(
    store: ModelStore, prediction: PredictionService, wine: Fitted, file: bytes
):
    store.activate(wine.but(file).add_to(store))
    await prediction.refresh()

    with pytest.raises(Unavailable, match="trained with code that is not here"):
        await prediction.fitted()


async def test_damaged_active_model_is_unavailable_but_others_predict(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.add_to(store)
    store.activate(wine.add_to(store))
    (store.folder / "versions/2/model.joblib").write_bytes(wine.file[:-1])
    await prediction.refresh()

    with pytest.raises(Unavailable, match="The file of model 2 is damaged"):
        await prediction.fitted()
    assert (await prediction.fitted(1)).model.version == 1


RAISING = [
    ("raise RuntimeError('a screw is loose')", "RuntimeError: a screw is loose"),
    ("raise OSError('libgomp.so.1: cannot open shared object file')", "OSError: libgomp.so.1: cannot open"),
    ("raise type('Own', (Exception,), {})('of a library')", "Own: of a library"),
    ("raise MemoryError", "MemoryError"),
    ("raise RecursionError", "RecursionError"),
    ("raise SystemExit(3)", "SystemExit: 3"),
    ("no_estimator = True", "AttributeError: 'NoneType' object has no attribute 'predict_proba'"),
]
"""What a model file does when it is loaded, and what is said of it."""


@pytest.fixture
def watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it look at the store all the time."""
    monkeypatch.setattr("mlapp.services.prediction.active_version.POLL_S", 0.01)
    monkeypatch.setattr("mlapp.services.prediction.active_version.RETRY_S", 0.05)


@pytest.mark.usefixtures("watchful")
@pytest.mark.parametrize(("code", "reason"), RAISING)
async def test_any_error_of_loading_is_reported_and_the_next_activation_is_followed(
    store: ModelStore, prediction: PredictionService, wine: Fitted, code: str, reason: str
):
    store.activate(wine.but(model_file(code)).add_to(store))
    await prediction.start()

    with pytest.raises(Unavailable, match=f"Model 1 cannot be loaded: {reason}"):
        await asyncio.wait_for(prediction.fitted(), 10)
    with pytest.raises(Conflict, match=f"Model 1 cannot be loaded: {reason}"):
        await prediction.fitted(1)

    store.activate(wine.add_to(store))
    await eventually(lambda: prediction.active, timeout_s=5)
    assert (prediction.message, prediction.problem) == ("Model 2 answers.", None)


@pytest.mark.usefixtures("watchful")
async def test_import_error_of_libraries_is_reported_and_loading_is_retried(
    store: ModelStore, prediction: PredictionService, wine: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delitem(vars(ml), "load_model", raising=False)
    monkeypatch.setitem(sys.modules, "mlapp.ml.inference.fitted_model", None)
    store.activate(wine.add_to(store))
    await prediction.start()

    with pytest.raises(
        Unavailable, match="Model 1 cannot be loaded: ModuleNotFoundError: import of mlapp.ml.inference.fitted_model"
    ):
        await asyncio.wait_for(prediction.fitted(), 10)

    monkeypatch.delitem(sys.modules, "mlapp.ml.inference.fitted_model")
    await eventually(lambda: prediction.active, timeout_s=5)


async def test_version_that_cannot_be_loaded_is_logged_once_with_its_trace(
    store: ModelStore, prediction: PredictionService, wine: Fitted, caplog: pytest.LogCaptureFixture
):
    wine.but(model_file("raise RuntimeError('a screw is loose')")).add_to(store)

    for _ in range(3):
        with pytest.raises(Conflict) as refused:
            await prediction.fitted(1)

    (record,) = caplog.records
    assert record.message == refused.value.detail
    assert record.message.endswith("a screw is loose; see the log, then activate another model or train again.")
    assert "RuntimeError: a screw is loose" in record.trace  # type: ignore[attr-defined]


@pytest.mark.usefixtures("watchful")
async def test_loaded_model_keeps_predicting_when_a_broken_one_is_activated(
    store: ModelStore, prediction: PredictionService, wine: Fitted, caplog: pytest.LogCaptureFixture
):
    store.activate(wine.add_to(store))
    await prediction.start()
    model = (await prediction.fitted()).model
    other = ModelStore(store.folder)

    other.activate(wine.but(model_file("raise RuntimeError('a screw is loose')")).add_to(other))
    await eventually(lambda: prediction.problem, timeout_s=5)
    await eventually(
        lambda: prediction._active._backoff_s > 0.05, timeout_s=5
    )  # A further try, which says no more of it.

    assert (await prediction.answer(row_of(model))).version == 1
    assert prediction.message.startswith("Model 1 answers in place of the active one. Model 2 cannot be loaded: Runt")
    with pytest.raises(Conflict, match="Model 2 cannot be loaded"):
        await prediction.fitted(2)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.message.startswith("The active model cannot answer: Model 2 cannot be loaded: RuntimeError: a screw")
    assert "RuntimeError: a screw is loose" in record.trace  # type: ignore[attr-defined]
    assert (record.wanted_version, record.answering_version) == (2, 1)  # type: ignore[attr-defined]

    other.activate(wine.add_to(other))
    await eventually(lambda: prediction.active and prediction.active.version == 3, timeout_s=5)
    assert prediction.problem is None


@pytest.mark.usefixtures("watchful")
async def test_loading_the_active_model_is_retried_with_backoff(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    store.activate(wine.add_to(store))
    file = store.folder / "versions/1/model.joblib"
    file.rename(file.with_suffix(".aside"))
    await prediction.start()
    await eventually(lambda: prediction._active._backoff_s > 0.1, timeout_s=5)
    assert prediction.message == "The file of model 1 is missing; delete the version or train again."

    file.with_suffix(".aside").rename(file)

    await eventually(lambda: prediction.active, timeout_s=5)
    assert prediction.message == "Model 1 answers."


async def test_activation_by_another_process_is_followed(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    store.activate(wine.add_to(store))
    await prediction.start()
    await prediction.fitted()
    other = ModelStore(store.folder)

    other.activate(wine.add_to(other))

    await eventually(lambda: prediction.active and prediction.active.version == 2, timeout_s=1.5)


@pytest.mark.slow
async def test_store_is_followed_again_after_it_was_unreadable(
    store: ModelStore, prediction: PredictionService, wine: Fitted, caplog: pytest.LogCaptureFixture
):
    store.activate(wine.add_to(store))
    second = wine.add_to(store)
    await prediction.start()
    model = (await prediction.fitted()).model
    assert (await prediction.answer(row_of(model))).version == 1
    other = ModelStore(store.folder)

    with no_more_files():
        await eventually(lambda: "Activations cannot be followed: The store cannot be read (Too many" in caplog.text)
        await asyncio.sleep(3 * POLL_S)  # Further looks, which say no more of it.
        assert (await prediction.answer(row_of(model))).version == 1
    other.activate(second)

    await eventually(lambda: prediction.active and prediction.active.version == 2, timeout_s=1.5)


@pytest.mark.slow
async def test_store_is_followed_after_a_bug_which_is_logged_once(
    store: ModelStore,
    prediction: PredictionService,
    wine: Fitted,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    store.activate(wine.add_to(store))
    await prediction.start()
    assert (await prediction.fitted()).model.version == 1

    def fail() -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(store, "active", fail)
        await eventually(lambda: "can't start new thread" in caplog.text)
        await asyncio.sleep(3 * POLL_S)  # Further looks, which say no more of it.
    ModelStore(store.folder).activate(wine.add_to(store))

    await eventually(lambda: prediction.active and prediction.active.version == 2)
    (record,) = [record for record in caplog.records if "can't start" in record.message]
    assert "Traceback" in record.trace  # type: ignore[attr-defined]


async def test_threads_that_start_without_free_file_descriptors_predict(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.add_to(store)
    model = (await prediction.fitted(1)).model

    with no_more_files():
        assert await prediction._small.run(lambda: "begun") == "begun"

    assert (await prediction.answer(row_of(model), 1)).version == 1


class Worn(ModelStore):
    """A store whose newest model file cannot be read."""

    def file(self, version: int) -> bytes:
        with no_more_files() if version == 2 else nullcontext():
            return super().file(version)


async def test_model_whose_file_is_unreadable_at_activation_is_loaded_later(
    store: ModelStore, recorder: TrafficRecorder, wine: Fitted
):
    prediction = PredictionService(Worn(store.folder), recorder)
    store.activate(wine.add_to(store))
    await prediction.refresh()
    store.activate(wine.add_to(store))

    with pytest.raises(Unavailable, match="The store cannot be read"):
        await prediction.refresh()

    assert (await prediction.fitted()).model.version == 1
    prediction._active.store = prediction._cache.store = store
    await prediction.refresh()
    assert (await prediction.fitted()).model.version == 2
    await prediction.close()


async def test_request_is_rejected_while_the_store_is_unreadable(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    store.activate(wine.add_to(store))
    with no_more_files():
        await prediction.start()
        with pytest.raises(Unavailable, match="The store cannot be read now, see the log; try again in a moment."):
            await prediction.fitted()

    await eventually(lambda: prediction.active)
    assert (await prediction.fitted()).model.version == 1


async def test_version_that_another_process_deleted_is_not_found(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.add_to(store)
    assert (await prediction.fitted(1)).model.version == 1

    ModelStore(store.folder).delete(1)

    with pytest.raises(NotFound):
        await prediction.fitted(1)


async def test_most_recently_used_versions_stay_in_memory(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    versions = [wine.add_to(store) for _ in range(6)]

    for version in [*versions[:4], 1, *versions[4:]]:
        await prediction.fitted(version)

    assert list(prediction._cache._loaded) == [4, 1, 5, 6]
    assert await prediction.fitted(6) is await prediction.fitted(6)


async def test_response_of_a_version_equals_that_of_the_active_model(
    store: ModelStore, prediction: PredictionService, diabetes: Fitted
):
    store.activate(diabetes.add_to(store))
    await prediction.refresh()
    model = (await prediction.fitted()).model

    answer = await prediction.answer(row_of(model))

    assert answer == await prediction.answer(row_of(model), version=1)
    assert answer.version == 1
    assert answer.warnings_total is None


@pytest.mark.parametrize("kind", [Format.CSV, Format.NDJSON])
async def test_rows_in_chunks_are_predicted_as_single_rows(
    store: ModelStore, prediction: PredictionService, diabetes: Fitted, kind: Format
):
    store.activate(diabetes.add_to(store))
    await prediction.refresh()
    model = (await prediction.fitted()).model
    (alone,) = (await prediction.answer(row_of(model))).predictions

    predicted = await prediction.predict(rows_of(model, 25_000, kind), kind)

    count, data = await joined(predicted.chunks)
    frame = pl.read_csv(data) if kind is Format.CSV else pl.read_ndjson(data)
    assert (count, frame.height, predicted.warnings_total) == (3, 25_000, 0)
    assert frame["prediction"].unique().to_list() == [alone]
    assert frame.columns == [*(f.name for f in model.features), "prediction", "lower", "upper"]


async def test_options_in_the_body_are_rejected(store: ModelStore, prediction: PredictionService, wine: Fitted):
    store.activate(wine.add_to(store))
    await prediction.refresh()

    with pytest.raises(Unacceptable, match="no option 'version'; the version goes into the query string"):
        await prediction.predict(Body(b'{"records": [{}], "version": 1}', Format.JSON), Format.JSON)


async def test_column_with_the_name_of_a_prediction_column_is_rejected(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    store.activate(wine.add_to(store))
    await prediction.refresh()
    names = [feature.name for feature in wine.record.features] + ["prediction"]
    csv = pl.DataFrame({name: [1] for name in names}).write_csv().encode()

    with pytest.raises(Unacceptable, match="The table has a column 'prediction'"):
        await prediction.predict(Body(csv, Format.CSV), Format.CSV)


async def test_preview_has_the_first_rows_of_the_response(
    store: ModelStore, prediction: PredictionService, diabetes: Fitted
):
    store.activate(diabetes.add_to(store))
    await prediction.refresh()
    model = (await prediction.fitted()).model
    body = rows_of(model, 12, Format.CSV)
    body = Body(body.data.rsplit(b"\n", 2)[0] + b"\n" + b",".join([b"9999"] * 10), Format.CSV)

    preview = await prediction.preview(body, rows=3)

    _, data = await joined((await prediction.predict(body, Format.CSV)).chunks)
    names, *lines = [line.split(",") for line in data.decode().splitlines()]
    assert (preview.names, preview.total, preview.warnings_total) == (names, 12, 10)
    assert {(warned.row, warned.code) for warned in preview.warnings} == {(11, "out_of_range")}
    assert [row[:10] for row in preview.rows] == [line[:10] for line in lines[:3]]
    assert [float(row[10] or "nan") for row in preview.rows] == [float(line[10]) for line in lines[:3]]


async def test_preview_rejects_what_predict_rejects(store: ModelStore, prediction: PredictionService, wine: Fitted):
    wine.add_to(store)
    names = [feature.name for feature in wine.record.features]
    bad_last_row = pl.DataFrame({name: ["1"] * 20 + ["no number"] for name in names}).write_csv().encode()
    taken = pl.DataFrame({name: [1] for name in [*names, "prediction"]}).write_csv().encode()

    with pytest.raises(Unacceptable, match="Row 20, feature 'alcohol': 'no number' is not a number"):
        await prediction.preview(Body(bad_last_row, Format.CSV), version=1)
    with pytest.raises(Unacceptable, match="The table has a column 'prediction'"):
        await prediction.preview(Body(taken, Format.CSV), version=1)


async def test_what_if_converts_records_as_predict_does(store: ModelStore, prediction: PredictionService, wine: Fitted):
    wine.add_to(store)
    record = {feature.name: feature.example for feature in wine.record.features}

    found = await prediction.what_if(record, "alcohol", version=1)

    assert record["alcohol"] in found.values
    assert found.probabilities
    place = found.values.index(record["alcohol"] or 0)
    assert found.predictions[place] == (await prediction.answer(row_of(describe(store, 1)), 1)).predictions[0]
    with pytest.raises(Unacceptable, match="'strong' is not a number"):
        await prediction.what_if(record | {"ash": "strong"}, "alcohol", version=1)
