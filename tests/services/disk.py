"""A disk that is full."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver


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
