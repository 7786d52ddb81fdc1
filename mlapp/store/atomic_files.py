"""Reading and writing that survive a crash, a full disk, and what others put into the folder."""

import errno
import fcntl
import logging
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlapp.errors import Unavailable

log = logging.getLogger(__name__)

ABSENT = (errno.ENOENT, errno.ENOTDIR)


class Damaged(Exception):
    """What should be a file of ours is none: a link, a pipe or a folder."""


class Complaints:
    """Says of each thing that is damaged or foreign, once, that it is."""

    def __init__(self) -> None:
        self._made: set[str] = set()

    def make(self, sentence: str) -> None:
        """Log a sentence, unless it was logged before."""
        if sentence not in self._made:
            self._made.add(sentence)
            log.warning(sentence)


def read(path: Path) -> bytes | None:
    """Return the bytes of a file; None when there is none.

    Raises:
        Damaged: it is no file. A link may lead anywhere, and a pipe may keep whoever reads it for ever.
        Unavailable: the disk, or the system, does not let it be read now.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Damaged
            with open(handle, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno in ABSENT:
            return None
        if error.errno == errno.ELOOP:
            raise Damaged from None
        raise unreadable(error) from None


def unreadable(error: OSError) -> Unavailable:
    """Return what to say when the store cannot be read."""
    return Unavailable(f"The store cannot be read ({error.strerror}); try again in a moment, or see to the disk.")


def make(folder: Path) -> None:
    """Make a folder and those it is in, down to the disk."""
    if not folder.is_dir():
        make(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def write(path: Path, data: bytes) -> None:
    """Write a file, down to the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(path: Path, data: bytes, *, by_way_of: Path | None = None, durable: bool = True) -> None:
    """Replace a file: whoever reads it, also after a power cut, finds the old bytes or the new ones.

    `by_way_of` is the folder where the new ones are written first; `durable` says that it must be the new ones.
    """
    aside = (by_way_of or path.parent) / f"{path.name}.{uuid.uuid4().hex}"
    try:
        write(aside, data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    if durable:
        sync(path.parent)


def remove(path: Path) -> None:
    """Remove what a killed process left, as far as that can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against all others who share it; made when it is not there."""
    make(folder)
    with (folder / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Saving:
    """Writing to a store: every failure is raised, and the first one until a write succeeds is logged."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._failed = folder, False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Say what keeps something from being written.

        Raises:
            Unavailable: the disk is full, or may not be written.
        """
        try:
            yield
        except OSError as error:
            if not self._failed:
                log.error("The store %s cannot be written: %s", self._folder, error)  # noqa: TRY400 - it says it all
            self._failed = True
            raise Unavailable(
                f"Nothing could be saved ({error.strerror}); make room on the disk, or let the store be written. "
                "The models there are go on answering."
            ) from None
        self._failed = False
