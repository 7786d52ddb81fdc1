"""Graceful shutdown: SIGTERM to a server busy with rows, tables, slow readers, event streams, pages and trainings.

Requests in flight get a complete response or a 503; running and queued trainings end as `interrupted`, which event
streams report; within ten seconds the exit status is 0 and no process is left.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import httpx
import psutil

from benchmarks.faults.invariants import Invariants
from benchmarks.harness.page_clients import open_page
from benchmarks.harness.server import ROOT, free_port, wait
from benchmarks.harness.tables import as_csv, mixed

STOPPED_S = 10.0
IN_FLIGHT_S = 0.1
"""A request counts as in flight if it was sent this long before SIGTERM: one that arrives while the server closes an
idle connection is lost (RFC 9112, section 9.3.1)."""
MAX_DELAY_S = 2.0
BULK_ROWS = 50_000
OTHER = "other"
"""A model beside the default one."""
SLOW_S = 3.0
"""Time that the slow reader takes."""
QUEUED = 3


@dataclass
class Record(Invariants):
    """Responses of one server."""

    signalled: float = float("inf")
    """Time of SIGTERM."""
    answers: Counter[str] = field(default_factory=Counter)


class Clients:
    """Clients that send requests in a closed loop until the server is gone."""

    def __init__(self, url: str, row: dict[str, object], table: bytes, record: Record) -> None:
        self.url, self.row, self.table, self.record = url, row, table, record
        self.begun, self.opened = Event(), Event()
        actions = [self.rows, self.other_rows, self.bulk, self.slow, self.health, self.train]
        self.threads = [Thread(target=self._repeat, args=(action,)) for action in actions]
        # Daemons, as they would never end.
        self.watchers = [Thread(target=watch, daemon=True) for watch in (self.follow, self.page)]

    def _repeat(self, action: Callable[[httpx.Client], int]) -> None:
        what = action.__name__
        with httpx.Client(base_url=self.url, timeout=60) as http:
            while True:
                began = time.monotonic()
                try:
                    status = action(http)
                except httpx.TransportError as error:
                    before = self.record.signalled - began
                    cut = before > IN_FLIGHT_S
                    self.record.expect(
                        f"{what} sent {before:.2f} s before SIGTERM gets no response: {error!r}", holds=not cut
                    )
                    return
                self.record.answers[f"{what} {status}"] += 1
                self.record.expect(f"{what} returns {status}", holds=status in (200, 503))

    def rows(self, http: httpx.Client) -> int:
        """Predict a row with the default model."""
        return http.post("/predict", json={"records": [self.row]}).status_code

    def other_rows(self, http: httpx.Client) -> int:
        """Predict a row with another model."""
        return http.post(f"/models/{OTHER}/predict", json={"records": [self.row]}).status_code

    def health(self, http: httpx.Client) -> int:
        """Request /health."""
        return http.get("/health").status_code

    def train(self, http: httpx.Client) -> int:
        """Train and wait for the version, queued behind other trainings."""
        return http.post("/train", json={"dataset": "wine"}).status_code

    def bulk(self, http: httpx.Client) -> int:
        """Predict a large table."""
        answer = http.post("/predict", content=self.table, headers={"Content-Type": "text/csv"})
        self._complete(answer.status_code, answer.content)
        return answer.status_code

    def slow(self, http: httpx.Client) -> int:
        """Predict a large table and read the response slowly."""
        sent = {"content": self.table, "headers": {"Content-Type": "text/csv"}}
        taken = b""
        with http.stream("POST", "/predict", **sent) as answer:  # type: ignore[arg-type]
            for chunk in answer.iter_raw(len(self.table) // 20):
                taken += chunk
                time.sleep(SLOW_S / 40)
        self._complete(answer.status_code, taken)
        return answer.status_code

    def _complete(self, status: int, answer: bytes) -> None:
        lines = answer.count(b"\n")
        self.record.expect(f"a response has {lines} lines", holds=status != 200 or lines == BULK_ROWS + 1)

    def follow(self) -> None:
        """Follow the running training."""
        try:
            with httpx.stream("GET", f"{self.url}/jobs/3/events", timeout=60) as answer:
                for _ in answer.iter_lines():
                    self.begun.set()
        except httpx.TransportError:
            self.record.expect("an event stream is cut off", holds=False)
        else:
            self.record.answers["event stream ended"] += 1

    def page(self) -> None:
        """Keep a page open."""

        async def watch() -> None:
            client = await open_page(self.url, "/ui/jobs")
            self.record.answers["page opened"] += 1
            self.opened.set()
            await client.wait()

        asyncio.run(watch())


def start(folder: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server on a store; returns the process and the address."""
    port = free_port()
    settings = {"MLAPP_PORT": str(port), "MLAPP_STORE": folder, "MLAPP_DEMO": "false", "MLAPP_LOG_LEVEL": "error"}
    process = subprocess.Popen([sys.executable, "main.py"], cwd=ROOT, env=os.environ | settings, start_new_session=True)
    return process, f"http://127.0.0.1:{port}"


def stop(moment_s: float) -> tuple[Record, float]:
    """Stop a busy server after a delay; returns the responses and the time to exit."""
    record, frame = Record(), mixed(BULK_ROWS)
    with tempfile.TemporaryDirectory() as folder:
        process, url = start(folder)
        try:
            with httpx.Client(base_url=url, timeout=120) as http:
                wait(http)
                csv = {"Content-Type": "text/csv"}
                options = {"target": "y", "estimator": "linear"}
                for path in ("/train", f"/models/{OTHER}/train"):
                    http.post(path, content=as_csv(frame[:500]), params=options, headers=csv).raise_for_status()
                options["estimator"] = "random_forest"
                for _ in range(1 + QUEUED):
                    sent = {"params": options, "headers": csv | {"Prefer": "respond-async"}}
                    http.post("/train", content=as_csv(frame), **sent).raise_for_status()  # type: ignore[arg-type]
                clients = Clients(url, json.loads(frame[:1].write_json())[0], as_csv(frame), record)
                for thread in [*clients.threads, *clients.watchers]:
                    thread.start()
                for event in (clients.begun, clients.opened):
                    event.wait(STOPPED_S)
                time.sleep(moment_s)
            family = psutil.Process(process.pid).children(recursive=True)
            record.signalled = time.monotonic()
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
        finally:
            process.kill()
        took_s = time.monotonic() - record.signalled
        for thread in clients.threads:
            thread.join()
        record.expect(f"exit status {status}", holds=status == 0)
        record.expect(f"it took {took_s:.1f} s", holds=took_s <= STOPPED_S)
        # The fork server exits once it notices that the server has.
        left = [each for each in psutil.wait_procs(family, 1)[1] if each.status() != psutil.STATUS_ZOMBIE]
        record.expect(f"processes left: {left}", holds=not left)
        jobs = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("jobs/*/job.json"))]
        states = Counter(job["status"] for job in jobs)
        kept = states == {"succeeded": 2, "interrupted": 1 + QUEUED + 1}
        record.expect(f"the trainings are {dict(states)}", holds=kept)
    return record, took_s


def main() -> None:
    """Stop servers and count violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="once")
    chosen = parser.parse_args()
    times, random_ = (1 if chosen.quick else chosen.times), random.Random(chosen.seed)
    answers, violations, longest_s = Counter[str](), 0, 0.0
    for _ in range(times):
        record, took_s = stop(random_.uniform(0, MAX_DELAY_S))
        answers += record.answers
        violations, longest_s = violations + len(record.violations), max(longest_s, took_s)
        print(f"stopped after {took_s:.1f} s, {threading.active_count() - 1} client threads left", flush=True)
    print(
        f"seed {chosen.seed}: stopped {times} times, within {longest_s:.1f} s (goal {STOPPED_S:.0f}); "
        f"{dict(sorted(answers.items()))}; {violations} violations (goal 0)"
    )
    sys.exit(bool(violations))


if __name__ == "__main__":
    main()
