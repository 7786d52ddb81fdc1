"""Simulated disk faults: full, unreadable, out of file descriptors."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path


@contextmanager
def full_disk(left_bytes: int = 1_000) -> Iterator[None]:
    """Limit the size of files, as on a disk that is nearly full."""
    # A fork server that starts within the block would keep the limit.
    forkserver.ensure_running()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_more_files() -> Iterator[None]:
    """Prevent this process from opening files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def forbidden(folder: Path) -> Iterator[None]:
    """Make a folder inaccessible; root switches to another user for it."""
    mode, user = folder.stat().st_mode, os.geteuid()
    folder.chmod(0)
    os.seteuid(user or 65_534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(mode)
