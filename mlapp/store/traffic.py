"""TrafficStore: traffic counts in one file per slot; a process locks a slot and continues its counts.

<folder>/traffic/1.counts   the counts of one process; replaced atomically
<folder>/traffic/1.lock     held by the process that owns the slot

A file has lines of JSON for each model and each version with requests, so that one is read without parsing the others,
and what has not changed is saved as it was read. A new process takes over a free slot and continues its counts.
"""

import fcntl
import logging
import os
import re
from contextlib import suppress
from itertools import count
from pathlib import Path

from mlapp.errors import Unavailable
from mlapp.store import atomic_files
from mlapp.store.numbered_folders import parse_number

log = logging.getLogger(__name__)

Lines = dict[str, bytes]
"""JSON by name, in the order of the last change. A name, such as `churn@1764426000/3 profile`, is a key and a part. The
key is that of a model (its name and time of creation), with a version after a slash, or `*` for all requests."""
SUFFIX = ".counts"
LINE = re.compile(
    rb"((?:\*|[a-z0-9][a-z0-9_-]*@[0-9]*(?:/[1-9][0-9]*)?) (?:hour|day|profile)) (\[\[[0-9]+,.*\]\]|\{.*\})"
)


class TrafficStore:
    """Saves the counts of this process, and reads those of the others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "traffic"
        self._own: Path | None = None
        self._lock = -1
        self._others: dict[Path, tuple[tuple[int, int], Lines]] = {}
        """Path → modification time and size, and the lines."""
        self._warn = atomic_files.warn_once()

    def open(self) -> Lines:
        """Lock a free slot, and return its lines; empty if this process has a slot already.

        Raises:
            OSError: the disk is full, or read-only.
            Unavailable: the counts cannot be read now; the slot is released, as a save would overwrite them.
        """
        if self._own:
            return {}
        atomic_files.create_folder(self.folder)
        number = next(number for number in count(1) if self._try_lock(number))
        self._own = self.folder / f"{number}{SUFFIX}"
        with suppress(OSError):
            for temporary in self.folder.glob(f"{number}{SUFFIX}.*"):
                # An unfinished write of a killed process.
                atomic_files.remove(temporary)
        try:
            return self._load(self._own)
        except Unavailable:
            self.close()
            raise

    def save(self, lines: Lines) -> None:
        """Save all lines, not durably: a power failure may undo it.

        Raises:
            OSError: the disk is full, or read-only.
        """
        assert self._own  # noqa: S101 - set by `open`
        atomic_files.create_folder(self.folder)
        data = b"".join(b"%b %b\n" % (name.encode(), line) for name, line in lines.items())
        atomic_files.replace(self._own, data, durable=False)

    def close(self) -> None:
        """Release the slot for the next process."""
        if self._own:
            os.close(self._lock)
        self._own = None

    def others(self) -> list[Lines]:
        """Return the last saved lines of all other processes; the same objects while their files do not change."""
        # If a file cannot be read now, the lines that were read last are used.
        with suppress(OSError, Unavailable):
            self._others = {
                path: self._load_if_changed(path)
                for path in self.folder.glob(f"*{SUFFIX}")
                if path != self._own and parse_number(path.stem) and path.exists()
            }
        return [lines for _, lines in self._others.values()]

    def _load_if_changed(self, path: Path) -> tuple[tuple[int, int], Lines]:
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

    def _load(self, path: Path) -> Lines:
        """Return the lines of a file, without those that are damaged; empty if it does not exist or is no file.

        Raises:
            Unavailable: the file cannot be read now.
        """
        try:
            data = (atomic_files.read(path) or b"").splitlines()
        except atomic_files.NotARegularFile:
            data = [b"not a file"]
        found = [match.groups() for match in map(LINE.fullmatch, data) if match]
        if len(found) < len(data):
            self._warn(f"Some request counts in {path} cannot be read; they start from zero.")
        return {name.decode(): line for name, line in found}
