"""`kill -9` at any instant, of the server and all its processes, while it trains, activates, deletes and predicts.

After each restart: the active model is one that was activated or was about to be, and predicts what it predicted; what
was answered with 201 is there, what was answered with 204 is not; every version that is listed predicts; no training
runs any more; nothing is left half-written. Whatever is not so is printed, with the seed that led to it.
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

from benchmarks.faults.invariants import Promises
from benchmarks.harness.server import ROOT, free_port, wait

MOST_S = 3.0
"""A server is killed within so long of its start, or of the first training that it has ended."""
WARM = 0.5
"""Share of the servers that are killed only after a training: the first one of a server takes seconds."""
PATIENCE_S = 30.0
ENDED = {"succeeded", "failed", "cancelled", "interrupted"}
TRAINING = {"dataset": "diabetes", "estimator": "linear", "activate": False}


@dataclass
class Journal(Promises):
    """What was answered, and what was asked and not answered."""

    trained: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    maybe_deleted: set[int] = field(default_factory=set)
    active: set[int] = field(default_factory=set)
    """The version that was activated last, and the one that may have been."""
    predictions: dict[int, float] = field(default_factory=dict)
    answered: int = 0

    def there(self) -> list[int]:
        """Return the versions that nobody asked to delete."""
        return sorted(self.trained - self.deleted - self.maybe_deleted)


@contextmanager
def server(folder: str) -> Iterator[httpx.Client]:
    """Serve a store until the end of the block, then kill all that it has started."""
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


class Busy:
    """People who train, activate, delete and predict, until the server is gone."""

    def __init__(self, url: str, row: dict[str, object], journal: Journal, random_: random.Random) -> None:
        self.url, self.row, self.journal, self.random = url, row, journal, random_
        self.over, self.ended = Event(), Event()
        self.threads = [
            Thread(target=self._go, args=(each,)) for each in (self.train, self.train, self.change, self.predict)
        ]

    def _go(self, turn: Callable[[httpx.Client], None]) -> None:
        # A server that is killed does not answer; one that answers has no reason to refuse any of this.
        with httpx.Client(base_url=self.url, timeout=30) as http, suppress(httpx.TransportError):
            try:
                while not self.over.is_set():
                    turn(http)
                    self.journal.answered += 1
            except httpx.HTTPStatusError as error:
                self.journal.expect(f"{error.request.url.path} answers {error.response.text}", kept=False)

    def train(self, http: httpx.Client) -> None:
        """Train a version."""
        answer = http.post("/train", json=TRAINING)
        self.journal.trained.add(answer.raise_for_status().json()["version"])
        self.ended.set()

    def change(self, http: httpx.Client) -> None:
        """Activate a version, or delete one."""
        journal = self.journal
        version = self.random.choice(journal.there())
        if version in journal.active or self.random.random() < 0.5:
            journal.active.add(version)
            http.post(f"/models/{version}/activate").raise_for_status()
            journal.active = {version}
            return
        journal.maybe_deleted.add(version)
        http.delete(f"/models/{version}").raise_for_status()
        journal.deleted.add(version)

    def predict(self, http: httpx.Client) -> None:
        """Predict a row."""
        http.post("/predict", json={"records": [self.row]}).raise_for_status()


def check(http: httpx.Client, folder: Path, row: dict[str, object], journal: Journal) -> None:
    """Look whether every promise is kept."""
    found = http.get("/models").raise_for_status().json()
    listed = {model["version"] for model in found["models"]}
    journal.expect("a version is gone", kept=set(journal.there()) <= listed)
    journal.expect("a deleted version is back", kept=not journal.deleted & listed)
    journal.expect(f"{found['active']} is active, not one of {journal.active}", kept=found["active"] in journal.active)
    for version in [*listed - journal.predictions.keys(), found["active"]]:
        answer = http.post(f"/predict?version={version}", json={"records": [row]})
        journal.expect(f"version {version} answers {answer.text}", kept=answer.status_code == 200)
        value = answer.json()["predictions"][0]
        same = journal.predictions.setdefault(version, value) == value
        journal.expect(f"version {version} predicts otherwise", kept=same)
    answer = http.post("/predict", json={"records": [row]})
    journal.expect("the active version does not answer", kept=answer.json().get("version") == found["active"])
    running = [job for job in http.get("/jobs").json()["jobs"] if job["status"] not in ENDED]
    journal.expect(f"{len(running)} trainings run", kept=not running)
    left = [path.name for path in (folder / "staging").iterdir()]
    journal.expect(f"left over: {left}", kept=not left)
    # What was not answered has been settled by now.
    journal.trained |= listed
    journal.deleted |= journal.maybe_deleted - listed
    journal.maybe_deleted = set(journal.deleted)
    journal.active = {found["active"]}


def main() -> None:
    """Kill, look, and say how many promises were broken."""
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
                busy = Busy(str(http.base_url), row, journal, random_)
                for thread in busy.threads:
                    thread.start()
                if random_.random() < WARM:
                    busy.ended.wait(PATIENCE_S)
                time.sleep(random_.uniform(0, MOST_S))
            busy.over.set()
            for thread in busy.threads:
                thread.join()
            if number % 25 == 0:
                print(f"{number} kills, {journal.answered} requests answered in between", flush=True)
        with server(folder) as http:
            check(http, Path(folder), row, journal)
    print(
        f"seed {chosen.seed}: {kills} kills in {time.perf_counter() - began:.0f} s, {journal.answered} requests "
        f"answered, {len(journal.trained)} versions; {len(journal.broken)} broken promises (goal 0)"
    )
    sys.exit(bool(journal.broken))


if __name__ == "__main__":
    main()
