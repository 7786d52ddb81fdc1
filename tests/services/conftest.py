"""Services on a temporary store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from mlapp.services.jobs.runner import Processes
from mlapp.services.jobs.service import JobService
from mlapp.services.models.service import ModelService
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.prediction.service import PredictionService
from mlapp.services.training.service import TrainingService
from mlapp.store import JobStore, ModelStore, TrafficStore


@pytest.fixture
async def recorder(store: ModelStore) -> AsyncIterator[TrafficRecorder]:
    """A recorder that counts on demand."""
    recorder = TrafficRecorder(TrafficStore(store.folder), store)
    yield recorder
    await recorder.close()


@pytest.fixture
def monitoring(store: ModelStore, recorder: TrafficRecorder) -> MonitoringService:
    return MonitoringService(store, recorder)


@pytest.fixture
async def prediction(
    store: ModelStore, recorder: TrafficRecorder, processes: Processes
) -> AsyncIterator[PredictionService]:
    """A service that is not started."""
    service = PredictionService(store, recorder, processes)
    yield service
    await service.close()


@pytest.fixture
def models(store: ModelStore, prediction: PredictionService) -> ModelService:
    return ModelService(store, prediction)


@pytest.fixture
async def jobs(tmp_path: Path) -> AsyncIterator[JobService]:
    service = JobService(JobStore(tmp_path / "store"))
    yield service
    await service.close()


@pytest.fixture(scope="session")
def processes() -> Processes:
    """Shared by all tests, so that the fork server stays loaded, which saves seconds per test."""
    return Processes(idle_s=3_600)


@pytest.fixture
def training(store: ModelStore, models: ModelService, jobs: JobService, processes: Processes) -> TrainingService:
    return TrainingService(store, models, jobs, processes)


async def eventually(condition: Callable[[], object], timeout_s: float = 60) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


def has_exited(process: psutil.Process) -> bool:
    """Return whether a process has exited, even if it is not reaped."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
