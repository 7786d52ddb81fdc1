"""A real server, in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import coverage
import httpx
import pytest

ROOT = Path(__file__).parents[1]
PATIENCE_S = 100
"""How long to wait for a server on a busy machine."""
LOG_SHOWN = 5_000
"""Characters of a server's log that a failed test shows."""
FULL, PREDICT = "a-key-for-everything", "a-key-to-predict-with"
"""The keys of the server that has some."""
Running = tuple[subprocess.Popen[bytes], httpx.Client]
"""A server's process, and a client of it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def serving(folder: Path, *arguments: str, **settings: str) -> AbstractContextManager[Running]:
    """Serve a store of its own until the end of the block; gives the process and a client."""
    return _serving(folder, arguments, settings, measured=coverage.Coverage.current() is not None)


def serving_unmeasured(folder: Path, **settings: str) -> AbstractContextManager[Running]:
    """Serve without coverage, which takes a third of the time: where other tests have been through the same code."""
    return _serving(folder, (), settings, measured=False)


@contextmanager
def _serving(folder: Path, arguments: Sequence[str], settings: dict[str, str], *, measured: bool) -> Iterator[Running]:
    port = free_port()
    # Without what tests set, which NiceGUI takes for a simulation.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("NICEGUI", "PYTEST", "MLAPP"))}
    here = {"MLAPP_PORT": str(port), "MLAPP_STORE": str(folder / "store")}
    # One thread, for two that wait for each other on busy cores take a multiple of the time.
    environment = plain | here | settings | {"OMP_NUM_THREADS": "1"}
    traced = ["-m", "coverage", "run"] if measured else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *traced, "main.py", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            wait_until(client, "/health")
            yield process, client
    finally:
        # One that has ended by now is left as it is.
        process.terminate()
        process.wait(PATIENCE_S)
    written = (folder / "log").read_text()
    assert "Traceback" not in written, written[-LOG_SHOWN:]


def address(client: httpx.Client) -> str:
    """Return where the server of a client is."""
    return str(client.base_url).rstrip("/")


def log_in(client: httpx.Client) -> dict[str, str]:
    """Log in to the pages, and return the headers of the browser."""
    answer = client.post("/ui/login", data={"key": FULL})
    assert answer.status_code == 303
    client.cookies.clear()
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def wait_until(client: httpx.Client, path: str) -> None:
    """Wait until a path answers 200."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if client.get(path).status_code == 200:
                return
        time.sleep(0.1)
    pytest.fail(f"{path} did not answer 200 within {PATIENCE_S} s.")


def end(process: subprocess.Popen[bytes]) -> int:
    """Ask a server to stop, and return its exit status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE_S)
