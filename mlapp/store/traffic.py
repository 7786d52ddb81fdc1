"""TrafficStore: traffic counts in one file per slot; a process locks a slot and continues its counts.

<folder>/traffic/1.json   the counts of one process; replaced atomically
<folder>/traffic/1.lock   held by the process that owns the slot

A new process takes over a free slot and continues its counts.
"""

import fcntl
import logging
import os
from contextlib import suppress
from itertools import count
from pathlib import Path

from pydantic import ValidationError

from mlapp.errors import Unavailable
from mlapp.schemas import TrafficCounts
from mlapp.store import atomic_files
from mlapp.store.numbered_folders import parse_number

log = logging.getLogger(__name__)


class TrafficStore:
    """Saves the counts of this process, and reads those of the others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "traffic"
        self._own: Path | None = None
        self._lock = -1
        self._others: dict[Path, tuple[tuple[int, int], TrafficCounts]] = {}
        """Path → modification time and size, and the counts."""

    def open(self) -> TrafficCounts:
        """Lock a free slot, and return its counts; empty if this process has a slot already.

        Raises:
            OSError: the disk is full, or read-only.
            Unavailable: the counts cannot be read now; the slot is released, as a save would overwrite them.
        """
        if self._own:
            return TrafficCounts()
        atomic_files.create_folder(self.folder)
        number = next(number for number in count(1) if self._try_lock(number))
        self._own = self.folder / f"{number}.json"
        with suppress(OSError):
            for temporary in self.folder.glob(f"{number}.json.*"):
                # An unfinished write of a killed process.
                atomic_files.remove(temporary)
        try:
            return self._load(self._own)
        except Unavailable:
            self.close()
            raise

    def save(self, counts: TrafficCounts) -> None:
        """Save the counts, not durably: a power failure may undo it.

        Raises:
            OSError: the disk is full, or read-only.
        """
        assert self._own  # noqa: S101 - set by `open`
        atomic_files.create_folder(self.folder)
        atomic_files.replace(self._own, counts.model_dump_json().encode(), durable=False)

    def close(self) -> None:
        """Release the slot for the next process."""
        if self._own:
            os.close(self._lock)
        self._own = None

    def others(self) -> list[TrafficCounts]:
        """Return the last saved counts of all other processes."""
        # If a file cannot be read now, the counts that were read last are used.
        with suppress(OSError, Unavailable):
            self._others = {
                path: self._load_if_changed(path)
                for path in self.folder.glob("*.json")
                if path != self._own and parse_number(path.stem) and path.exists()
            }
        return [counts for _, counts in self._others.values()]

    def _load_if_changed(self, path: Path) -> tuple[tuple[int, int], TrafficCounts]:
        stat = path.stat()
        stamp = stat.st_mtime_ns, stat.st_size
        cached = self._others.get(path)
        return cached if cached and cached[0] == stamp else (stamp, self._load(path))

    def _try_lock(self, number: int) -> bool:
        lock = os.open(self.folder / f"{number}.lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def _load(self, path: Path) -> TrafficCounts:
        """Return the counts in a file; empty if it does not exist or is damaged.

        Raises:
            Unavailable: the file cannot be read now.
        """
        try:
            data = atomic_files.read(path)
            return TrafficCounts() if data is None else TrafficCounts.model_validate_json(data)
        except (atomic_files.NotARegularFile, ValidationError):
            log.warning("The request counts in %s cannot be read; they start from zero.", path)
            return TrafficCounts()
