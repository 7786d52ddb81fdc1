"""HealthService, with and without a model."""

from pathlib import Path

import pytest

from mlapp.errors import Unavailable
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.observability.health import HealthService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore, TrafficStore
from tests.fitted import Fitted
from tests.services.disk import full_disk


async def test_health_without_a_model_is_healthy_but_not_ready(store: ModelStore, prediction: PredictionService):
    service = HealthService(store, prediction)

    health = service.health()
    assert (health.status, health.default_model, health.active_version) == ("healthy", None, None)
    with pytest.raises(Unavailable, match="The model is still loading"):
        service.readiness()


async def test_health_with_a_model_is_ready(store: ModelStore, prediction: PredictionService, wine: Fitted):
    wine.activate_in(store)
    wine.activate_in(store, "other")
    await prediction.refresh("wine")
    service = HealthService(store, prediction)

    health = service.health()
    assert (health.default_model, health.active_version, service.readiness().ready) == ("wine", 1, True)
    assert service.readiness().message == health.message


async def test_system_info_describes_process_and_store(store: ModelStore, prediction: PredictionService):
    info = await HealthService(store, prediction).system_info()

    assert info["Running for"] == "0 s"
    assert info["Store"] == str(store.folder)
    assert 50 < int(info["Memory (resident)"].removesuffix(" MB").replace(",", "")) < 10_000
    assert {"python", "scikit-learn"} <= info.keys()


async def test_system_info_without_a_store(tmp_path: Path):
    store = ModelStore(tmp_path / "nowhere")

    recorder = TrafficRecorder(TrafficStore(store.folder), store)
    service = HealthService(store, PredictionService(store, recorder))

    assert (await service.system_info())["Store"] == str(store.folder)
    assert await service.store_error() is None


async def test_read_only_store_is_reported(store: ModelStore, prediction: PredictionService):
    service = HealthService(store, prediction)
    store.folder.mkdir(exist_ok=True)
    assert await service.store_error() is None

    with full_disk():
        error = await service.store_error()

    assert error
    assert error.startswith("The store cannot be written (File too large)")
    assert not [path for path in store.folder.iterdir() if path.name.startswith("tmp")]
