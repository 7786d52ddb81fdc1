"""Two servers on one store, both busy with trainings, activations, deletions and predictions of several models.

No version is lost and no number is given twice; within a second of a change both servers follow it: new models and
versions, active versions, the default model, descriptions, deletions; rejections carry Retry-After; nothing is
half-written.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx

from benchmarks.faults.agreement import AGREE_S, PAUSE_S, Agreement, Record
from benchmarks.faults.numbered_models import BODY, FLEETING, LASTING, predict_path, training
from benchmarks.faults.servers import ENDED, server

MIN_VERSIONS = 3
"""Versions of a model that are never deleted, so that there is one to activate."""
ASYNC = {"Prefer": "respond-async"}


class Clients(Agreement):
    """Clients of both servers."""

    def __init__(self, urls: list[str], record: Record, random_: random.Random) -> None:
        super().__init__(record)
        self.urls, self.random, self.over = urls, random_, Event()
        actions = [self.train, self.train, self.change, self.create_and_delete, self.predict, self.predict]
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

    def train(self, one: httpx.Client, other: httpx.Client) -> None:
        """Train a version of a model on one server and follow it on the other."""
        record, name, number = self.record, self.random.choice(LASTING), self.record.numbers.next()
        version = (name, self.trained(one, other, name, number, activate="never"))
        with record.lock:
            record.expect(f"version {version} is assigned twice", holds=version not in record.trained)
            record.trained[version] = number
        self.agree(f"version {version}", (one, other), lambda http: self.number(http, *version) == number)
        record.ready.add(version)

    def trained(self, one: httpx.Client, other: httpx.Client, name: str, number: int, **options: Any) -> int:
        """Train on one server, wait for the result on the other, and return the version."""
        sent = {"json": training(number, **options), "headers": ASYNC}
        job = self.request(one, "POST", f"/models/{name}/train", **sent).raise_for_status().json()
        with self.record.lock:
            self.record.expect(f"job id {job['id']} is used twice", holds=job["id"] not in self.record.jobs)
            self.record.jobs.add(job["id"])
        while job["status"] not in ENDED:
            time.sleep(PAUSE_S)
            job = self.request(other, "GET", f"/jobs/{job['id']}").raise_for_status().json()
        ended_well = job["status"] == "succeeded" and job["model"] == name
        self.record.expect(f"job {job['id']} is {job['status']}: {job['error']}", holds=ended_well)
        version: int = job["version"]
        return version

    def change(self, one: httpx.Client, other: httpx.Client) -> None:
        """Change a model on one server; both must follow."""
        if self.random.random() < 0.5:
            one, other = other, one
        name = self.random.choice(LASTING)
        self.random.choice((self.activate, self.delete, self.describe, self.make_default))(one, other, name)
        self.record.changes += 1

    def inactive(self, name: str) -> list[int]:
        """Return the versions of a model that may be activated or deleted; none if there are few."""
        active = self.record.active[name]
        found = sorted(version for model, version in self.record.ready.copy() if model == name and version != active)
        return found if len(found) >= MIN_VERSIONS else []

    def activate(self, one: httpx.Client, other: httpx.Client, name: str) -> None:
        """Activate a version."""
        if choice := self.inactive(name):
            version = self.random.choice(choice)
            self.request(one, "POST", f"/models/{name}/versions/{version}/activate").raise_for_status()
            self.record.active[name] = version
            number = self.record.trained[name, version]
            self.agree(f"activation of {name} {version}", (one, other), lambda http: self.number(http, name) == number)

    def delete(self, one: httpx.Client, other: httpx.Client, name: str) -> None:
        """Delete a version."""
        if choice := self.inactive(name):
            version = self.random.choice(choice)
            self.record.ready.remove((name, version))
            path = f"/models/{name}/versions/{version}"
            self.request(one, "DELETE", path).raise_for_status()
            paths = (predict_path(name, version), path)
            self.agree(f"deletion of {name} {version}", (one, other), lambda http: self.unknown(http, *paths))
            self.record.deleted.add((name, version))

    def describe(self, one: httpx.Client, other: httpx.Client, name: str) -> None:
        """Change the description of a model."""
        text, path = f"Description {self.record.numbers.next()}.", f"/models/{name}"
        self.request(one, "PATCH", path, json={"description": text}).raise_for_status()
        self.agree(
            f"the description of {name}",
            (one, other),
            lambda http: bool(self.request(http, "GET", path).json()["description"] == text),
        )

    def make_default(self, one: httpx.Client, other: httpx.Client, name: str) -> None:
        """Make a model the default one."""
        self.request(one, "PATCH", f"/models/{name}", json={"default": True}).raise_for_status()
        self.record.default = name
        self.agree(
            f"the default model {name}",
            (one, other),
            lambda http: bool(self.request(http, "POST", "/predict", json=BODY).json()["model"] == name),
        )

    def create_and_delete(self, one: httpx.Client, other: httpx.Client) -> None:
        """Create a model on one server and delete it on the other; both must follow."""
        number = self.record.numbers.next()
        version = (FLEETING, self.trained(one, other, FLEETING, number))
        with self.record.lock:
            self.record.expect(f"version {version} is assigned twice", holds=version not in self.record.deleted)
        self.agree("a new model", (one, other), lambda http: self.number(http, FLEETING) == number)
        self.request(other, "DELETE", f"/models/{FLEETING}").raise_for_status()
        paths = (predict_path(FLEETING), f"/models/{FLEETING}")
        self.agree("the deletion of a model", (one, other), lambda http: self.unknown(http, *paths))
        self.record.deleted.add(version)

    def predict(self, one: httpx.Client, _: httpx.Client) -> None:
        """Predict a row by the active version of a model."""
        name, gone = self.random.choice(LASTING), set(self.record.deleted)
        answer = self.request(one, "POST", predict_path(name), json=BODY).raise_for_status().json()
        version = (answer["model"], answer["version"])
        self.record.expect(f"{version} answers for {name}", holds=version[0] == name and version not in gone)
        expected = self.record.trained.get(version)
        right = expected in (None, round(answer["predictions"][0]))
        self.record.expect(f"{version} predicts {answer['predictions']}, not {expected}", holds=right)
        time.sleep(PAUSE_S)


def check(servers: list[httpx.Client], folder: Path, record: Record) -> None:
    """Check that both servers list exactly the acknowledged models and versions."""
    for http in servers:
        found = http.get("/models").raise_for_status().json()
        names = [model["name"] for model in found["models"]]
        record.expect(f"models: {names}", holds=names == sorted(LASTING))
        record.expect(f"{found['default']} is the default model", holds=found["default"] == record.default)
        for name in LASTING:
            versions = http.get(f"/models/{name}/versions").raise_for_status().json()
            listed = {(name, version["version"]) for version in versions["versions"]}
            stored = {version for version in record.trained if version[0] == name} - record.deleted
            record.expect(f"listed: {listed}, stored: {stored}", holds=listed == stored)
            active = versions["active"]
            record.expect(
                f"{active} of {name} is active, not {record.active[name]}", holds=active == record.active[name]
            )
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
        start([one, other], record)
        clients = Clients([str(http.base_url) for http in (one, other)], record, random.Random(chosen.seed))
        for thread in clients.threads:
            thread.start()
        time.sleep(seconds)
        clients.over.set()
        for thread in clients.threads:
            thread.join()
        check([one, other], Path(folder), record)
    print(
        f"seed {chosen.seed}: {seconds:.0f} s, {len(record.trained)} versions trained, {len(record.deleted)} deleted, "
        f"{record.changes} changes, responses {dict(record.answers)}; agreed within {record.longest_s:.2f} s "
        f"(goal {AGREE_S:.0f}); {len(record.violations)} violations (goal 0)"
    )
    sys.exit(bool(record.violations))


def start(servers: list[httpx.Client], record: Record) -> None:
    """Train the first version of every model, and have both servers load the libraries, which takes seconds."""
    for name in LASTING:
        number = record.numbers.next()
        answer = servers[0].post(f"/models/{name}/train", json=training(number), timeout=120).raise_for_status()
        version = answer.json()["version"]
        record.active[name], record.trained[name, version] = version, number
        record.ready.add((name, version))
        for http in servers:
            http.post(predict_path(name, version), json=BODY, timeout=120).raise_for_status()
    for http in servers:
        number = record.numbers.next()
        sent = training(number, activate="never")
        answer = http.post(f"/models/{LASTING[0]}/train", json=sent, timeout=120).raise_for_status()
        record.trained[LASTING[0], answer.json()["version"]] = number


if __name__ == "__main__":
    main()
