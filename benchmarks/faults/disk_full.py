"""A store on a disk that is full, and on one that may not be written: predictions go on, trainings say why they do not.

The disk is a small one in memory (tmpfs), which takes root to mount. It fills up while a server runs; another server
starts while it is full, and one while it is read-only. Nothing is lost or half-written meanwhile, and as soon as there
is room, trainings work again, without a restart.
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
from benchmarks.faults.invariants import Promises
from benchmarks.faults.kill import TRAINING, server

DISK_MB = 4
ROOM = (0, 1_000, 5_000, 20_000, 60_000)
"""Bytes that are left, so that it is full at another moment of a training each time."""
PATIENCE_S = 120.0
REFUSED = (503, 507)


@dataclass
class Seen(Promises):
    """What was answered."""

    trained: set[int] = field(default_factory=set)
    active: int = 0
    row: dict[str, object] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)


class Disk:
    """A small disk, which can be filled, freed, and closed to writing."""

    def __init__(self, place: Path) -> None:
        self.place, self._filler = place, place / "filler"

    def fill(self, but_bytes: int) -> None:
        """Leave no more than so many bytes, to the next page."""
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4_096))
        if but_bytes:
            os.truncate(self._filler, self._filler.stat().st_size - but_bytes)

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink()

    def remount(self, how: str) -> None:
        """Open it to writing (`rw`), or close it (`ro`)."""
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.place)], check=True)


@contextmanager
def mounted() -> Iterator[Disk]:
    """Mount a small disk until the end of the block; end as not judged where that cannot be done."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", folder]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"No disk can be mounted here, which takes root: {getattr(error, 'stderr', None) or error}")
            sys.exit(NOT_JUDGED)
        try:
            yield Disk(Path(folder))
        finally:
            subprocess.run(["umount", folder], check=True)


@contextmanager
def predicting(http: httpx.Client, seen: Seen) -> Iterator[None]:
    """Predict all the time until the end of the block: by the version activated last, or one that is about to be."""
    over = Event()

    def go() -> None:
        while not over.is_set():
            at_least = seen.active
            answer = http.post("/predict", json={"records": [seen.row]})
            seen.answers[f"predict {answer.status_code}"] += 1
            kept = answer.status_code == 200 and answer.json()["version"] >= at_least
            seen.expect(f"/predict answers {answer.status_code}: {answer.text[:200]}", kept=kept)
            time.sleep(0.01)

    thread = Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def train(http: httpx.Client, seen: Seen, *, room: bool | None, **options: Any) -> None:
    """Train, where there is room, where there is none, or (None) where there may be."""
    answer = http.post("/train", json=TRAINING | options, timeout=PATIENCE_S)
    seen.answers[f"train {answer.status_code}"] += 1
    if answer.status_code == 201 and room is not False:
        seen.trained.add(answer.json()["version"])
        if options.get("activate"):
            seen.active = answer.json()["version"]
        return
    told = room is not True and answer.status_code in REFUSED and "disk" in answer.text
    seen.expect(f"/train answers {answer.status_code}: {answer.text[:200]}", kept=told)


def check(http: httpx.Client, disk: Disk, seen: Seen) -> None:
    """Look whether all is there that was answered, and nothing else."""
    found = http.get("/models").raise_for_status().json()
    listed = {model["version"] for model in found["models"]}
    seen.expect(f"listed: {listed}, trained: {seen.trained}", kept=listed == seen.trained)
    seen.expect(f"{found['active']} is active, not {seen.active}", kept=found["active"] == seen.active)
    for version in listed:
        answer = http.post(f"/predict?version={version}", json={"records": [seen.row]})
        seen.expect(f"version {version} answers {answer.text[:200]}", kept=answer.status_code == 200)
    left = [path.name for path in [*disk.place.glob("staging/*"), *disk.place.glob("jobs/*/job.json.*")]]
    seen.expect(f"left over: {left}", kept=not left)
    running = [job for job in http.get("/jobs").json()["jobs"] if not job["finished_at"]]
    seen.expect(f"{len(running)} trainings run", kept=not running)


def filling(disk: Disk, seen: Seen) -> None:
    """Fill the disk under a server that runs, at several moments of a training, and make room again."""
    with server(str(disk.place)) as http:
        model = http.post("/train", json=TRAINING | {"activate": True}, timeout=PATIENCE_S).raise_for_status().json()
        seen.active, seen.trained = model["version"], {model["version"]}
        seen.row = {feature["name"]: feature["example"] for feature in model["features"]}
        with predicting(http, seen):
            for room in ROOM:
                disk.fill(room)
                train(http, seen, room=None if room else False, activate=True)
                check(http, disk, seen)
                disk.free()
                train(http, seen, room=True)
                check(http, disk, seen)


def starting(disk: Disk, seen: Seen) -> None:
    """Start a server while the disk is full."""
    disk.fill(0)
    with server(str(disk.place)) as http, predicting(http, seen):
        train(http, seen, room=False, activate=True)
        check(http, disk, seen)
        disk.free()
        train(http, seen, room=True, activate=True)
        check(http, disk, seen)


def closed(disk: Disk, seen: Seen) -> None:
    """Start a server while nothing may be written."""
    disk.remount("ro")
    with server(str(disk.place)) as http, predicting(http, seen):
        train(http, seen, room=False, activate=True)
        check(http, disk, seen)
        disk.remount("rw")
        train(http, seen, room=True, activate=True)
        check(http, disk, seen)


def main() -> None:
    """Try it, and say how many promises were broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same, for it is quick")
    parser.parse_args()
    seen = Seen()
    with mounted() as disk:
        for state in (filling, starting, closed):
            state(disk, seen)
            print(f"{state.__name__}: {dict(seen.answers)}", flush=True)
    print(f"{len(seen.broken)} broken promises (goal 0)")
    sys.exit(bool(seen.broken))


if __name__ == "__main__":
    main()
