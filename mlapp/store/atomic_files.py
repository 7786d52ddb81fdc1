"""Atomic, durable file operations and advisory locks; reads tolerate links, pipes and folders in place of files."""

import errno
import fcntl
import logging
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from mlapp.errors import Unavailable

log = logging.getLogger(__name__)


class NotARegularFile(Exception):
    """The path is a link, a pipe, a device or a folder."""


def read(path: Path) -> bytes | None:
    """Return the bytes of a file, or None if it does not exist.

    Raises:
        NotARegularFile: a link could lead anywhere, and reading a pipe could block forever.
        Unavailable: the file cannot be read now.
    """
    with suppress_absent(), open(path, "rb", opener=_open_regular) as file:
        return file.read()
    return None


def _open_regular(path: str, flags: int) -> int:
    try:
        handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise (NotARegularFile if error.errno == errno.ELOOP else error) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotARegularFile
    return handle


@contextmanager
def suppress_absent() -> Iterator[None]:
    """Suppress that a file or folder does not exist, and translate other errors of a read.

    Raises:
        Unavailable: it cannot be read now.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        text = f"The store cannot be read ({error.strerror}); try again in a moment, or check the disk."
        raise Unavailable(text) from None


def create_folder(folder: Path) -> None:
    """Create a folder and its parents durably."""
    if not folder.is_dir():
        create_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        fsync_folder(folder.parent)


def write(path: Path, data: bytes) -> None:
    """Write a file and fsync it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Fsync a folder, which makes the names in it durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(path: Path, data: bytes, *, staging: Path | None = None, durable: bool = True) -> None:
    """Replace a file atomically: readers get the old or the new bytes, also after a power failure.

    The new bytes are written to the `staging` folder first, by default that of the file. With `durable`, they are on
    the disk on return.
    """
    temporary = (staging or path.parent) / f"{path.name}.{uuid.uuid4().hex}"
    try:
        write(temporary, data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        fsync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a leftover file or folder of a killed process; what cannot be deleted in a folder stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the exclusive advisory lock of a folder, which is created if missing."""
    create_folder(folder)
    with (folder / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def warn_once() -> Callable[[str], None]:
    """Return a function that logs each warning once, so that a damaged or foreign file does not flood the log."""
    return cache(log.warning)


class WriteErrors:
    """Raises write errors as `Unavailable`, and logs the first one of each series."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._failed = folder, False

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Translate an `OSError` of a write.

        Raises:
            Unavailable: the disk is full, or read-only.
        """
        try:
            yield
        except OSError as error:
            if not self._failed:
                log.error("The store %s cannot be written: %s", self._folder, error)  # noqa: TRY400 - no trace needed
            self._failed = True
            raise Unavailable(
                f"Nothing could be saved ({error.strerror}); free disk space, or make the store writable. "
                "The stored models continue to answer."
            ) from None
        self._failed = False
