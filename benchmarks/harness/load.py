"""Load on a server, by wrk: an HTTP client in C that takes little of the core it runs on."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import httpx
import numpy as np

from benchmarks.harness.server import Server

LOAD_CORE = 1
"""The core of the load; what is measured runs on `SERVER_CORE`."""
SERVER_CORE = 0
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
function done(summary, latency)
  local e = summary.errors
  print(string.format('{"requests": %%d, "took_us": %%d, "p50_us": %%d, "p99_us": %%d, "refused": %%d, "errors": %%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), e.status,
    e.connect + e.read + e.write + e.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What came of it."""

    per_s: float
    """Requests that were answered with 200."""
    p50_ms: float
    p99_ms: float


def load(url: str, body: Any, connections: int, seconds: int, *, refusals: bool = False) -> Load:
    """Post a JSON body over and over on some connections; the first second is not measured.

    `refusals` says that not all have to be answered.
    """
    if not shutil.which("wrk"):
        sys.exit("This benchmark takes wrk: apt-get install wrk.")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % json.dumps(body))
        script.flush()
        for duration in (1, seconds):
            command = ["wrk", "-t1", f"-c{connections}", f"-d{duration}s", "-s", script.name, url]
            done = subprocess.run(
                ["taskset", "-c", str(LOAD_CORE), *command], capture_output=True, text=True, check=True
            )
    found = json.loads(done.stdout.splitlines()[-1])
    refused = found["refused"]
    if failed := found["errors"] + (0 if refusals else refused):
        sys.exit(f"{failed} of {found['requests']} requests to {url} failed.")
    return Load((found["requests"] - refused) / found["took_us"] * 1e6, found["p50_us"] / 1e3, found["p99_us"] / 1e3)


@dataclass(frozen=True)
class Steady:
    """What came of asking a hundred times a second."""

    p50_ms: float
    p99_ms: float
    core: float
    """Share of a core that the server took."""


def steady(server: Server, seconds: float) -> Steady:
    """Ask the active model for its example row a hundred times a second, as a program would."""
    model = server.http.get("/models/active").json()
    body = {"records": [{feature["name"]: feature["example"] for feature in model["features"]}]}
    # The first may wait for what is still loading.
    server.http.post("/predict", json=body).raise_for_status()
    times, ends, before = [], time.perf_counter() + seconds, server.process.cpu_times()
    began = time.perf_counter()
    with httpx.Client(base_url=server.http.base_url, timeout=60) as http:
        while time.perf_counter() < ends:
            asked = time.perf_counter()
            http.post("/predict", json=body).raise_for_status()
            times.append((time.perf_counter() - asked) * 1_000)
            time.sleep(0.01)
    after, took_s = server.process.cpu_times(), time.perf_counter() - began
    core = (after.user + after.system - before.user - before.system) / took_s
    return Steady(median(times), float(np.percentile(times, 99)), core)


def middle(loads: list[Load]) -> Load:
    """Return the medians."""
    return Load(
        median(load.per_s for load in loads),
        median(load.p50_ms for load in loads),
        median(load.p99_ms for load in loads),
    )
