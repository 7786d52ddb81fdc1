"""A full disk and a read-only store: all models predict, trainings and changes fail with the reason, nothing is lost.

The disk is a small tmpfs, which only root can mount. It fills up while a server runs; then a server starts while it is
full, and one while it is read-only. Once there is room again, trainings succeed without a restart.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import httpx

from benchmarks import NOT_JUDGED
from benchmarks.faults.invariants import Invariants
from benchmarks.faults.numbered_models import BODY, Numbers, number_of, predict_path, training
from benchmarks.faults.servers import ENDED, server

DISK_MB = 4
ROOM = (0, 1_000, 5_000, 20_000, 60_000)
"""Bytes left on the disk, so that it becomes full at different moments of a training."""
TIMEOUT_S = 120.0
REJECTED = (503, 507)
MODELS = ("birds", "homes")


@dataclass
class Record(Invariants):
    """Versions and responses so far."""

    trained: dict[tuple[str, int], int] = field(default_factory=dict)
    """Versions, and the numbers that they predict."""
    active: dict[str, int] = field(default_factory=dict)
    described: str = ""
    numbers: Numbers = field(default_factory=Numbers)
    answers: Counter[str] = field(default_factory=Counter)


class Disk:
    """A small disk that can be filled, freed and remounted."""

    def __init__(self, place: Path) -> None:
        self.place, self._filler = place, place / "filler"

    def fill(self, except_bytes: int) -> None:
        """Fill the disk except for some bytes, rounded to pages."""
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4_096))
        if except_bytes:
            os.truncate(self._filler, self._filler.stat().st_size - except_bytes)

    def free(self) -> None:
        """Free the disk."""
        self._filler.unlink()

    def remount(self, mode: str) -> None:
        """Remount the disk writable (`rw`) or read-only (`ro`)."""
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.place)], check=True)


@contextmanager
def mounted() -> Iterator[Disk]:
    """Mount a small disk until the end of the block; exit as not judged if that is impossible."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", folder]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"Not run, as mounting a disk needs root: {getattr(error, 'stderr', None) or error}")
            sys.exit(NOT_JUDGED)
        try:
            yield Disk(Path(folder))
        finally:
            subprocess.run(["umount", folder], check=True)


@contextmanager
def predicting(http: httpx.Client, record: Record) -> Iterator[None]:
    """Predict continuously with all models until the end of the block; an active version never goes back."""
    over = Event()

    def predict() -> None:
        for name in itertools.cycle(MODELS):
            if over.is_set():
                break
            at_least = record.active[name]
            answer = http.post(predict_path(name), json=BODY)
            record.answers[f"predict {answer.status_code}"] += 1
            kept = answer.status_code == 200 and answer.json()["version"] >= at_least
            record.expect(f"{name} returns {answer.status_code}: {answer.text[:200]}", holds=kept)
            time.sleep(0.01)

    thread = Thread(target=predict)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def train(http: httpx.Client, record: Record, name: str, *, room: bool | None, activate: str = "never") -> None:
    """Train a version; `room` is whether the disk has room, None if it may."""
    number = record.numbers.next()
    sent = training(number, activate=activate)
    answer = http.post(f"/models/{name}/train", json=sent, timeout=TIMEOUT_S)
    record.answers[f"train {answer.status_code}"] += 1
    if answer.status_code == 201 and room is not False:
        info = answer.json()
        record.trained[name, info["version"]] = number
        if info["active"]:
            record.active[name] = info["version"]
        return
    _expect_rejected(record, answer, room=room)


def describe(http: httpx.Client, record: Record, *, room: bool | None) -> None:
    """Change the description of a model; `room` is whether the disk has room, None if it may."""
    text = f"Description {record.numbers.next()}."
    answer = http.patch(f"/models/{MODELS[0]}", json={"description": text})
    record.answers[f"describe {answer.status_code}"] += 1
    if answer.status_code == 200 and room is not False:
        record.described = text
        return
    _expect_rejected(record, answer, room=room)


def _expect_rejected(record: Record, answer: httpx.Response, *, room: bool | None) -> None:
    rejected = room is not True and answer.status_code in REJECTED and "disk" in answer.text
    request = f"{answer.request.method} {answer.request.url.path}"
    record.expect(f"{request} returns {answer.status_code}: {answer.text[:200]}", holds=rejected)


def check(http: httpx.Client, disk: Disk, record: Record) -> None:
    """Check that the store holds exactly what was acknowledged."""
    found = http.get("/models").raise_for_status().json()
    names = [model["name"] for model in found["models"]]
    record.expect(f"models: {names}", holds=names == sorted(MODELS))
    record.expect(f"{found['default']} is the default model", holds=found["default"] == MODELS[0])
    listed, active = set(), {}
    for name in names:
        versions = http.get(f"/models/{name}/versions").raise_for_status().json()
        listed |= {(name, version["version"]) for version in versions["versions"]}
        active[name] = versions["active"]
    record.expect(f"listed: {listed}, trained: {record.trained}", holds=listed == record.trained.keys())
    record.expect(f"{active} are active, not {record.active}", holds=active == record.active)
    for version, number in record.trained.items():
        answer = http.post(predict_path(*version), json=BODY)
        right = answer.status_code == 200 and number_of(answer) == number
        record.expect(f"{version} returns {answer.text[:200]}", holds=right)
    described = http.get(f"/models/{MODELS[0]}").raise_for_status().json()["description"]
    record.expect(f"the description is {described}, not {record.described}", holds=described == record.described)
    left = [path.name for path in [*disk.place.glob("staging/*"), *disk.place.glob("jobs/*/job.json.*")]]
    record.expect(f"left behind: {left}", holds=not left)
    running = [job for job in http.get("/jobs").json()["jobs"] if job["status"] not in ENDED]
    record.expect(f"{len(running)} trainings run", holds=not running)


def filling(disk: Disk, record: Record) -> None:
    """Fill and free the disk of a running server, at several moments of a training."""
    with server(str(disk.place)) as http:
        for name in MODELS:
            train(http, record, name, room=True, activate="always")
        with predicting(http, record):
            for name, room in itertools.product(MODELS, ROOM):
                disk.fill(room)
                train(http, record, name, room=None if room else False, activate="always")
                describe(http, record, room=None)
                check(http, disk, record)
                disk.free()
                train(http, record, name, room=True)
                describe(http, record, room=True)
                check(http, disk, record)


def starting(disk: Disk, record: Record) -> None:
    """Start a server while the disk is full."""
    disk.fill(0)
    with server(str(disk.place)) as http, predicting(http, record):
        without_room(http, disk, record)
        disk.free()
        with_room(http, disk, record)


def read_only(disk: Disk, record: Record) -> None:
    """Start a server while the disk is read-only."""
    disk.remount("ro")
    with server(str(disk.place)) as http, predicting(http, record):
        without_room(http, disk, record)
        disk.remount("rw")
        with_room(http, disk, record)


def without_room(http: httpx.Client, disk: Disk, record: Record) -> None:
    """Check that nothing can be changed."""
    for name in (*MODELS, "new"):
        train(http, record, name, room=False, activate="always")
    describe(http, record, room=False)
    check(http, disk, record)


def with_room(http: httpx.Client, disk: Disk, record: Record) -> None:
    """Check that everything can be changed."""
    for name in MODELS:
        train(http, record, name, room=True, activate="always")
    describe(http, record, room=True)
    check(http, disk, record)


def main() -> None:
    """Run all states of the disk and count violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same, as it is short")
    parser.parse_args()
    record = Record()
    with mounted() as disk:
        for state in (filling, starting, read_only):
            state(disk, record)
            print(f"{state.__name__}: {dict(record.answers)}", flush=True)
    print(f"{len(record.violations)} violations (goal 0)")
    sys.exit(bool(record.violations))


if __name__ == "__main__":
    main()
