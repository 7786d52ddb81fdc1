"""The cache of loaded versions."""

import pytest

from mlapp.errors import Conflict, NotFound
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
            await prediction.fitted(1)

    (record,) = caplog.records
    assert record.message == rejected.value.detail
    assert record.message.endswith("a bug; see the log, then activate another model or train again.")
    assert "RuntimeError: a bug" in record.trace  # type: ignore[attr-defined]


async def test_version_that_another_process_deleted_is_not_found(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.add_to(store)
    assert (await prediction.fitted(1)).info.version == 1

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
    monkeypatch.setattr("mlapp.services.prediction.model_cache.FAST_BATCH_S", limit_s)

    assert (await prediction.fitted(wine.add_to(store))).is_fast is is_fast
