"""CachedRead: parses a file or folder again only after it has changed, so that polling many of them is cheap."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from mlapp.store.atomic_files import suppress_absent

T = TypeVar("T")

SETTLED_NS = 100_000_000
"""Age from which a time of modification is trusted: file systems record it in steps of some milliseconds, so that two
changes in quick succession may have the same."""

Stamp = tuple[int, int, int]


class CachedRead(Generic[T]):
    """The value that `read` makes of a path, None while the path does not exist."""

    def __init__(self, path: Path, read: Callable[[], T]) -> None:
        self._path, self._read = path, read
        self._cached: tuple[Stamp | None, T | None] = None, None
        """A stamp and its value, in one attribute, so that threads never combine those of two reads."""

    def get(self) -> T | None:
        """Return the current value. Thread-safe.

        Raises:
            Unavailable: the path cannot be read now.
        """
        stamp = self._current_stamp()
        if stamp is None:
            return None
        known, value = self._cached
        if stamp != known:
            # Stamp and time are older than the value, so that a change in between is noticed next time.
            is_settled = time.time_ns() - stamp[0] > SETTLED_NS
            value = self._read()
            self._cached = stamp if is_settled else None, value
        return value

    def _current_stamp(self) -> Stamp | None:
        with suppress_absent():
            stat = os.lstat(self._path)
            return stat.st_mtime_ns, stat.st_ino, stat.st_size
        return None
