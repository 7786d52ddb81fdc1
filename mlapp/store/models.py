"""ModelStore: versions, which one is active, and the log of activations.

<folder>/versions/7/record.json    what the model is, with the hash of its file
<folder>/versions/7/model.joblib   the fitted estimator
<folder>/versions/7/note.txt       what people say of it now; only once they say other than the record
<folder>/active.json               the active version; replaced atomically
<folder>/history.jsonl             one line an activation
<folder>/counter                   the last number given, so that none is given twice
<folder>/staging/<id>/             a version being written, then renamed into place
<folder>/lock                      held while any of these change
"""

import fcntl
import hashlib
import json
import logging
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from mlapp.errors import Conflict, NotFound, Unavailable
from mlapp.schemas import Activation, Record
from mlapp.store.files import replace, saving, sync, write
from mlapp.store.numbers import numbered, the_number

log = logging.getLogger(__name__)


class ModelStore:
    """Stored versions. What changes the folder raises `Unavailable` when the disk is full or may not be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = folder / "versions"
        self._staging = folder / "staging"
        self._records: dict[int, Record] = {}

    def prepare(self) -> None:
        """Make the folders, and remove what killed processes left behind half-written.

        A store that cannot be written is no reason not to start: its models answer.
        """
        with suppress(Unavailable), self._locked():
            for leftover in self._staging.iterdir():
                shutil.rmtree(leftover, ignore_errors=True)

    def versions(self) -> list[int]:
        """Return the numbers of all versions whose record can be read, newest first."""
        return [number for number in numbered(self._versions) if self._read(number)]

    def record(self, version: int) -> Record:
        """Return the record of a version.

        Raises:
            NotFound: there is none, or it is damaged.
        """
        record = self._read(version) if self._path(version).is_dir() else None
        if record is None:
            raise NotFound(f"There is no model {version}; GET /models lists what there is.")
        return record

    def file(self, version: int) -> bytes:
        """Return the bytes of a model file.

        Raises:
            NotFound: there is no such version.
            Conflict: the file is gone, or is not the one the record vouches for.
        """
        record = self.record(version)
        try:
            data = (self._path(version) / "model.joblib").read_bytes()
        except OSError:
            raise Conflict(f"The file of model {version} is gone; delete the version or train again.") from None
        if hashlib.sha256(data).hexdigest() != record.model_sha256:
            raise Conflict(f"The file of model {version} is damaged; delete the version or train again.")
        return data

    def add(self, file: bytes, record: Record) -> int:
        """Store a version, complete or not at all, and return its number."""
        place = self._staging / uuid.uuid4().hex
        with self._locked():
            place.mkdir()
            try:
                write(place / "model.joblib", file)
                write(place / "record.json", record.model_dump_json(indent=1).encode())
                sync(place)
                version = self._next()
                place.rename(self._path(version))
                sync(self._versions)
            finally:
                shutil.rmtree(place, ignore_errors=True)
        return version

    def note(self, version: int) -> str:
        """Return what people say of a version: the record's note, unless it was changed since.

        Raises:
            NotFound: there is no such version.
        """
        record = self.record(version)
        try:
            return (self._path(version) / "note.txt").read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            return record.note

    def annotate(self, version: int, note: str) -> None:
        """Change the note of a version.

        Raises:
            NotFound: there is no such version.
        """
        with self._locked():
            self.record(version)
            replace(self._path(version) / "note.txt", note.encode(errors="replace"))

    def delete(self, version: int) -> None:
        """Remove a version.

        Raises:
            NotFound: there is none.
            Conflict: it is active.
        """
        with self._locked():
            self.record(version)
            if version == self.active():
                raise Conflict(f"Model {version} is active; activate another one first.")
            self._remove(version)

    def prune(self, keep: int) -> list[int]:
        """Remove the oldest inactive versions beyond `keep`, and return their numbers."""
        with self._locked():
            active = self.active()
            surplus = [version for version in self.versions()[keep:] if version != active]
            for version in surplus:
                self._remove(version)
        return surplus

    def active(self) -> int | None:
        """Return the active version; when its pointer is damaged, the last one in the log."""
        try:
            # As text it has one spelling: `true`, `1e999` and a number with hundreds of digits name no version.
            version = the_number(str(json.loads((self.folder / "active.json").read_bytes())["version"]))
        except (OSError, ValueError, KeyError, TypeError):
            version = None
        version = version or next((entry.version for entry in self.history()), 0)
        return version if self._path(version).is_dir() else None

    def activate(self, version: int) -> None:
        """Make a version the active one, and log it.

        Raises:
            NotFound: there is none.
        """
        with self._locked():
            self.record(version)
            if version != self.active():
                self._switch(version, "activate")

    def rollback(self) -> int:
        """Activate the version that was active before, skipping deleted ones, and return its number.

        Raises:
            Conflict: there is none.
        """
        with self._locked():
            version = self.previous()
            if version is None:
                raise Conflict("No other model was active before; activate one by its number.")
            self._switch(version, "rollback")
        return version

    def previous(self) -> int | None:
        """Return the version that a rollback would activate.

        Activations pile up and a rollback takes the top one off, so repeated ones go further back.
        """
        pile: list[int] = []
        for entry in reversed(self.history()):
            if entry.action == "activate":
                pile.append(entry.version)
            else:
                while pile and pile[-1] != entry.version:
                    pile.pop()
        active = self.active()
        there = [version for version in pile[:-1] if version != active and self._path(version).is_dir()]
        return there[-1] if there else None

    def history(self) -> list[Activation]:
        """Return the log of activations, newest first; lines that a crash cut short are skipped."""
        try:
            lines = (self.folder / "history.jsonl").read_bytes().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            log.warning("history.jsonl cannot be read and is skipped: %s", error.strerror)
            return []
        entries = []
        for line in filter(None, lines):
            try:
                entries.append(Activation.model_validate_json(line))
            except ValidationError:
                log.warning("A line of history.jsonl cannot be read and is skipped.")
        return entries[::-1]

    def _path(self, version: int) -> Path:
        return self._versions / str(version)

    def _read(self, version: int) -> Record | None:
        """Return a record, which never changes once it is written, or None and a log line when it is damaged."""
        if version not in self._records:
            try:
                self._records[version] = Record.model_validate_json((self._path(version) / "record.json").read_bytes())
            except (OSError, ValidationError):
                log.warning("The record of model %s cannot be read; the version is skipped.", version)
                return None
        return self._records[version]

    def _remove(self, version: int) -> None:
        # Renamed first, so that a crash leaves no half of it among the versions.
        grave = self._staging / f"deleted-{version}-{uuid.uuid4().hex}"
        self._path(version).rename(grave)
        sync(self._versions)
        self._records.pop(version, None)
        shutil.rmtree(grave, ignore_errors=True)

    def _next(self) -> int:
        """Return a number that was never given, not even to a version that is deleted by now."""
        counter = self.folder / "counter"
        try:
            last = int(counter.read_text())
        except (OSError, ValueError):
            last = 0
        there = numbered(self._versions)
        version = max([last, *there, *(entry.version for entry in self.history())]) + 1
        replace(counter, str(version).encode())
        return version

    def _switch(self, version: int, action: Literal["activate", "rollback"]) -> None:
        entry = Activation(at=datetime.now(UTC), action=action, version=version)
        with (self.folder / "history.jsonl").open("ab") as file:
            # The line end comes first, so that an entry does not end up on a line that a crash cut short.
            file.write(b"\n" + entry.model_dump_json().encode())
            file.flush()
            os.fsync(file.fileno())
        replace(self.folder / "active.json", json.dumps({"version": version}).encode())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder for a change; make what is not there, so that a store is mended without a restart."""
        with saving(self.folder):
            for folder in (self._versions, self._staging):
                folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "lock").open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
