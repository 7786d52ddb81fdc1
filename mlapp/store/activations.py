"""Which version is active, and the log of how it came to be.

<folder>/active.json     the active version; replaced atomically
<folder>/history.jsonl   one line an activation
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from mlapp.schemas import Activation
from mlapp.store.atomic_files import Complaints, Damaged, read, replace
from mlapp.store.numbered_folders import the_number


class _Pointer(BaseModel):
    version: Annotated[int, Field(strict=True)]


class Activations:
    """Changed by whoever holds the folder, read by anyone."""

    def __init__(self, folder: Path, complaints: Complaints) -> None:
        self._pointer = folder / "active.json"
        self._log = folder / "history.jsonl"
        self._staging = folder / "staging"
        self._complaints = complaints

    def active(self) -> int | None:
        """Return the version that was activated last; when its pointer is damaged, by the log.

        Raises:
            Unavailable: the store cannot be read now.
        """
        with suppress(Damaged, ValidationError):
            data = read(self._pointer)
            if data is None:
                return self._last()
            version = _Pointer.model_validate_json(data).version
            if the_number(str(version)):
                return version
        self._complaints.make("active.json cannot be read; the last line of history.jsonl that can is what counts.")
        return self._last()

    def log(self) -> list[Activation]:
        """Return all activations, newest first; lines that a crash cut short are skipped.

        Raises:
            Unavailable: the store cannot be read now.
        """
        try:
            data = read(self._log) or b""
        except Damaged:
            self._complaints.make("history.jsonl is no file, and cannot be read.")
            return []
        entries = []
        for line in filter(None, data.splitlines()):
            with suppress(ValidationError):
                entry = Activation.model_validate_json(line)
                if the_number(str(entry.version)):
                    entries.append(entry)
                    continue
            self._complaints.make(f"A line of history.jsonl cannot be read and is skipped: {line[:80]!r}")
        return entries[::-1]

    def pile(self) -> list[int]:
        """Return what a rollback takes versions off: activations pile up, so that repeated ones go further back."""
        pile: list[int] = []
        for entry in reversed(self.log()):
            if entry.action == "activate":
                pile.append(entry.version)
            else:
                while pile and pile[-1] != entry.version:
                    pile.pop()
        return pile

    def switch(self, version: int, action: Literal["activate", "rollback"]) -> None:
        """Make a version the active one, and log it; both or nothing, as far as the process lives to do it.

        Raises:
            OSError: the disk is full, or may not be written.
        """
        entry = Activation(at=datetime.now(UTC), action=action, version=version)
        before = self._log.stat().st_size if self._log.exists() else 0
        try:
            with self._log.open("ab") as file:
                # The line end comes first, so that an entry does not end up on a line that a crash cut short.
                file.write(b"\n" + entry.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            pointer = _Pointer(version=version).model_dump_json()
            replace(self._pointer, pointer.encode(), by_way_of=self._staging)
        except OSError:
            with suppress(OSError):
                os.truncate(self._log, before)
            raise

    def _last(self) -> int | None:
        return next((entry.version for entry in self.log()), None)
