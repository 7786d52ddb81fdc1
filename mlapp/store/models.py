"""ModelStore: stored model versions, and which one is active.

<folder>/versions/7/record.json    metadata of the version, with the hash of its file
<folder>/versions/7/model.joblib   the fitted estimator
<folder>/versions/7/note.txt       the note, once it differs from that of the record
<folder>/counter                   the last assigned number, so that none is reused
<folder>/staging/                  versions that are being written or deleted
<folder>/lock                      held during each change

`mlapp.store.activations` describes the other files.
"""

import hashlib
import logging
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from mlapp.errors import Conflict, NotFound
from mlapp.schemas import Activation, Record
from mlapp.store.activations import Activations
from mlapp.store.atomic_files import (
    ABSENT,
    NotARegularFile,
    OnceLogger,
    WriteErrors,
    create_folder,
    fsync_folder,
    locked,
    read,
    read_error,
    remove,
    replace,
    write,
)
from mlapp.store.numbered_folders import list_numbers, next_number, parse_number

log = logging.getLogger(__name__)


class ModelStore:
    """Stored versions. All methods raise `Unavailable` if the store cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = folder / "versions"
        self._staging = folder / "staging"
        self._records: dict[int, Record] = {}
        self._once = OnceLogger()
        self._write_errors = WriteErrors(folder)
        self._activations = Activations(folder, self._once)

    def prepare(self) -> None:
        """Create the folders, and remove leftovers of killed processes.

        A read-only store does not prevent the start: its models can be served.
        """
        try:
            with self._lock():
                pass
        except OSError as error:
            log.warning(
                "The store %s cannot be written (%s): its models are served, but trainings fail.",
                self.folder,
                error.strerror,
            )

    def versions(self) -> list[int]:
        """Return the numbers of all versions with a readable record, newest first."""
        return [number for number in self._numbers() if self._read(number)]

    def record(self, version: int) -> Record:
        """Return the record of a version.

        Raises:
            NotFound: the version does not exist, or its record is damaged.
        """
        record = self._read(version) if self._exists(version) else None
        if record is None:
            raise _no_model(version)
        return record

    def file(self, version: int) -> bytes:
        """Return the bytes of a model file, verified by its hash.

        Raises:
            NotFound: the version does not exist.
            Conflict: the file is missing, or its hash differs from the record.
        """
        record = self.record(version)
        try:
            data = read(self._path(version) / "model.joblib")
        except NotARegularFile:
            data = b""
        if data is None:
            raise Conflict(f"The file of model {version} is missing; delete the version or train again.")
        if hashlib.sha256(data).hexdigest() != record.model_sha256:
            raise Conflict(f"The file of model {version} is damaged; delete the version or train again.")
        return data

    def add(self, file: bytes, record: Record) -> int:
        """Store a version atomically, and return its number."""
        staged = self._staging / uuid.uuid4().hex
        with self._writing():
            staged.mkdir()
            try:
                write(staged / "model.joblib", file)
                write(staged / "record.json", record.model_dump_json(indent=1).encode())
                fsync_folder(staged)
                version = self._next()
                staged.rename(self._path(version))
                fsync_folder(self._versions)
            finally:
                remove(staged)
        return version

    def note(self, version: int) -> str:
        """Return the note of a version: the changed one, else that of the record.

        Raises:
            NotFound: the version does not exist.
        """
        with suppress(NotARegularFile, UnicodeDecodeError):
            if (changed := read(self._path(version) / "note.txt")) is not None:
                return changed.decode()
        return self.record(version).note

    def annotate(self, version: int, note: str) -> None:
        """Change the note of a version.

        Raises:
            NotFound: the version does not exist.
        """
        with self._writing():
            self.record(version)
            replace(self._path(version) / "note.txt", note.encode(errors="replace"), staging=self._staging)

    def delete(self, version: int) -> None:
        """Delete a version, even if its record is damaged.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version is active.
        """
        with self._writing():
            if not self._exists(version):
                raise _no_model(version)
            if version == self.active():
                raise Conflict(f"Model {version} is active; activate another one first.")
            self._remove(version)

    def prune(self, keep: int) -> list[int]:
        """Delete all inactive versions older than the `keep` newest readable ones, and return their numbers."""
        with self._writing():
            active, kept = self.active(), self.versions()[:keep]
            oldest = kept[-1] if len(kept) == keep else 0
            surplus = [version for version in self._numbers() if version < oldest and version != active]
            for version in surplus:
                self._remove(version)
        return surplus

    def active(self) -> int | None:
        """Return the active version, or None."""
        version = self._activations.active()
        return version if version and self._exists(version) else None

    def activate(self, version: int) -> None:
        """Activate a version, and log it.

        Raises:
            NotFound: the version does not exist.
        """
        with self._writing():
            self.record(version)
            if version != self.active():
                self._activations.switch(version, "activate")

    def rollback(self) -> int:
        """Activate the previous version that still exists, and return its number.

        Raises:
            Conflict: there is no previous version.
        """
        with self._writing():
            version = self.previous()
            if version is None:
                raise Conflict("No other model was active before; activate one by its number.")
            self._activations.switch(version, "rollback")
        return version

    def previous(self) -> int | None:
        """Return the version that a rollback would activate."""
        active = self.active()
        earlier = self._activations.rollback_stack()[:-1]
        existing = [version for version in earlier if version != active and self._exists(version)]
        return existing[-1] if existing else None

    def history(self) -> list[Activation]:
        """Return the log of activations, newest first; lines that a crash truncated are skipped."""
        return self._activations.log()

    def _path(self, version: int) -> Path:
        return self._versions / str(version)

    def _exists(self, version: int) -> bool:
        try:
            return stat.S_ISDIR(os.lstat(self._path(version)).st_mode)
        except OSError as error:
            if error.errno in ABSENT:
                return False
            raise read_error(error) from None

    def _numbers(self) -> list[int]:
        return list_numbers(self._versions, self._once.warn)

    def _read(self, version: int) -> Record | None:
        """Return the record of a version, cached as it never changes; None if it is damaged, which is logged."""
        if version not in self._records:
            with suppress(NotARegularFile, ValidationError):
                if data := read(self._path(version) / "record.json"):
                    self._records[version] = Record.model_validate_json(data)
                    return self._records[version]
            self._once.warn(f"The record of model {version} cannot be read; the version is skipped.")
            return None
        return self._records[version]

    def _remove(self, version: int) -> None:
        # Renamed first, so that a crash leaves no partial version.
        deleted = self._staging / f"deleted-{version}-{uuid.uuid4().hex}"
        self._path(version).rename(deleted)
        fsync_folder(self._versions)
        self._records.pop(version, None)
        remove(deleted)

    def _next(self) -> int:
        """Return a number that was never assigned, not even to a deleted version."""
        counter, last = self.folder / "counter", 0
        with suppress(NotARegularFile):
            last = parse_number((read(counter) or b"").decode(errors="replace")) or 0
        version = next_number([last, *self._numbers(), *(entry.version for entry in self.history())])
        while os.path.lexists(self._path(version)):
            # Not a folder, which would have been listed.
            version += 1
        replace(counter, str(version).encode(), staging=self._staging)
        return version

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock for a change, and translate write errors.

        Raises:
            Unavailable: the disk is full, or read-only.
        """
        with self._write_errors.translated(), self._lock():
            yield

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the lock, and create missing folders, so that a repaired store needs no restart."""
        with locked(self.folder):
            for folder in (self._versions, self._staging):
                create_folder(folder)
            # Only the holder of the lock writes here, so that all entries are leftovers of killed processes.
            for leftover in self._staging.iterdir():
                remove(leftover)
            yield


def _no_model(version: int) -> NotFound:
    return NotFound(f"There is no model {version}; GET /models lists all models.")
