"""A full disk and a read-only store: predictions continue, trainings fail with the reason, nothing is lost.

The disk is a small tmpfs, which only root can mount. It fills up while a server runs; then a server starts while it is
full, and one while it is read-only. Once there is room again, trainings succeed without a restart.
"""

import argparse
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
from typing import Any

import httpx

from benchmarks import NOT_JUDGED
from benchmarks.faults.invariants import Invariants
from benchmarks.faults.kill import TRAINING, server

DISK_MB = 4
ROOM = (0, 1_000, 5_000, 20_000, 60_000)
"""Bytes left on the disk, so that it becomes full at different moments of a training."""
TIMEOUT_S = 120.0
REJECTED = (503, 507)


@dataclass
class Record(Invariants):
    """Versions and responses so far."""

    trained: set[int] = field(default_factory=set)
    active: int = 0
    row: dict[str, object] = field(default_factory=dict)
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
    """Predict continuously until the end of the block; the active version never goes back."""
    over = Event()

    def predict() -> None:
        while not over.is_set():
            at_least = record.active
            answer = http.post("/predict", json={"records": [record.row]})
            record.answers[f"predict {answer.status_code}"] += 1
            kept = answer.status_code == 200 and answer.json()["version"] >= at_least
            record.expect(f"/predict returns {answer.status_code}: {answer.text[:200]}", holds=kept)
            time.sleep(0.01)

    thread = Thread(target=predict)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def train(http: httpx.Client, record: Record, *, room: bool | None, **options: Any) -> None:
    """Train; `room` is whether the disk has room, None if it may."""
    answer = http.post("/train", json=TRAINING | options, timeout=TIMEOUT_S)
    record.answers[f"train {answer.status_code}"] += 1
    if answer.status_code == 201 and room is not False:
        record.trained.add(answer.json()["version"])
        if options.get("activate"):
            record.active = answer.json()["version"]
        return
    rejected = room is not True and answer.status_code in REJECTED and "disk" in answer.text
    record.expect(f"/train returns {answer.status_code}: {answer.text[:200]}", holds=rejected)


def check(http: httpx.Client, disk: Disk, record: Record) -> None:
    """Check that the store holds exactly what was acknowledged."""
    found = http.get("/models").raise_for_status().json()
    listed = {model["version"] for model in found["models"]}
    record.expect(f"listed: {listed}, trained: {record.trained}", holds=listed == record.trained)
    record.expect(f"{found['active']} is active, not {record.active}", holds=found["active"] == record.active)
    for version in listed:
        answer = http.post(f"/predict?version={version}", json={"records": [record.row]})
        record.expect(f"version {version} returns {answer.text[:200]}", holds=answer.status_code == 200)
    left = [path.name for path in [*disk.place.glob("staging/*"), *disk.place.glob("jobs/*/job.json.*")]]
    record.expect(f"left behind: {left}", holds=not left)
    running = [job for job in http.get("/jobs").json()["jobs"] if not job["finished_at"]]
    record.expect(f"{len(running)} trainings run", holds=not running)


def filling(disk: Disk, record: Record) -> None:
    """Fill and free the disk of a running server, at several moments of a training."""
    with server(str(disk.place)) as http:
        model = http.post("/train", json=TRAINING | {"activate": True}, timeout=TIMEOUT_S).raise_for_status().json()
        record.active, record.trained = model["version"], {model["version"]}
        record.row = {feature["name"]: feature["example"] for feature in model["features"]}
        with predicting(http, record):
            for room in ROOM:
                disk.fill(room)
                train(http, record, room=None if room else False, activate=True)
                check(http, disk, record)
                disk.free()
                train(http, record, room=True)
                check(http, disk, record)


def starting(disk: Disk, record: Record) -> None:
    """Start a server while the disk is full."""
    disk.fill(0)
    with server(str(disk.place)) as http, predicting(http, record):
        train(http, record, room=False, activate=True)
        check(http, disk, record)
        disk.free()
        train(http, record, room=True, activate=True)
        check(http, disk, record)


def read_only(disk: Disk, record: Record) -> None:
    """Start a server while the disk is read-only."""
    disk.remount("ro")
    with server(str(disk.place)) as http, predicting(http, record):
        train(http, record, room=False, activate=True)
        check(http, disk, record)
        disk.remount("rw")
        train(http, record, room=True, activate=True)
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
