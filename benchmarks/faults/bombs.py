"""Bombs: bodies made to exhaust memory or time, posted to /predict and /train.

Each gets a success, a problem with a 4xx status, or a 503 with Retry-After. Meanwhile /health responds and the memory
of all processes stays bounded; afterwards a valid request gets the same response as before.
"""

import argparse
import itertools
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import numpy as np

from benchmarks.faults.packed_payloads import packed_files, workbooks
from benchmarks.faults.payloads import Payload, payloads
from benchmarks.harness.server import Server, running

ROW = {"a": 0.5, "kind": "red"}
SAMPLE_S = 0.02
TIMEOUT_S = 60
GOAL_MB = {"/predict": 600.0, "/train": 1_000.0}
"""With the fork server of the processes that read workbooks, which takes 150 MB."""
GOAL_P99_MS, GOAL_LONGEST_MS = 100.0, 1_000.0
PROBLEM_BYTES = 8_000


@dataclass(frozen=True)
class Outcome:
    """The response to a payload, and the state of the server meanwhile."""

    status: int
    problem: bool
    """Whether it is a problem body within the size limit."""
    retry: bool
    seconds: float
    peak_mb: float
    health_ms: list[float]
    detail: str


class Health:
    """Requests /health in a process of its own, so that this process does not delay it."""

    def __init__(self, url: str) -> None:
        self.ours, theirs = multiprocessing.Pipe()
        multiprocessing.Process(target=_request, args=(url, theirs), daemon=True).start()

    @contextmanager
    def measured(self) -> Iterator[list[float]]:
        """Request /health until the end of the block; then the yielded list holds the times in ms."""
        times: list[float] = []
        self.ours.send("begin")
        try:
            yield times
        finally:
            self.ours.send("end")
            times += self.ours.recv()


def _request(url: str, theirs: Connection) -> None:
    with httpx.Client(base_url=url, timeout=60) as http:
        while theirs.recv():
            times: list[float] = []
            while not times or not theirs.poll(SAMPLE_S):
                began = time.perf_counter()
                with suppress(httpx.TransportError):
                    http.get("/health").raise_for_status()
                times.append((time.perf_counter() - began) * 1_000)
            theirs.recv()
            theirs.send(times)


def post(server: Server, health: Health, path: str, payload: Payload, file: Path) -> Outcome:
    """Post a payload and observe the outcome."""
    url = str(server.http.base_url.join(path))
    with tempfile.TemporaryDirectory() as folder:
        answer, heads = Path(folder, "answer"), Path(folder, "heads")
        # In a process of its own, for the same reason.
        command = ["curl", "-sS", "-m", str(TIMEOUT_S), "-o", str(answer), "-D", str(heads), "-H", "Expect:"]
        for header in (f"Content-Type: {payload.content_type}", *payload.headers):
            command += ["-H", header]
        began, peak = time.perf_counter(), server.memory_mb()
        with health.measured() as times:
            curl = subprocess.Popen([*command, "--data-binary", f"@{file}", url], stderr=subprocess.DEVNULL)
            while curl.poll() is None:
                peak = max(peak, server.memory_mb())
                time.sleep(SAMPLE_S)
            seconds = time.perf_counter() - began
        head = heads.read_text().lower() if heads.exists() else ""
        text = answer.read_bytes() if answer.exists() else b""
    status = int(head.split()[1]) if head else 0
    problem = "application/problem+json" in head and len(text) <= PROBLEM_BYTES
    detail = json.loads(text)["detail"] if problem else ""
    return Outcome(status, problem, "retry-after" in head, seconds, peak, times, detail)


def violations(path: str, outcome: Outcome) -> Iterator[str]:
    """Yield the violated guarantees."""
    if not (outcome.status in {200, 201} or (outcome.problem and (400 <= outcome.status < 500 or outcome.retry))):
        yield f"status {outcome.status or 'none'}"
    if outcome.peak_mb > GOAL_MB[path]:
        yield f"{outcome.peak_mb:.0f} MB"
    if np.percentile(outcome.health_ms, 99) > GOAL_P99_MS and sum(ms > GOAL_P99_MS for ms in outcome.health_ms) > 1:
        yield f"/health p99 {np.percentile(outcome.health_ms, 99):.0f} ms"
    if max(outcome.health_ms) > GOAL_LONGEST_MS:
        yield f"/health {max(outcome.health_ms):.0f} ms"


@contextmanager
def served(folder: str) -> Iterator[Server]:
    """Serve a small model by a server that has not trained it, as the training process stays in memory for a minute."""
    settings = {"MLAPP_STORE": folder, "MLAPP_DEMO": "false", "MLAPP_LOG_LEVEL": "error"}
    command = [sys.executable, "main.py"]
    kinds = ["red", "green", ""]
    rows = "".join(f"{row / 200},{kinds[row % 3]},{row % 17}\n" for row in range(200))
    with running(command, None, **settings) as server:
        server.train(("a,kind,y\n" + rows).encode(), target="y", estimator="linear")
    with running(command, None, **settings) as server:
        yield server


def valid(server: Server) -> bytes:
    """Return the response to a valid request."""
    return server.http.post("/predict", json={"records": [ROW]}).raise_for_status().content


def main() -> None:
    """Post all payloads and count violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a selection of the payloads")
    parser.add_argument("--only", default="", help="payloads whose name contains this")
    parser.add_argument("--packed", action="store_true", help="workbooks and packed files only")
    parser.add_argument("--path", choices=GOAL_MB, help="one of the routes")
    chosen = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file, served(folder) as server:
        before, health = valid(server), Health(str(server.http.base_url))
        print(f"idle {server.memory_mb():.0f} MB; goals: {GOAL_MB} MB, /health p99 {GOAL_P99_MS:.0f} ms")
        print(f"{'route':<9}{'payload':<36}{'sent MB':>8}{'status':>7}{'s':>6}{'MB':>6}{'/health p99':>12}{'max':>8}")
        for path, payload in itertools.product(
            [chosen.path] if chosen.path else GOAL_MB,
            itertools.chain([] if chosen.packed else payloads(), workbooks(), packed_files()),
        ):
            if (chosen.quick and not payload.quick) or chosen.only not in payload.name:
                continue
            Path(file.name).write_bytes(payload.make())
            size = Path(file.name).stat().st_size / 1e6
            query = "?target=a&estimator=linear&activate=never" if path == "/train" else ""
            outcome = post(server, health, path + query, payload, Path(file.name))
            p99 = np.percentile(outcome.health_ms, 99)
            print(
                f"{path:<9}{payload.name:<36}{size:>8.1f}{outcome.status:>7}{outcome.seconds:>6.1f}{outcome.peak_mb:>6.0f}"
                f"{p99:>12.0f}{max(outcome.health_ms):>8.0f}  {outcome.detail[:110]}",
                flush=True,
            )
            found = [*violations(path, outcome)]
            if valid(server) != before:
                found.append("a valid request gets another response")
            for what in found:
                print(f"VIOLATED: {path} of {payload.name}: {what}", flush=True)
            failures += len(found)
    print(f"{failures} violations (goal 0)")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
