"""Two servers on one store, both asked to train, activate, delete and predict all the time.

No version is lost and no number given twice; a second after an activation was answered both servers predict by it, and
a second after a deletion neither knows the version; who is refused is told when to come back; nothing is left over.
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

from benchmarks.faults.invariants import Promises
from benchmarks.faults.kill import ENDED, TRAINING, server

AGREE_S = 1.0
"""How long what one server answered may be unknown to the other."""
PATIENCE_S = 10.0
PAUSE_S = 0.02
FEW = 3
"""Versions that are kept, at least, so that there is something to activate."""


@dataclass
class Seen(Promises):
    """What was answered."""

    trained: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    ready: set[int] = field(default_factory=set)
    """Versions that both know, and that may be activated or deleted."""
    jobs: set[int] = field(default_factory=set)
    active: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    """The longest time that the two needed to agree."""
    lock: Lock = field(default_factory=Lock)


class Busy:
    """People who use both servers at once."""

    def __init__(self, urls: list[str], row: dict[str, object], seen: Seen, random_: random.Random) -> None:
        self.urls, self.row, self.seen, self.random = urls, row, seen, random_
        self.over = Event()
        turns = [self.train, self.train, self.change, self.predict, self.predict]
        self.threads = [Thread(target=self._go, args=(turn, number)) for number, turn in enumerate(turns)]

    def _go(self, turn: Callable[[httpx.Client, httpx.Client], None], number: int) -> None:
        with ExitStack() as stack:
            one, other = (stack.enter_context(httpx.Client(base_url=url, timeout=60)) for url in self.urls)
            while not self.over.is_set():
                try:
                    turn(*((one, other) if number % 2 else (other, one)))
                except Exception as error:  # noqa: BLE001 - whatever it is, a server has no reason for it
                    self.seen.expect(f"{turn.__name__}: {error!r}", kept=False)
                    time.sleep(PAUSE_S)

    def ask(self, http: httpx.Client, method: str, path: str, **sent: Any) -> httpx.Response:
        """Ask until the answer is not that there is too much to do."""
        while True:
            answer = http.request(method, path, **sent)
            with self.seen.lock:
                self.seen.answers[str(answer.status_code)] += 1
            if answer.status_code < 500 and answer.status_code != 429:
                return answer
            told = answer.status_code in (429, 503) and "retry-after" in answer.headers
            self.seen.expect(f"{method} {path} answers {answer.status_code}: {answer.text[:200]}", kept=told)
            time.sleep(PAUSE_S)

    def agree(self, what: str, those: tuple[httpx.Client, ...], there: Callable[[httpx.Client], bool]) -> None:
        """Wait until all see something, and note down how long that took."""
        began = time.monotonic()
        for http in those:
            while not there(http) and time.monotonic() - began < PATIENCE_S:
                time.sleep(PAUSE_S)
        took_s = time.monotonic() - began
        self.seen.longest_s = max(self.seen.longest_s, took_s)
        self.seen.expect(f"{what} was seen by both after {took_s:.2f} s", kept=took_s <= AGREE_S)

    def train(self, one: httpx.Client, other: httpx.Client) -> None:
        """Train a version on one server, and watch it from the other."""
        seen = self.seen
        answer = self.ask(one, "POST", "/train", json=TRAINING, headers={"Prefer": "respond-async"})
        job = answer.raise_for_status().json()
        with seen.lock:
            seen.expect(f"job {job['id']} is there twice", kept=job["id"] not in seen.jobs)
            seen.jobs.add(job["id"])
        while job["status"] not in ENDED:
            time.sleep(PAUSE_S)
            job = self.ask(other, "GET", f"/jobs/{job['id']}").raise_for_status().json()
        seen.expect(f"job {job['id']} is {job['status']}: {job['error']}", kept=job["status"] == "succeeded")
        version = job["version"]
        with seen.lock:
            seen.expect(f"version {version} is there twice", kept=version not in seen.trained)
            seen.trained.add(version)
        self.agree(
            f"model {version}", (one, other), lambda http: self.ask(http, "GET", f"/models/{version}").is_success
        )
        seen.ready.add(version)

    def change(self, one: httpx.Client, other: httpx.Client) -> None:
        """Activate a version on one of the servers, or delete one; both have to follow."""
        seen = self.seen
        choice = sorted(seen.ready - {seen.active})
        if self.random.random() < 0.5:
            one, other = other, one
        if len(choice) < FEW:
            time.sleep(PAUSE_S)
            return
        version = self.random.choice(choice)
        if self.random.random() < 0.5:
            self.ask(one, "POST", f"/models/{version}/activate").raise_for_status()
            seen.active = version
            self.agree(f"activation of {version}", (one, other), lambda http: self.version(http) == version)
            return
        seen.ready.remove(version)
        self.ask(one, "DELETE", f"/models/{version}").raise_for_status()
        self.agree(f"deletion of {version}", (one, other), lambda http: self.unknown(http, version))
        seen.deleted.add(version)

    def version(self, http: httpx.Client) -> int:
        """Return the version that predicts."""
        answer = self.ask(http, "POST", "/predict", json={"records": [self.row]}).raise_for_status()
        version: int = answer.json()["version"]
        return version

    def unknown(self, http: httpx.Client, version: int) -> bool:
        """Return whether a version neither is listed nor predicts."""
        answer = self.ask(http, "POST", f"/predict?version={version}", json={"records": [self.row]})
        return answer.status_code == 404 and self.ask(http, "GET", f"/models/{version}").status_code == 404

    def predict(self, one: httpx.Client, _: httpx.Client) -> None:
        """Predict a row by whichever version is active."""
        gone = set(self.seen.deleted)
        version = self.version(one)
        self.seen.expect(f"deleted version {version} predicts", kept=version not in gone)
        time.sleep(PAUSE_S)


def check(clients: list[httpx.Client], folder: Path, seen: Seen) -> None:
    """Look whether both know the same, and whether that is what was answered."""
    for http in clients:
        found = http.get("/models").raise_for_status().json()
        listed = {model["version"] for model in found["models"]}
        seen.expect(f"lost: {seen.trained - seen.deleted - listed}", kept=listed >= seen.trained - seen.deleted)
        seen.expect(f"not deleted: {seen.deleted & listed}", kept=not seen.deleted & listed)
        seen.expect(f"{found['active']} is active, not {seen.active}", kept=found["active"] == seen.active)
    left = [path.name for path in [*(folder / "staging").iterdir(), *folder.glob("jobs/*/job.json.*")]]
    seen.expect(f"left over: {left}", kept=not left)


def main() -> None:
    """Keep both busy, look, and say how many promises were broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="15 seconds")
    chosen = parser.parse_args()
    seconds, seen = (15 if chosen.quick else chosen.seconds), Seen()
    with tempfile.TemporaryDirectory() as folder, server(folder) as one, server(folder) as other:
        model = one.post("/train", json=TRAINING | {"activate": True}, timeout=120).raise_for_status().json()
        seen.active = model["version"]
        seen.trained, seen.ready = {seen.active}, {seen.active}
        row = {feature["name"]: feature["example"] for feature in model["features"]}
        # The first model of a server loads the libraries, and what asks for a version queues up behind that.
        for http in (one, other):
            http.post("/predict?version=1", json={"records": [row]}, timeout=120).raise_for_status()
            http.post("/train", json=TRAINING | {"note": "warm"}, timeout=120).raise_for_status()
        seen.trained |= {2, 3}
        busy = Busy([str(http.base_url) for http in (one, other)], row, seen, random.Random(chosen.seed))
        for thread in busy.threads:
            thread.start()
        time.sleep(seconds)
        busy.over.set()
        for thread in busy.threads:
            thread.join()
        check([one, other], Path(folder), seen)
    print(
        f"seed {chosen.seed}: {seconds:.0f} s, {len(seen.trained)} versions trained, {len(seen.deleted)} deleted, "
        f"answers {dict(seen.answers)}; they agreed after {seen.longest_s:.2f} s at most (goal {AGREE_S:.0f}); "
        f"{len(seen.broken)} broken promises (goal 0)"
    )
    sys.exit(bool(seen.broken))


if __name__ == "__main__":
    main()
