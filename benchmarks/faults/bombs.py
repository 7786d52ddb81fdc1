"""Nothing that is sent makes the server big, slow for others, or wrong.

Every body goes to /predict and to /train. It is answered with success or a problem, at most with 503 and when to come
back; meanwhile /health answers, the memory of the server and all its processes stays bounded, and afterwards a good
request is answered as before. Whatever is not so is printed.
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

from benchmarks.faults.payloads import Hostile, hostile
from benchmarks.harness.server import Server, running

ROW = {"a": 0.5, "kind": "red"}
SAMPLE_S = 0.02
PATIENCE_S = 60
GOAL_MB = {"/predict": 500.0, "/train": 1_000.0}
GOAL_P99_MS, GOAL_LONGEST_MS = 100.0, 1_000.0
PROBLEM_BYTES = 8_000


@dataclass(frozen=True)
class Seen:
    """What came of a body."""

    status: int
    problem: bool
    """Whether it is a problem body of a size that is promised."""
    retry: bool
    seconds: float
    peak_mb: float
    health_ms: list[float]
    detail: str


class Health:
    """Asks for /health in a process of its own, so that what is done here does not hold it up."""

    def __init__(self, url: str) -> None:
        self.ours, theirs = multiprocessing.Pipe()
        multiprocessing.Process(target=_ask, args=(url, theirs), daemon=True).start()

    @contextmanager
    def watched(self) -> Iterator[list[float]]:
        """Ask until the end of the block; then the times, in milliseconds, are in what it gives."""
        times: list[float] = []
        self.ours.send("begin")
        try:
            yield times
        finally:
            self.ours.send("end")
            times += self.ours.recv()


def _ask(url: str, theirs: Connection) -> None:
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


def post(server: Server, health: Health, path: str, body: Hostile, file: Path) -> Seen:
    """Send a body, and see what comes of it."""
    url = str(server.http.base_url.join(path))
    with tempfile.TemporaryDirectory() as folder:
        answer, heads = Path(folder, "answer"), Path(folder, "heads")
        # In a process of its own, for the same reason.
        command = ["curl", "-sS", "-m", str(PATIENCE_S), "-o", str(answer), "-D", str(heads), "-H", "Expect:"]
        for header in (f"Content-Type: {body.kind}", *body.headers):
            command += ["-H", header]
        began, peak = time.perf_counter(), server.memory_mb()
        with health.watched() as times:
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
    return Seen(status, problem, "retry-after" in head, seconds, peak, times, detail)


def broken(path: str, seen: Seen) -> Iterator[str]:
    """Give the promises that are not kept."""
    if not (seen.status in {200, 201} or (seen.problem and (400 <= seen.status < 500 or seen.retry))):
        yield f"answered with {seen.status or 'nothing'}"
    if seen.peak_mb > GOAL_MB[path]:
        yield f"{seen.peak_mb:.0f} MB"
    if np.percentile(seen.health_ms, 99) > GOAL_P99_MS and sum(ms > GOAL_P99_MS for ms in seen.health_ms) > 1:
        yield f"/health p99 {np.percentile(seen.health_ms, 99):.0f} ms"
    if max(seen.health_ms) > GOAL_LONGEST_MS:
        yield f"/health {max(seen.health_ms):.0f} ms"


@contextmanager
def served(folder: str) -> Iterator[Server]:
    """Serve a small model, by a server that has not trained it: what trained is kept for a minute, and takes memory."""
    settings = {"MLAPP_STORE": folder, "MLAPP_DEMO": "false", "MLAPP_LOG_LEVEL": "error"}
    command = [sys.executable, "main.py"]
    kinds = ["red", "green", ""]
    rows = "".join(f"{row / 200},{kinds[row % 3]},{row % 17}\n" for row in range(200))
    with running(command, None, **settings) as server:
        server.train(("a,kind,y\n" + rows).encode(), target="y", estimator="linear")
    with running(command, None, **settings) as server:
        yield server


def good(server: Server) -> bytes:
    """Return the answer to a good request."""
    return server.http.post("/predict", json={"records": [ROW]}).raise_for_status().content


def main() -> None:
    """Send all bodies, and say how many promises were broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a part of them")
    parser.add_argument("--only", default="", help="those whose name holds this")
    parser.add_argument("--path", choices=GOAL_MB, help="one of the doors")
    chosen = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file, served(folder) as server:
        before, health = good(server), Health(str(server.http.base_url))
        print(f"at rest {server.memory_mb():.0f} MB; goals: {GOAL_MB} MB, /health p99 {GOAL_P99_MS:.0f} ms")
        print(f"{'door':<9}{'body':<36}{'sent MB':>8}{'status':>7}{'s':>6}{'MB':>6}{'/health p99':>12}{'longest':>8}")
        for path, body in itertools.product([chosen.path] if chosen.path else GOAL_MB, hostile()):
            if (chosen.quick and not body.quick) or chosen.only not in body.name:
                continue
            Path(file.name).write_bytes(body.make())
            size = Path(file.name).stat().st_size / 1e6
            query = "?target=a&estimator=linear&activate=false" if path == "/train" else ""
            seen = post(server, health, path + query, body, Path(file.name))
            p99 = np.percentile(seen.health_ms, 99)
            print(
                f"{path:<9}{body.name:<36}{size:>8.1f}{seen.status:>7}{seen.seconds:>6.1f}{seen.peak_mb:>6.0f}"
                f"{p99:>12.0f}{max(seen.health_ms):>8.0f}  {seen.detail[:110]}",
                flush=True,
            )
            wrong = [*broken(path, seen)] + ([] if good(server) == before else ["a good request is answered otherwise"])
            for what in wrong:
                print(f"BROKEN: {path} of {body.name}: {what}", flush=True)
            failures += len(wrong)
    print(f"{failures} broken promises (goal 0)")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
