"""A Dask cluster of real processes, and estimators whose fits wait in its workers."""

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import psutil
from sklearn.base import BaseEstimator, RegressorMixin

from mlapp.ml.estimators import ESTIMATORS, Recipe
from mlapp.schemas import Submission
from tests.servers import free_port

if TYPE_CHECKING:
    from distributed import Client

CONTEXT = multiprocessing.get_context("forkserver")


class LocalCluster:
    """A scheduler and workers, each a process with one thread; `start` replaces those that are lost."""

    def __init__(self, folder: Path) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.scheduler = 0
        self.workers: list[int] = []
        self._pids, theirs = CONTEXT.Pipe()
        self._forker = CONTEXT.Process(target=_fork, args=(theirs, str(folder)))
        self._forker.start()

    def start(self, workers: int = 2) -> Self:
        if not self.scheduler:
            self.scheduler = self._run("scheduler")
        self.workers += [self._run("worker") for _ in range(workers - len(self.workers))]
        with self.client() as client:
            client.wait_for_workers(workers, timeout=60)
        return self

    def client(self) -> "Client":
        from distributed import Client

        return Client(self.address, timeout=60, set_as_default=False)

    def kill(self, *pids: int) -> None:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(psutil.pid_exists(pid) for pid in pids))
        self.workers = [pid for pid in self.workers if pid not in pids]
        if self.scheduler in pids:
            self.scheduler = 0

    def close(self) -> None:
        self.kill(*self.workers, *([self.scheduler] if self.scheduler else []))
        self._forker.kill()
        self._forker.join()

    def _run(self, kind: str) -> int:
        self._pids.send((kind, self.address))
        pid: int = self._pids.recv()
        return pid


def _fork(pids: Connection, folder: str) -> None:
    """Fork schedulers and workers from a process that has loaded their libraries, which takes a second each time."""
    import dask.config
    import distributed  # noqa: F401

    import mlapp.ml.evaluation.out_of_fold  # noqa: F401

    # None of them becomes a zombie.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    dask.config.set({"temporary-directory": folder})
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    while True:
        kind, address = pids.recv()
        if (pid := os.fork()) == 0:
            asyncio.run(_serve(kind, address))
            os._exit(0)
        pids.send(pid)


async def _serve(kind: str, address: str) -> None:
    from distributed import Scheduler, Worker

    port, options = int(address.rpartition(":")[2]), {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    server: Any = Scheduler(port=port, **options) if kind == "scheduler" else Worker(address, nthreads=1, **options)
    async with server:
        await server.finished()


class Waiting(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Predicts the mean; its fit waits for a file `go` in a folder, where it writes the id of its process."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def fit(self, _: np.ndarray, y: np.ndarray) -> Self:
        (Path(self.folder) / f"{os.getpid()}-{uuid.uuid4()}").touch()
        wait_for((Path(self.folder) / "go").exists)
        self.mean_ = y.mean()
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.full(len(X), self.mean_)


def waiting(folder: Path) -> set[int]:
    """The processes in which fits wait, or have waited."""
    return {int(path.name.partition("-")[0]) for path in folder.iterdir() if path.name != "go"}


def wait_for(condition: Callable[[], object], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class WaitingTraining(Submission):
    """A training whose fits wait."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrive, (self.options, self.dask, self.path)


def _arrive(options: dict[str, Any], dask: str, folder: str) -> Submission:
    ESTIMATORS["waiting"] = Recipe(lambda *_: Waiting(folder))
    return Submission(dataset="diabetes", options=options, dask=dask)


def pending_keys(dask_scheduler: Any) -> int:
    """The number of tasks and values that a scheduler knows, asked by `Client.run_on_scheduler`."""
    return len(dask_scheduler.tasks)


def allow_failures(number: int, dask_scheduler: Any) -> None:
    """Set how many workers a task may end."""
    dask_scheduler.allowed_failures = number


def hide_code() -> None:
    """Make a process of the cluster one that cannot import the code of the server."""
    sys.modules["mlapp.services.cluster.task"] = None  # type: ignore[assignment]


def show_code() -> None:
    del sys.modules["mlapp.services.cluster.task"]
