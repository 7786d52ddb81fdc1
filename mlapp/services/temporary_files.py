"""Temporary files: one directory per server process; those of servers that were killed are removed at a later start."""

import fcntl
import logging
import os
import shutil
import tempfile
from contextlib import suppress
from multiprocessing.util import Finalize
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger(__name__)

PREFIX = "mlapp-"
MARK = ".mlapp-server"
"""A file in the directory of a server, which holds the directory's lock."""
AFTER_MULTIPROCESSING = -200
"""Which removes its own directory, within this one, at -100."""


def use_own_directory() -> None:
    """Give the temporary files of this process, and of those that it starts, a directory that ends with it.

    Its lock tells other servers that this one lives, and systemd to leave it alone. A server that cannot have one,
    as on a full disk, still predicts.

    Source: tmpfiles.d(5), on directories that are locked.
    """
    try:
        _remove_those_of_killed_servers(Path(tempfile.gettempdir()))
        own = Path(tempfile.mkdtemp(prefix=PREFIX))
        Finalize(None, shutil.rmtree, (own,), {"ignore_errors": True}, exitpriority=AFTER_MULTIPROCESSING)
        # Held until the process is gone, however it ends; and marked only when it is held.
        fcntl.flock(os.open(own, os.O_RDONLY), fcntl.LOCK_EX)
        (own / MARK).touch()
    except OSError as error:
        log.warning("There is no directory for temporary files (%s); set TMPDIR to one that has room.", error.strerror)
    else:
        os.environ["TMPDIR"] = tempfile.tempdir = str(own)


def _remove_those_of_killed_servers(folder: Path) -> None:
    for mark in folder.glob(f"{PREFIX}*/{MARK}"):
        # A server that lives holds the lock, or another user owns the directory.
        with suppress(OSError):
            lock = os.open(mark.parent, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(mark.parent)
            finally:
                os.close(lock)


def save_copy(file: BinaryIO) -> str:
    """Copy a file to a temporary one, which is the caller's to remove, and return its path.

    Raises:
        OSError: there is no room on the disk for it.
    """
    handle, path = tempfile.mkstemp(prefix=PREFIX)
    try:
        with os.fdopen(handle, "wb") as copy:
            shutil.copyfileobj(file, copy)
    except OSError:
        Path(path).unlink()
        raise
    return path
