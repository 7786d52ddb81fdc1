"""Temporary files: one directory per server process; a later start removes those of killed servers."""

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
MARKER = ".mlapp-server"
"""Marks the directory of a server, which holds an advisory lock on it."""
AFTER_MULTIPROCESSING = -200
"""Exit priority: multiprocessing removes its directory, which is in this one, at -100."""


def use_own_directory() -> None:
    """Set TMPDIR, also for child processes, to a new directory that is removed on exit.

    The lock marks the directory as in use, for other servers and for systemd-tmpfiles. Without a directory, as on a
    full disk, the server still starts and predicts.

    Source: tmpfiles.d(5), on locked directories.
    """
    try:
        _remove_stale_directories(Path(tempfile.gettempdir()))
        own = Path(tempfile.mkdtemp(prefix=PREFIX))
        Finalize(None, shutil.rmtree, (own,), {"ignore_errors": True}, exitpriority=AFTER_MULTIPROCESSING)
        # The kernel releases the lock when the process exits. Marked after locking, so that no server removes it.
        fcntl.flock(os.open(own, os.O_RDONLY), fcntl.LOCK_EX)
        (own / MARKER).touch()
    except OSError as error:
        log.warning(
            "The directory for temporary files could not be created (%s); set TMPDIR to a disk with free space.",
            error.strerror,
        )
    else:
        os.environ["TMPDIR"] = tempfile.tempdir = str(own)


def _remove_stale_directories(folder: Path) -> None:
    for marker in folder.glob(f"{PREFIX}*/{MARKER}"):
        # A running server holds the lock, or another user owns the directory.
        with suppress(OSError):
            lock = os.open(marker.parent, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(marker.parent)
            finally:
                os.close(lock)


def save_copy(file: BinaryIO) -> str:
    """Copy a file to a temporary one and return its path; the caller removes it.

    Raises:
        OSError: the disk is full.
    """
    handle, path = tempfile.mkstemp(prefix=PREFIX)
    try:
        with os.fdopen(handle, "wb") as copy:
            shutil.copyfileobj(file, copy)
    except OSError:
        Path(path).unlink()
        raise
    return path
