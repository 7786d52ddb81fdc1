"""SIGTERM to a server that has everything to do: rows, large bodies, slow readers, followers, pages, trainings.

Every request that was begun before is answered completely, or refused with 503; trainings that run or wait end as
`interrupted`, and who follows one hears of it; within ten seconds the exit status is 0 and no process is left.
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

from benchmarks.faults.invariants import Promises
from benchmarks.harness.page_clients import open_page
from benchmarks.harness.server import ROOT, free_port, wait
from benchmarks.harness.tables import as_csv, mixed

STOPPED_S = 10.0
UNDER_WAY_S = 0.1
"""A request is under way when it was begun so long before: what a server has not read when it closes an idle
connection is lost, and HTTP has no way around it (RFC 9112, section 9.3.1)."""
MOST_S = 2.0
BULK_ROWS = 50_000
SLOW_S = 3.0
"""How long the slow reader takes."""
QUEUED = 3


@dataclass
class Seen(Promises):
    """What came of the requests of one server."""

    told: float = float("inf")
    """When the server was told to stop."""
    answers: Counter[str] = field(default_factory=Counter)


class Busy:
    """People who ask, each as soon as the last answer is here, until the server is gone."""

    def __init__(self, url: str, row: dict[str, object], table: bytes, seen: Seen) -> None:
        self.url, self.row, self.table, self.seen = url, row, table, seen
        self.begun, self.opened = Event(), Event()
        turns = [self.rows, self.rows, self.bulk, self.slow, self.health, self.train]
        self.threads = [Thread(target=self._go, args=(turn,)) for turn in turns]
        # Nobody waits for these: they would go on for ever.
        self.watchers = [Thread(target=watch, daemon=True) for watch in (self.follow, self.page)]

    def _go(self, turn: Callable[[httpx.Client], int]) -> None:
        what = turn.__name__
        with httpx.Client(base_url=self.url, timeout=60) as http:
            while True:
                began = time.monotonic()
                try:
                    status = turn(http)
                except httpx.TransportError as error:
                    before = self.seen.told - began
                    cut = before > UNDER_WAY_S
                    self.seen.expect(f"{what} begun {before:.2f} s before is not answered: {error!r}", kept=not cut)
                    return
                self.seen.answers[f"{what} {status}"] += 1
                self.seen.expect(f"{what} answers {status}", kept=status in (200, 503))

    def rows(self, http: httpx.Client) -> int:
        """Predict a row."""
        return http.post("/predict", json={"records": [self.row]}).status_code

    def health(self, http: httpx.Client) -> int:
        """Ask how it is."""
        return http.get("/health").status_code

    def train(self, http: httpx.Client) -> int:
        """Train, and wait for the model: behind so many others that there is none."""
        return http.post("/train", json={"dataset": "wine"}).status_code

    def bulk(self, http: httpx.Client) -> int:
        """Predict a large table."""
        answer = http.post("/predict", content=self.table, headers={"Content-Type": "text/csv"})
        self._complete(answer.status_code, answer.content)
        return answer.status_code

    def slow(self, http: httpx.Client) -> int:
        """Predict a large table, and take the answer slowly."""
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
        self.seen.expect(f"{lines} lines are answered", kept=status != 200 or lines == BULK_ROWS + 1)

    def follow(self) -> None:
        """Follow the training that runs."""
        try:
            with httpx.stream("GET", f"{self.url}/jobs/2/events", timeout=60) as answer:
                for _ in answer.iter_lines():
                    self.begun.set()
        except httpx.TransportError:
            self.seen.expect("who follows a job is cut off", kept=False)
        else:
            self.seen.answers["follower answered"] += 1

    def page(self) -> None:
        """Watch a page."""

        async def watch() -> None:
            client = await open_page(self.url, "/ui/jobs")
            self.seen.answers["page opened"] += 1
            self.opened.set()
            await client.wait()

        asyncio.run(watch())


def start(folder: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server on a store, and return it and where it is."""
    port = free_port()
    settings = {"MLAPP_PORT": str(port), "MLAPP_STORE": folder, "MLAPP_DEMO": "false", "MLAPP_LOG_LEVEL": "error"}
    process = subprocess.Popen([sys.executable, "main.py"], cwd=ROOT, env=os.environ | settings, start_new_session=True)
    return process, f"http://127.0.0.1:{port}"


def stop(moment_s: float) -> tuple[Seen, float]:
    """Stop a busy server after a while, and return what was seen, and how long it took to stop."""
    seen, frame = Seen(), mixed(BULK_ROWS)
    with tempfile.TemporaryDirectory() as folder:
        process, url = start(folder)
        try:
            with httpx.Client(base_url=url, timeout=120) as http:
                wait(http)
                csv = {"Content-Type": "text/csv"}
                options = {"target": "y", "estimator": "linear"}
                http.post("/train", content=as_csv(frame[:500]), params=options, headers=csv).raise_for_status()
                options["estimator"] = "random_forest"
                for _ in range(1 + QUEUED):
                    sent = {"params": options, "headers": csv | {"Prefer": "respond-async"}}
                    http.post("/train", content=as_csv(frame), **sent).raise_for_status()  # type: ignore[arg-type]
                busy = Busy(url, json.loads(frame[:1].write_json())[0], as_csv(frame), seen)
                for thread in [*busy.threads, *busy.watchers]:
                    thread.start()
                for watched in (busy.begun, busy.opened):
                    watched.wait(STOPPED_S)
                time.sleep(moment_s)
            family = psutil.Process(process.pid).children(recursive=True)
            seen.told = time.monotonic()
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
        finally:
            process.kill()
        took_s = time.monotonic() - seen.told
        for thread in busy.threads:
            thread.join()
        seen.expect(f"exit status {status}", kept=status == 0)
        seen.expect(f"it took {took_s:.1f} s", kept=took_s <= STOPPED_S)
        # What they are forked from ends as soon as it sees that the server has.
        left = [each for each in psutil.wait_procs(family, 1)[1] if each.status() != psutil.STATUS_ZOMBIE]
        seen.expect(f"left over: {left}", kept=not left)
        jobs = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("jobs/*/job.json"))]
        states = Counter(job["status"] for job in jobs)
        kept = states == {"succeeded": 1, "interrupted": 1 + QUEUED + 1}
        seen.expect(f"the trainings are {dict(states)}", kept=kept)
    return seen, took_s


def main() -> None:
    """Stop servers, and say how many promises were broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="once")
    chosen = parser.parse_args()
    times, random_ = (1 if chosen.quick else chosen.times), random.Random(chosen.seed)
    answers, broken, longest_s = Counter[str](), 0, 0.0
    for _ in range(times):
        seen, took_s = stop(random_.uniform(0, MOST_S))
        answers += seen.answers
        broken, longest_s = broken + len(seen.broken), max(longest_s, took_s)
        print(f"stopped after {took_s:.1f} s, {threading.active_count() - 1} threads left here", flush=True)
    print(
        f"seed {chosen.seed}: stopped {times} times, after {longest_s:.1f} s at most (goal {STOPPED_S:.0f}); "
        f"{dict(sorted(answers.items()))}; {broken} broken promises (goal 0)"
    )
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
