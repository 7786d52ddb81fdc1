"""A real server for a benchmark: in a process of its own, on loopback, over a store that is gone afterwards."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.harness.tables import as_csv, mixed

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
LENT = "BENCHMARKS_LENT"
"""Variable with process id, port and store of the server that the programs of a run may share, its first model being
that of `diabetes`: to start one, train and load takes ten seconds."""


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    process: psutil.Process
    http: httpx.Client

    def train(self, body: bytes | None = None, **options: Any) -> dict[str, Any]:
        """Train on the bytes of a CSV, or on a bundled table, and return the model."""
        if body is None:
            answer = self.http.post("/train", json=options)
        else:
            answer = self.http.post("/train", content=body, params=options, headers={"Content-Type": "text/csv"})
        if answer.status_code != 201:
            sys.exit(f"/train answered {answer.status_code}: {answer.text[:500]}")
        model: dict[str, Any] = answer.json()
        return model

    def memory_mb(self) -> float:
        """Return the memory of the server and all its processes; what they share counts once.

        Source: proc_pid_smaps(5), Pss.
        """
        total = 0
        for process in [self.process, *self.process.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except psutil.NoSuchProcess:
                continue
        return total / 1e6


@contextmanager
def serving(core: int | None = None, **settings: str) -> Iterator[Server]:
    """Serve an empty store until the end of the block, on one core only when asked."""
    with tempfile.TemporaryDirectory() as folder:
        here = {"MLAPP_STORE": folder, "MLAPP_DEMO": "false", "MLAPP_LOG_LEVEL": "warning"}
        with running([sys.executable, "main.py"], core, **(here | settings)) as server:
            yield server


@contextmanager
def lending() -> Iterator[None]:
    """Lend a server with a model to all programs that are run until the end of the block."""
    with tempfile.TemporaryDirectory() as store, serving(MLAPP_STORE=store) as server:
        server.train(dataset="diabetes", estimator="linear")
        os.environ[LENT] = f"{server.process.pid} {server.http.base_url.port} {store}"
        try:
            yield
        finally:
            del os.environ[LENT]


@contextmanager
def borrowed(core: int | None = None) -> Iterator[Server]:
    """Serve until the end of the block, by the server that is lent where there is one: it may have models already."""
    if LENT not in os.environ:
        with serving(core) as server:
            yield server
        return
    pid, port, _ = os.environ[LENT].split(maxsplit=2)
    process = psutil.Process(int(pid))
    before = process.cpu_affinity()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600) as http:
        _keep_to(process, before if core is None else [core])
        try:
            yield Server(process, http)
        finally:
            _keep_to(process, before)


@contextmanager
def small_store() -> Iterator[Path]:
    """Give a store with one model, version 1, until the end of the block."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        if LENT in os.environ:
            lent = Path(os.environ[LENT].split(maxsplit=2)[2])
            shutil.copytree(lent / "versions" / "1", store / "versions" / "1")
            (store / "active.json").write_text('{"version": 1}')
        else:
            with serving(MLAPP_STORE=str(store)) as server:
                server.train(dataset="diabetes", estimator="linear")
        yield store


def _keep_to(process: psutil.Process, cores: Sequence[int]) -> None:
    for one in [process, *process.children(recursive=True)]:
        for thread in one.threads():
            os.sched_setaffinity(thread.id, cores)


@contextmanager
def training(server: Server) -> Iterator[int]:
    """Train a forest that takes longer than what is measured; gives the job's number."""
    answer = server.http.post(
        "/train",
        params={"target": "y", "estimator": "random_forest"},
        content=as_csv(mixed(60_000)),
        headers={"Content-Type": "text/csv", "Prefer": "respond-async"},
    )
    job = answer.raise_for_status().json()["id"]
    while server.http.get(f"/jobs/{job}").json()["progress"] < 0.03:
        time.sleep(0.1)
    yield job
    server.http.delete(f"/jobs/{job}").raise_for_status()


@contextmanager
def running(command: Sequence[str], core: int | None = None, **settings: str) -> Iterator[Server]:
    """Run a server that takes its port from MLAPP_PORT and answers /health, until the end of the block."""
    port = free_port()
    environment = os.environ | {"MLAPP_PORT": str(port)} | settings
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    process = subprocess.Popen([*pinned, *command], cwd=ROOT, env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600) as http:
            wait(http)
            yield Server(psutil.Process(process.pid), http)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Run on one core until the end of the block, and what is started meanwhile as well."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """Return a port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait(http: httpx.Client) -> None:
    """Wait until a server answers."""
    for _ in range(PATIENCE_S * 20):
        try:
            http.get("/health")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    sys.exit("The server did not start.")
