"""Servers on a given store, which end by a kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from benchmarks.harness.server import ROOT, free_port, wait

ENDED = {"succeeded", "failed", "cancelled", "interrupted"}
"""Statuses of trainings that have ended."""


@contextmanager
def server(folder: str) -> Iterator[httpx.Client]:
    """Serve a store until the end of the block, then kill the server and its children."""
    port = free_port()
    settings = {"MLAPP_PORT": str(port), "MLAPP_STORE": folder, "MLAPP_DEMO": "false", "MLAPP_LOG_LEVEL": "error"}
    settings |= {"MLAPP_KEEP_VERSIONS": "10000", "MLAPP_MAX_JOBS": "2"}
    command = [sys.executable, "main.py", "--only-api"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, start_new_session=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            wait(http)
            yield http
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
