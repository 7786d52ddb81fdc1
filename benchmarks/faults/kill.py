"""Crash recovery: `kill -9` of the server and its children at random instants, while it is busy with several models.

The server trains, activates, rolls back, deletes, describes and predicts; one model is created and deleted again and
again. After each restart: acknowledged versions exist, deleted ones do not; the active versions, the default model and
the settings are the last acknowledged ones, or those of a change in flight; every listed version predicts what it was
trained for; no training is running; nothing is half-written.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import httpx

from benchmarks.faults.journal import Journal, check
from benchmarks.faults.numbered_models import BODY, FLEETING, LASTING, predict_path, training
from benchmarks.faults.servers import server

MAX_DELAY_S = 3.0
"""A server is killed within this time of its start, or of its first finished training."""
WARM = 0.5
"""Share of the servers that are killed after their first training, which takes seconds."""
TIMEOUT_S = 30.0


class Clients:
    """Clients that send requests until the server is killed."""

    def __init__(self, url: str, journal: Journal, random_: random.Random) -> None:
        self.url, self.journal, self.random = url, journal, random_
        self.over, self.ended = Event(), Event()
        actions = (self.train, self.train, self.change, self.create_and_delete, self.predict)
        self.threads = [Thread(target=self._repeat, args=(action,)) for action in actions]

    def _repeat(self, action: Callable[[httpx.Client], None]) -> None:
        # A killed server does not respond; a running one has no reason to reject any of these requests.
        with httpx.Client(base_url=self.url, timeout=30) as http, suppress(httpx.TransportError):
            try:
                while not self.over.is_set():
                    action(http)
                    self.journal.answered += 1
            except httpx.HTTPStatusError as error:
                request = f"{error.request.method} {error.request.url.path}"
                self.journal.expect(f"{request} returns {error.response.text}", holds=False)

    def train(self, http: httpx.Client) -> None:
        """Train a version of a model."""
        name, number = self.random.choice(LASTING), self.journal.numbers.next()
        known = self.journal.models[name]
        known.sent.add(number)
        answer = http.post(f"/models/{name}/train", json=training(number, activate="never"))
        known.trained[answer.raise_for_status().json()["version"]] = number
        self.ended.set()

    def change(self, http: httpx.Client) -> None:
        """Activate, roll back or delete a version, describe a model, or make it the default one."""
        name = self.random.choice(LASTING)
        action = self.random.choice((self.activate, self.roll_back, self.delete, self.describe, self.make_default))
        action(http, name)

    def activate(self, http: httpx.Client, name: str) -> None:
        """Activate a version."""
        version = self.random.choice(self.journal.models[name].stored())
        with self.journal.models[name].active.changing(version):
            http.post(f"/models/{name}/versions/{version}/activate").raise_for_status()

    def roll_back(self, http: httpx.Client, name: str) -> None:
        """Activate the previous version, if there is one."""
        known = self.journal.models[name]
        before, known.active.possible = known.active.possible, {*known.active.possible, *known.stored()}
        answer = http.post(f"/models/{name}/rollback")
        known.active.possible = before if answer.status_code == 409 else {answer.raise_for_status().json()["version"]}

    def delete(self, http: httpx.Client, name: str) -> None:
        """Delete an inactive version."""
        known = self.journal.models[name]
        choice = [version for version in known.stored() if version not in known.active.possible]
        if choice:
            version = self.random.choice(choice)
            known.deleting.add(version)
            http.delete(f"/models/{name}/versions/{version}").raise_for_status()
            known.deleted.add(version)

    def describe(self, http: httpx.Client, name: str) -> None:
        """Change the description and the activation policy of a model."""
        description = f"Description {self.journal.numbers.next()}."
        with self.journal.models[name].description.changing(description):
            sent = {"description": description, "activation": self.random.choice(("auto", "always", "never"))}
            http.patch(f"/models/{name}", json=sent).raise_for_status()

    def make_default(self, http: httpx.Client, name: str) -> None:
        """Make a model the default one."""
        with self.journal.default.changing(name):
            http.patch(f"/models/{name}", json={"default": True}).raise_for_status()

    def create_and_delete(self, http: httpx.Client) -> None:
        """Create a model by a training, predict with it and delete it."""
        number, fleeting = self.journal.numbers.next(), self.journal.fleeting
        with fleeting.changing(number):
            answer = http.post(f"/models/{FLEETING}/train", json=training(number, activate="always"))
            version = answer.raise_for_status().json()["version"]
        self.journal.expect(f"version {version} of {FLEETING} was assigned twice", holds=version > self.journal.last)
        self.journal.last = version
        http.post(predict_path(FLEETING), json=BODY).raise_for_status()
        with fleeting.changing(None):
            http.delete(f"/models/{FLEETING}").raise_for_status()

    def predict(self, http: httpx.Client) -> None:
        """Predict a row with a model, and with the default one."""
        http.post(predict_path(self.random.choice(LASTING)), json=BODY).raise_for_status()
        http.post("/predict", json=BODY).raise_for_status()


def main() -> None:
    """Kill servers, check the invariants and count violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="three kills")
    chosen = parser.parse_args()
    kills, random_ = (3 if chosen.quick else chosen.kills), random.Random(chosen.seed)
    journal, began = Journal(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        with server(folder) as http:
            journal.start(http)
        for number in range(1, kills + 1):
            with server(folder) as http:
                check(http, Path(folder), journal)
                clients = Clients(str(http.base_url), journal, random_)
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
            check(http, Path(folder), journal)
    versions = sum(len(known.trained) for known in journal.models.values())
    print(
        f"seed {chosen.seed}: {kills} kills in {time.perf_counter() - began:.0f} s, {journal.answered} requests "
        f"answered, {versions} versions of {len(LASTING)} models; {len(journal.violations)} violations (goal 0)"
    )
    sys.exit(bool(journal.violations))


if __name__ == "__main__":
    main()
