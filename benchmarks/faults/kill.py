"""Crash recovery: `kill -9` of the server and its children at random instants, while it is busy.

The server trains, activates, deletes and predicts. After each restart: acknowledged versions exist, deleted ones do
not; the active version is the last activated one, or one whose activation was in flight; every listed version predicts
the same as before; no training is running; nothing is half-written.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import httpx

from benchmarks.faults.invariants import Invariants
from benchmarks.harness.server import ROOT, free_port, wait

MAX_DELAY_S = 3.0
"""A server is killed within this time of its start, or of its first finished training."""
WARM = 0.5
"""Share of the servers that are killed after their first training, which takes seconds."""
TIMEOUT_S = 30.0
ENDED = {"succeeded", "failed", "cancelled", "interrupted"}
TRAINING = {"dataset": "diabetes", "estimator": "linear", "activate": False}


@dataclass
class Journal(Invariants):
    """Acknowledged changes, and those in flight."""

    trained: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    deleting: set[int] = field(default_factory=set)
    active: set[int] = field(default_factory=set)
    """The last activated version, and one whose activation is in flight."""
    predictions: dict[int, float] = field(default_factory=dict)
    answered: int = 0

    def stored(self) -> list[int]:
        """Return the versions that must exist."""
        return sorted(self.trained - self.deleted - self.deleting)


@contextmanager
def server(folder: str) -> Iterator[httpx.Client]:
    """Serve a store until the end of the block, then kill the server and its children."""
    port = free_port()
    settings = {"MLAPP_PORT": str(port), "MLAPP_STORE": folder, "MLAPP_DEMO": "false", "MLAPP_LOG_LEVEL": "error"}
    settings |= {"MLAPP_KEEP_MODELS": "10000", "MLAPP_MAX_JOBS": "2"}
    command = [sys.executable, "main.py", "--only-api"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, start_new_session=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            wait(http)
            yield http
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Clients:
    """Clients that train, activate, delete and predict until the server is killed."""

    def __init__(self, url: str, row: dict[str, object], journal: Journal, random_: random.Random) -> None:
        self.url, self.row, self.journal, self.random = url, row, journal, random_
        self.over, self.ended = Event(), Event()
        self.threads = [
            Thread(target=self._repeat, args=(each,)) for each in (self.train, self.train, self.change, self.predict)
        ]

    def _repeat(self, action: Callable[[httpx.Client], None]) -> None:
        # A killed server does not respond; a running one has no reason to reject any of these requests.
        with httpx.Client(base_url=self.url, timeout=30) as http, suppress(httpx.TransportError):
            try:
                while not self.over.is_set():
                    action(http)
                    self.journal.answered += 1
            except httpx.HTTPStatusError as error:
                self.journal.expect(f"{error.request.url.path} returns {error.response.text}", holds=False)

    def train(self, http: httpx.Client) -> None:
        """Train a version."""
        answer = http.post("/train", json=TRAINING)
        self.journal.trained.add(answer.raise_for_status().json()["version"])
        self.ended.set()

    def change(self, http: httpx.Client) -> None:
        """Activate or delete a version."""
        journal = self.journal
        version = self.random.choice(journal.stored())
        if version in journal.active or self.random.random() < 0.5:
            journal.active.add(version)
            http.post(f"/models/{version}/activate").raise_for_status()
            journal.active = {version}
            return
        journal.deleting.add(version)
        http.delete(f"/models/{version}").raise_for_status()
        journal.deleted.add(version)

    def predict(self, http: httpx.Client) -> None:
        """Predict a row."""
        http.post("/predict", json={"records": [self.row]}).raise_for_status()


def check(http: httpx.Client, folder: Path, row: dict[str, object], journal: Journal) -> None:
    """Check every invariant."""
    found = http.get("/models").raise_for_status().json()
    listed = {model["version"] for model in found["models"]}
    journal.expect("a version is lost", holds=set(journal.stored()) <= listed)
    journal.expect("a deleted version is back", holds=not journal.deleted & listed)
    active = found["active"]
    journal.expect(f"{active} is active instead of one of {journal.active}", holds=active in journal.active)
    for version in [*listed - journal.predictions.keys(), active]:
        answer = http.post(f"/predict?version={version}", json={"records": [row]})
        journal.expect(f"version {version} returns {answer.text}", holds=answer.status_code == 200)
        value = answer.json()["predictions"][0]
        same = journal.predictions.setdefault(version, value) == value
        journal.expect(f"the prediction of version {version} has changed", holds=same)
    answer = http.post("/predict", json={"records": [row]})
    journal.expect("the active version does not predict", holds=answer.json().get("version") == active)
    running = [job for job in http.get("/jobs").json()["jobs"] if job["status"] not in ENDED]
    journal.expect(f"{len(running)} trainings run", holds=not running)
    left = [path.name for path in (folder / "staging").iterdir()]
    journal.expect(f"left behind: {left}", holds=not left)
    # Changes in flight are settled by now.
    journal.trained |= listed
    journal.deleted |= journal.deleting - listed
    journal.deleting = set(journal.deleted)
    journal.active = {active}


def main() -> None:
    """Kill servers, check the invariants and count violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="three kills")
    chosen = parser.parse_args()
    kills, random_, journal = (3 if chosen.quick else chosen.kills), random.Random(chosen.seed), Journal()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        with server(folder) as http:
            model = http.post("/train", json=TRAINING | {"activate": True}).raise_for_status().json()
        row = {feature["name"]: feature["example"] for feature in model["features"]}
        journal.trained, journal.active = {model["version"]}, {model["version"]}
        for number in range(1, kills + 1):
            with server(folder) as http:
                check(http, Path(folder), row, journal)
                clients = Clients(str(http.base_url), row, journal, random_)
                for thread in clients.threads:
                    thread.start()
                if random_.random() < WARM:
                    clients.ended.wait(TIMEOUT_S)
                time.sleep(random_.uniform(0, MAX_DELAY_S))
            clients.over.set()
            for thread in clients.threads:
                thread.join()
            if number % 25 == 0:
                print(f"{number} kills, {journal.answered} requests answered", flush=True)
        with server(folder) as http:
            check(http, Path(folder), row, journal)
    print(
        f"seed {chosen.seed}: {kills} kills in {time.perf_counter() - began:.0f} s, {journal.answered} requests "
        f"answered, {len(journal.trained)} versions; {len(journal.violations)} violations (goal 0)"
    )
    sys.exit(bool(journal.violations))


if __name__ == "__main__":
    main()
