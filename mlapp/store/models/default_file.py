"""DefaultFile: which model is the default one.

<folder>/default.json   its name; replaced atomically
"""

import os
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ValidationError

from mlapp.store import atomic_files
from mlapp.store.cached_files import CachedRead


class DefaultModel(BaseModel):
    """The default model."""

    model: str
    demo: bool = False
    """Whether it is the example, which the first model that somebody trains replaces."""


class DefaultFile:
    """Read without a lock; changes require the lock of the store."""

    def __init__(self, folder: Path, staging: Path, warn: Callable[[str], None]) -> None:
        self._path, self._staging, self._warn = folder / "default.json", staging, warn
        self._content = CachedRead(self._path, self._parse)

    def read(self) -> DefaultModel | None:
        """Return the default model; None if the file is missing or damaged.

        Raises:
            Unavailable: the store cannot be read now.
        """
        return self._content.get()

    def exists(self) -> bool:
        """Return whether there is such a file, even a damaged one."""
        return os.path.lexists(self._path)

    def write(self, default: DefaultModel) -> None:
        """Make a model the default one.

        Raises:
            OSError: the disk is full, or read-only.
        """
        atomic_files.replace(self._path, default.model_dump_json().encode(), staging=self._staging)

    def _parse(self) -> DefaultModel | None:
        try:
            return DefaultModel.model_validate_json(atomic_files.read(self._path) or b"")
        except (atomic_files.NotARegularFile, ValidationError):
            self._warn('default.json cannot be read; PATCH /models/{model} with {"default": true} writes it again.')
            return None
