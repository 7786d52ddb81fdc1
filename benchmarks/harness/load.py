"""Load generators: wrk, an HTTP client in C that needs little of its core, and a steady single client."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np

from benchmarks.harness.server import Server

LOAD_CORE = 1
"""The core of the load generator; servers under load run on `SERVER_CORE`."""
SERVER_CORE = 0
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
local paths, turn = {%s}, 0
function request()
  turn = turn %% #paths + 1
  return wrk.format(nil, paths[turn])
end
function done(summary, latency)
  local e = summary.errors
  print(string.format('{"requests": %%d, "took_us": %%d, "p50_us": %%d, "p99_us": %%d, "rejected": %%d, "errors": %%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), e.status,
    e.connect + e.read + e.write + e.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """Throughput and latency under load."""

    per_s: float
    """Responses with status 200 per second."""
    p50_ms: float
    p99_ms: float


def load(
    urls: str | Sequence[str], body: Any, connections: int, seconds: int, *, allow_rejections: bool = False
) -> Load:
    """Post a JSON body repeatedly on some connections, to the paths of one server in turn.

    The first second is not measured. Exits if requests fail, unless the failures are rejections and these are allowed.
    """
    urls = [urls] if isinstance(urls, str) else urls
    if not shutil.which("wrk"):
        sys.exit("This benchmark needs wrk: apt-get install wrk.")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        in_turn = ", ".join(map(json.dumps, (urlsplit(url).path for url in urls)))
        script.write(SCRIPT % (json.dumps(body), in_turn))
        script.flush()
        for duration in (1, seconds):
            command = ["wrk", "-t1", f"-c{connections}", f"-d{duration}s", "-s", script.name, urls[0]]
            done = subprocess.run(
                ["taskset", "-c", str(LOAD_CORE), *command], capture_output=True, text=True, check=True
            )
    found = json.loads(done.stdout.splitlines()[-1])
    rejected = found["rejected"]
    if failed := found["errors"] + (0 if allow_rejections else rejected):
        sys.exit(f"{failed} of {found['requests']} requests to {urls[0]} failed.")
    return Load((found["requests"] - rejected) / found["took_us"] * 1e6, found["p50_us"] / 1e3, found["p99_us"] / 1e3)


@dataclass(frozen=True)
class Steady:
    """Latency and server load at a hundred requests a second."""

    p50_ms: float
    p99_ms: float
    core: float
    """Share of a core that the server used."""


def steady(server: Server, seconds: float) -> Steady:
    """Predict an example row of the default model a hundred times a second on one connection."""
    default = server.http.get("/models").json()["default"]
    version = server.http.get(f"/models/{default}/versions/active").json()
    body = {"records": [{feature["name"]: feature["example"] for feature in version["features"]}]}
    # The first request may wait for the version to load.
    server.http.post("/predict", json=body).raise_for_status()
    times, ends, before = [], time.perf_counter() + seconds, server.process.cpu_times()
    began = time.perf_counter()
    with httpx.Client(base_url=server.http.base_url, timeout=60) as http:
        while time.perf_counter() < ends:
            sent = time.perf_counter()
            http.post("/predict", json=body).raise_for_status()
            times.append((time.perf_counter() - sent) * 1_000)
            time.sleep(0.01)
    after, took_s = server.process.cpu_times(), time.perf_counter() - began
    core = (after.user + after.system - before.user - before.system) / took_s
    return Steady(median(times), float(np.percentile(times, 99)), core)


def medians(loads: list[Load]) -> Load:
    """Return the median of each figure."""
    return Load(
        median(load.per_s for load in loads),
        median(load.p50_ms for load in loads),
        median(load.p99_ms for load in loads),
    )
