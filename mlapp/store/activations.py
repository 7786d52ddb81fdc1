"""Activations: the active version, and a log of activations and rollbacks.

<folder>/active.json     the active version; replaced atomically
<folder>/history.jsonl   one line per activation
"""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from mlapp.schemas import Activation
from mlapp.store import atomic_files
from mlapp.store.numbered_folders import MAX_NUMBER, parse_number


class _Pointer(BaseModel):
    version: Annotated[int, Field(strict=True, gt=0, le=MAX_NUMBER)]


class Activations:
    """Read without a lock; `switch` requires the lock of the folder."""

    def __init__(self, folder: Path, warn: Callable[[str], None]) -> None:
        self._pointer = folder / "active.json"
        self._log = folder / "history.jsonl"
        self._staging = folder / "staging"
        self._warn = warn

    def active(self) -> int | None:
        """Return the active version: that of the pointer or, if it is damaged, of the last log entry.

        Raises:
            Unavailable: the store cannot be read now.
        """
        try:
            if (data := atomic_files.read(self._pointer)) is not None:
                return _Pointer.model_validate_json(data).version
        except (atomic_files.NotARegularFile, ValidationError):
            self._warn("active.json cannot be read; the last readable line of history.jsonl is used instead.")
        return next((entry.version for entry in self.log()), None)

    def log(self) -> list[Activation]:
        """Return all activations, newest first; lines that a crash truncated are skipped.

        Raises:
            Unavailable: the store cannot be read now.
        """
        try:
            data = atomic_files.read(self._log) or b""
        except atomic_files.NotARegularFile:
            self._warn("history.jsonl is not a regular file and cannot be read.")
            return []
        entries = []
        for line in filter(None, data.splitlines()):
            with suppress(ValidationError):
                entry = Activation.model_validate_json(line)
                if parse_number(str(entry.version)):
                    entries.append(entry)
                    continue
            self._warn(f"A line of history.jsonl cannot be read and is skipped: {line[:80]!r}")
        return entries[::-1]

    def rollback_stack(self) -> list[int]:
        """Return the stack of activated versions, from which rollbacks pop: repeated rollbacks go further back."""
        stack: list[int] = []
        for entry in reversed(self.log()):
            if entry.action == "activate":
                stack.append(entry.version)
            else:
                while stack and stack[-1] != entry.version:
                    stack.pop()
        return stack

    def switch(self, version: int, action: Literal["activate", "rollback"]) -> None:
        """Activate a version and log it; if a write fails, neither takes effect.

        Raises:
            OSError: the disk is full, or read-only.
        """
        entry = Activation(at=datetime.now(UTC), action=action, version=version)
        size = self._log.stat().st_size if self._log.exists() else 0
        try:
            with self._log.open("ab") as file:
                # The newline comes first, so that the entry is not appended to a line that a crash truncated.
                file.write(b"\n" + entry.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            pointer = _Pointer(version=version).model_dump_json()
            atomic_files.replace(self._pointer, pointer.encode(), staging=self._staging)
        except OSError:
            with suppress(OSError):
                os.truncate(self._log, size)
            raise
