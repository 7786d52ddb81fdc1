"""Services on a temporary store."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
import pytest

from mlapp.services.jobs.process_tree import terminate
from mlapp.services.jobs.runner import WATCH_S, Processes
from mlapp.services.jobs.service import JobService
from mlapp.services.models.service import ModelService
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.prediction.service import PredictionService
from mlapp.services.training.service import TrainingService
from mlapp.store import JobStore, ModelStore, TrafficStore

PATIENCE_S = 60.0
"""How long a training process of a test may take."""


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


class PatientProcesses(Processes):
    """Processes that print where they are, by `tests.preload`, before they are terminated for taking too long."""

    def _exceeded_limit(self, process: BaseProcess, elapsed_s: float, limit_s: float) -> str | None:
        if PATIENCE_S - 2 * WATCH_S < elapsed_s < PATIENCE_S and process.pid:
            os.kill(process.pid, signal.SIGUSR1)
        return super()._exceeded_limit(process, elapsed_s, limit_s)


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    """Processes that end with the test, whatever it leaves; the fork server stays, which saves seconds per test."""
    processes = PatientProcesses(limit_s=PATIENCE_S, idle_s=3_600)
    yield processes
    processes._cancel_idle_timer()
    for process in list(processes._running):
        await asyncio.to_thread(terminate, process)


@pytest.fixture
def training(store: ModelStore, models: ModelService, jobs: JobService, processes: Processes) -> TrainingService:
    return TrainingService(store, models, jobs, processes)


async def eventually(condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
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
