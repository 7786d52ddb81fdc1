"""A disk that is full, and one that cannot be read."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path


@contextmanager
def full_disk(left_bytes: int = 1_000) -> Iterator[None]:
    """No file grows beyond what is left, as on a disk that is nearly full."""
    # What trainings are forked from keeps the limit it began with, and gives it to all of them.
    forkserver.ensure_running()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_more_files() -> Iterator[None]:
    """The system lets this process open no further file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def forbidden(folder: Path) -> Iterator[None]:
    """This process may neither read nor write what is in a folder; root becomes somebody else meanwhile."""
    mode, user = folder.stat().st_mode, os.geteuid()
    folder.chmod(0)
    os.seteuid(user or 65_534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(mode)
