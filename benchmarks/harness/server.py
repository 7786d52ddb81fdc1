"""Real servers for benchmarks: a process of their own, on loopback, with a temporary store."""

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
TIMEOUT_S = 60
SHARED = "BENCHMARKS_SERVER"
"""Environment variable with process id, port and store of a server that the programs of a short run share, as starting
one, training and loading take ten seconds. It has a model `diabetes`."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    process: psutil.Process
    http: httpx.Client

    def train(self, body: bytes | None = None, **options: Any) -> dict[str, Any]:
        """Train on a CSV or a bundled table (`dataset=`) and return the version."""
        if body is None:
            answer = self.http.post("/train", json=options)
        else:
            answer = self.http.post("/train", content=body, params=options, headers={"Content-Type": "text/csv"})
        if answer.status_code != 201:
            sys.exit(f"/train returned {answer.status_code}: {answer.text[:500]}")
        version: dict[str, Any] = answer.json()
        return version

    def client(self) -> httpx.Client:
        """Return another client, for another thread."""
        return httpx.Client(base_url=self.http.base_url, timeout=600)

    def memory_mb(self) -> float:
        """Return the memory of the server and its child processes; shared pages count once.

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
    """Serve an empty store until the end of the block, optionally on one core."""
    with tempfile.TemporaryDirectory() as folder:
        here = {"MLAPP_STORE": folder, "MLAPP_DEMO": "false", "MLAPP_LOG_LEVEL": "warning"}
        with running([sys.executable, "main.py"], core, **(here | settings)) as server:
            yield server


@contextmanager
def shared_server() -> Iterator[None]:
    """Share a server with a model among the programs that run until the end of the block."""
    with tempfile.TemporaryDirectory() as store, serving(MLAPP_STORE=store) as server:
        server.train(dataset="diabetes", estimator="linear")
        os.environ[SHARED] = f"{server.process.pid} {server.http.base_url.port} {store}"
        try:
            yield
        finally:
            del os.environ[SHARED]


@contextmanager
def shared_or_new_server(core: int | None = None) -> Iterator[Server]:
    """Yield the shared server, which has models already, or a new one."""
    if SHARED not in os.environ:
        with serving(core) as server:
            yield server
        return
    pid, port, _ = os.environ[SHARED].split(maxsplit=2)
    process = psutil.Process(int(pid))
    before = process.cpu_affinity()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600) as http:
        _pin(process, before if core is None else [core])
        try:
            yield Server(process, http)
        finally:
            _pin(process, before)


@contextmanager
def small_store() -> Iterator[Path]:
    """Yield a temporary store with a model, `diabetes`."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        if SHARED in os.environ:
            shared = Path(os.environ[SHARED].split(maxsplit=2)[2])
            for part in ("models/diabetes", "default.json"):
                copy = shutil.copytree if (shared / part).is_dir() else shutil.copy2
                (store / part).parent.mkdir(parents=True, exist_ok=True)
                copy(shared / part, store / part)
        else:
            with serving(MLAPP_STORE=str(store)) as server:
                server.train(dataset="diabetes", estimator="linear")
        yield store


def _pin(process: psutil.Process, cores: Sequence[int]) -> None:
    for one in [process, *process.children(recursive=True)]:
        for thread in one.threads():
            os.sched_setaffinity(thread.id, cores)


@contextmanager
def training(server: Server) -> Iterator[int]:
    """Train a forest for as long as the block runs; yields the job's id."""
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
    """Run a server that takes its port from MLAPP_PORT and answers /health until the end of the block."""
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
    """Run this process and those it starts on one core until the end of the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait(http: httpx.Client) -> None:
    """Wait until a server responds."""
    for _ in range(TIMEOUT_S * 20):
        try:
            http.get("/health")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    sys.exit("The server did not start.")
