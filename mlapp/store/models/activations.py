"""ActivationLog: which versions of a model were activated, when and by whom.

<model>/history.jsonl   one line per activation
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from mlapp.schemas import Activation
from mlapp.store import atomic_files
from mlapp.store.numbered_folders import parse_number


class ActivationLog:
    """Read without a lock; `entry` requires the lock of the store."""

    def __init__(self, folder: Path, warn: Callable[[str], None]) -> None:
        self._path = folder / "history.jsonl"
        self._model = folder.name
        self._warn = warn

    def entries(self) -> list[Activation]:
        """Return all activations, newest first; lines that a crash truncated are skipped.

        Raises:
            Unavailable: the store cannot be read now.
        """
        try:
            data = atomic_files.read(self._path) or b""
        except atomic_files.NotARegularFile:
            self._warn(f"history.jsonl of model {self._model} is not a regular file and cannot be read.")
            return []
        entries = []
        for line in filter(None, data.splitlines()):
            with suppress(ValidationError):
                entry = Activation.model_validate_json(line)
                if parse_number(str(entry.version)):
                    entries.append(entry)
                    continue
            self._warn(f"A line of history.jsonl of model {self._model} is skipped, as it is damaged: {line[:80]!r}")
        return entries[::-1]

    def rollback_stack(self) -> list[int]:
        """Return the stack of activated versions, from which rollbacks pop: repeated rollbacks go further back."""
        stack: list[int] = []
        for entry in reversed(self.entries()):
            if entry.action == "activate":
                stack.append(entry.version)
            else:
                while stack and stack[-1] != entry.version:
                    stack.pop()
        return stack

    @contextmanager
    def entry(self, version: int, action: Literal["activate", "rollback"], by: str) -> Iterator[None]:
        """Log an activation that takes place in the block; if either fails, the log stays as it was.

        Raises:
            OSError: the disk is full, or read-only.
        """
        entry = Activation(at=datetime.now(UTC), action=action, version=version, by=by)
        size = self._path.stat().st_size if self._path.exists() else 0
        try:
            with self._path.open("ab") as file:
                # The newline comes first, so that the entry is not appended to a line that a crash truncated.
                file.write(b"\n" + entry.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            yield
        except OSError:
            with suppress(OSError):
                os.truncate(self._path, size)
            raise
