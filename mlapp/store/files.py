"""Writing that survives a crash: complete or not at all."""

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlapp.errors import Unavailable

log = logging.getLogger(__name__)


def write(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file, down to the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace a file: whoever reads it finds the old bytes or the new ones."""
    aside = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        write(aside, data, durable=durable)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    if durable:
        sync(path.parent)


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Say what keeps something from being written.

    Raises:
        Unavailable: the disk is full, or may not be written.
    """
    try:
        yield
    except OSError as error:
        log.error("The store %s cannot be written: %s", folder, error)  # noqa: TRY400 - it says it all
        why = f"Nothing could be saved ({error.strerror}); the models there are go on answering."
        raise Unavailable(why) from None
