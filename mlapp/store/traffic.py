"""TrafficStore: what was counted of requests.

<folder>/traffic/1.json   the counts of one process; replaced atomically
<folder>/traffic/1.lock   held by the process that counts there, as long as it runs

A process that starts goes on with the counts of one that has ended.
"""

import fcntl
import logging
import os
from contextlib import suppress
from itertools import count
from pathlib import Path

from pydantic import ValidationError

from mlapp.errors import Unavailable
from mlapp.schemas import Counts
from mlapp.store.atomic_files import Damaged, make, read, remove, replace
from mlapp.store.numbered_folders import the_number

log = logging.getLogger(__name__)


class TrafficStore:
    """The counts of this process, and what others have saved of theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "traffic"
        self._slot: int | None = None
        self._lock = -1
        self._others: dict[Path, tuple[tuple[int, int], Counts]] = {}
        """Path → when it was written and how large it is, and what it holds."""

    def open(self) -> Counts:
        """Take a place that no process holds, and return the counts in it; nothing when it has one already.

        Raises:
            OSError: the disk is full, or may not be written.
            Unavailable: the counts cannot be read now; the place is left, for they would be overwritten.
        """
        if self._slot:
            return Counts()
        make(self.folder)
        self._slot = next(number for number in count(1) if self._took(number))
        with suppress(OSError):
            for aside in self.folder.glob(f"{self._slot}.json.*"):
                # What a killed process was about to save.
                remove(aside)
        try:
            return self._load(self._path(self._slot))
        except Unavailable:
            self.close()
            raise

    def save(self, counts: Counts) -> None:
        """Keep the counts as they stand; the last ones may be lost in a power cut.

        Raises:
            OSError: the disk is full, or may not be written.
        """
        assert self._slot  # noqa: S101 - opened before
        make(self.folder)
        replace(self._path(self._slot), counts.model_dump_json().encode(), durable=False)

    def close(self) -> None:
        """Leave the place, with the counts in it, to the next process."""
        if self._slot:
            os.close(self._lock)
        self._slot = None

    def others(self) -> list[Counts]:
        """Return the counts of all other processes, as they saved them last."""
        mine = self._path(self._slot) if self._slot else None
        # Where the folder or a file cannot be read now, what was read last is still the best there is.
        with suppress(OSError, Unavailable):
            found = {path: self._fresh(path) for path in self.folder.glob("*.json") if path != mine and _is_slot(path)}
            self._others = {path: fresh for path, fresh in found.items() if fresh}
        return [counts for _, counts in self._others.values()]

    def _fresh(self, path: Path) -> tuple[tuple[int, int], Counts] | None:
        try:
            stat = path.stat()
        except OSError:
            return None
        written = stat.st_mtime_ns, stat.st_size
        known = self._others.get(path)
        return known if known and known[0] == written else (written, self._load(path))

    def _took(self, number: int) -> bool:
        lock = os.open(self.folder / f"{number}.lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def _path(self, number: int) -> Path:
        return self.folder / f"{number}.json"

    def _load(self, path: Path) -> Counts:
        """Return the counts in a file; nothing when there is none, or it is damaged.

        Raises:
            Unavailable: it cannot be read now.
        """
        try:
            data = read(path)
            return Counts() if data is None else Counts.model_validate_json(data)
        except (Damaged, ValidationError):
            log.warning("The counts of requests in %s cannot be read; they start from nothing.", path)
            return Counts()


def _is_slot(path: Path) -> bool:
    return the_number(path.stem) is not None
