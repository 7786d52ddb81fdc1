"""Two servers on one store, both busy with trainings, activations, deletions and predictions.

No version is lost and no number is given twice; within a second of an activation both servers predict by it, and
within a second of a deletion neither has the version; rejections carry Retry-After; nothing is half-written.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import httpx

from benchmarks.faults.invariants import Invariants
from benchmarks.faults.kill import ENDED, TRAINING, server

AGREE_S = 1.0
"""Time within which one server sees the changes of the other."""
TIMEOUT_S = 10.0
PAUSE_S = 0.02
MIN_VERSIONS = 3
"""Versions that are never deleted, so that there is one to activate."""


@dataclass
class Record(Invariants):
    """Acknowledged changes and responses so far."""

    trained: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    ready: set[int] = field(default_factory=set)
    """Versions that both servers have, which may be activated or deleted."""
    jobs: set[int] = field(default_factory=set)
    active: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    """The longest time until both servers agreed."""
    lock: Lock = field(default_factory=Lock)


class Clients:
    """Clients of both servers."""

    def __init__(self, urls: list[str], row: dict[str, object], record: Record, random_: random.Random) -> None:
        self.urls, self.row, self.record, self.random = urls, row, record, random_
        self.over = Event()
        actions = [self.train, self.train, self.change, self.predict, self.predict]
        self.threads = [Thread(target=self._repeat, args=(action, number)) for number, action in enumerate(actions)]

    def _repeat(self, action: Callable[[httpx.Client, httpx.Client], None], number: int) -> None:
        with ExitStack() as stack:
            one, other = (stack.enter_context(httpx.Client(base_url=url, timeout=60)) for url in self.urls)
            while not self.over.is_set():
                try:
                    action(*((one, other) if number % 2 else (other, one)))
                except Exception as error:  # noqa: BLE001 - any error is a violation
                    self.record.expect(f"{action.__name__}: {error!r}", holds=False)
                    time.sleep(PAUSE_S)

    def request(self, http: httpx.Client, method: str, path: str, **sent: Any) -> httpx.Response:
        """Repeat a request until it is not rejected for overload."""
        while True:
            answer = http.request(method, path, **sent)
            with self.record.lock:
                self.record.answers[str(answer.status_code)] += 1
            if answer.status_code < 500 and answer.status_code != 429:
                return answer
            retry = answer.status_code in (429, 503) and "retry-after" in answer.headers
            self.record.expect(f"{method} {path} returns {answer.status_code}: {answer.text[:200]}", holds=retry)
            time.sleep(PAUSE_S)

    def agree(self, what: str, servers: tuple[httpx.Client, ...], visible: Callable[[httpx.Client], bool]) -> None:
        """Wait until a change is visible on all servers, and record the time."""
        began = time.monotonic()
        for http in servers:
            while not visible(http) and time.monotonic() - began < TIMEOUT_S:
                time.sleep(PAUSE_S)
        took_s = time.monotonic() - began
        self.record.longest_s = max(self.record.longest_s, took_s)
        self.record.expect(f"{what} was visible on both after {took_s:.2f} s", holds=took_s <= AGREE_S)

    def train(self, one: httpx.Client, other: httpx.Client) -> None:
        """Train a version on one server and follow it on the other."""
        record = self.record
        answer = self.request(one, "POST", "/train", json=TRAINING, headers={"Prefer": "respond-async"})
        job = answer.raise_for_status().json()
        with record.lock:
            record.expect(f"job id {job['id']} is used twice", holds=job["id"] not in record.jobs)
            record.jobs.add(job["id"])
        while job["status"] not in ENDED:
            time.sleep(PAUSE_S)
            job = self.request(other, "GET", f"/jobs/{job['id']}").raise_for_status().json()
        record.expect(f"job {job['id']} is {job['status']}: {job['error']}", holds=job["status"] == "succeeded")
        version = job["version"]
        with record.lock:
            record.expect(f"version number {version} is used twice", holds=version not in record.trained)
            record.trained.add(version)
        self.agree(
            f"model {version}", (one, other), lambda http: self.request(http, "GET", f"/models/{version}").is_success
        )
        record.ready.add(version)

    def change(self, one: httpx.Client, other: httpx.Client) -> None:
        """Activate or delete a version on one server; both must follow."""
        record = self.record
        choice = sorted(record.ready - {record.active})
        if self.random.random() < 0.5:
            one, other = other, one
        if len(choice) < MIN_VERSIONS:
            time.sleep(PAUSE_S)
            return
        version = self.random.choice(choice)
        if self.random.random() < 0.5:
            self.request(one, "POST", f"/models/{version}/activate").raise_for_status()
            record.active = version
            self.agree(f"activation of {version}", (one, other), lambda http: self.version(http) == version)
            return
        record.ready.remove(version)
        self.request(one, "DELETE", f"/models/{version}").raise_for_status()
        self.agree(f"deletion of {version}", (one, other), lambda http: self.unknown(http, version))
        record.deleted.add(version)

    def version(self, http: httpx.Client) -> int:
        """Return the version that predicts."""
        answer = self.request(http, "POST", "/predict", json={"records": [self.row]}).raise_for_status()
        version: int = answer.json()["version"]
        return version

    def unknown(self, http: httpx.Client, version: int) -> bool:
        """Return whether a version is neither found nor predicts."""
        answer = self.request(http, "POST", f"/predict?version={version}", json={"records": [self.row]})
        return answer.status_code == 404 and self.request(http, "GET", f"/models/{version}").status_code == 404

    def predict(self, one: httpx.Client, _: httpx.Client) -> None:
        """Predict a row by the active version."""
        gone = set(self.record.deleted)
        version = self.version(one)
        self.record.expect(f"deleted version {version} predicts", holds=version not in gone)
        time.sleep(PAUSE_S)


def check(servers: list[httpx.Client], folder: Path, record: Record) -> None:
    """Check that both servers list exactly the acknowledged versions."""
    for http in servers:
        found = http.get("/models").raise_for_status().json()
        listed = {model["version"] for model in found["models"]}
        stored, active = record.trained - record.deleted, found["active"]
        record.expect(f"lost: {stored - listed}", holds=listed >= stored)
        record.expect(f"not deleted: {record.deleted & listed}", holds=not record.deleted & listed)
        record.expect(f"{active} is active instead of {record.active}", holds=active == record.active)
    left = [path.name for path in [*(folder / "staging").iterdir(), *folder.glob("jobs/*/job.json.*")]]
    record.expect(f"left behind: {left}", holds=not left)


def main() -> None:
    """Run clients on both servers, check the invariants and count violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="15 seconds")
    chosen = parser.parse_args()
    seconds, record = (15 if chosen.quick else chosen.seconds), Record()
    with tempfile.TemporaryDirectory() as folder, server(folder) as one, server(folder) as other:
        model = one.post("/train", json=TRAINING | {"activate": True}, timeout=120).raise_for_status().json()
        record.active = model["version"]
        record.trained, record.ready = {record.active}, {record.active}
        row = {feature["name"]: feature["example"] for feature in model["features"]}
        # The first model of a server loads the libraries, and requests for versions wait for that.
        for http in (one, other):
            http.post("/predict?version=1", json={"records": [row]}, timeout=120).raise_for_status()
            http.post("/train", json=TRAINING | {"note": "warm"}, timeout=120).raise_for_status()
        record.trained |= {2, 3}
        clients = Clients([str(http.base_url) for http in (one, other)], row, record, random.Random(chosen.seed))
        for thread in clients.threads:
            thread.start()
        time.sleep(seconds)
        clients.over.set()
        for thread in clients.threads:
            thread.join()
        check([one, other], Path(folder), record)
    print(
        f"seed {chosen.seed}: {seconds:.0f} s, {len(record.trained)} versions trained, {len(record.deleted)} deleted, "
        f"responses {dict(record.answers)}; agreed within {record.longest_s:.2f} s (goal {AGREE_S:.0f}); "
        f"{len(record.violations)} violations (goal 0)"
    )
    sys.exit(bool(record.violations))


if __name__ == "__main__":
    main()
