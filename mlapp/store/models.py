"""ModelStore: versions, and which one is active.

<folder>/versions/7/record.json    what the model is, with the hash of its file
<folder>/versions/7/model.joblib   the fitted estimator
<folder>/versions/7/note.txt       what people say of it now; only once they say other than the record
<folder>/counter                   the last number given, so that none is given twice
<folder>/staging/                  what is being written, then renamed into place, and what is being removed
<folder>/lock                      held while any of these change

`mlapp.store.activations` has the rest.
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
    Complaints,
    Damaged,
    Saving,
    locked,
    make,
    read,
    remove,
    replace,
    sync,
    unreadable,
    write,
)
from mlapp.store.numbered_folders import following, numbered, the_number

log = logging.getLogger(__name__)


class ModelStore:
    """Stored versions. All of it raises `Unavailable` when the disk is full, or may not be written or read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = folder / "versions"
        self._staging = folder / "staging"
        self._records: dict[int, Record] = {}
        self._complaints = Complaints()
        self._saving = Saving(folder)
        self._activations = Activations(folder, self._complaints)

    def prepare(self) -> None:
        """Make the folders, and remove what killed processes left half-written.

        A store that cannot be written is no reason not to start: its models answer.
        """
        try:
            with self._held():
                pass
        except OSError as error:
            log.warning(
                "The store %s cannot be written (%s): its models answer, and trainings fail until it can.",
                self.folder,
                error.strerror,
            )

    def versions(self) -> list[int]:
        """Return the numbers of all versions whose record can be read, newest first."""
        return [number for number in self._numbered() if self._read(number)]

    def record(self, version: int) -> Record:
        """Return the record of a version.

        Raises:
            NotFound: there is none, or it is damaged.
        """
        record = self._read(version) if self._is_there(version) else None
        if record is None:
            raise _no_model(version)
        return record

    def file(self, version: int) -> bytes:
        """Return the bytes of a model file.

        Raises:
            NotFound: there is no such version.
            Conflict: the file is gone, or is not the one the record vouches for.
        """
        record = self.record(version)
        try:
            data = read(self._path(version) / "model.joblib")
        except Damaged:
            data = b""
        if data is None:
            raise Conflict(f"The file of model {version} is gone; delete the version or train again.")
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
                remove(place)
        return version

    def note(self, version: int) -> str:
        """Return what people say of a version: the record's note, unless it was changed since.

        Raises:
            NotFound: there is no such version.
        """
        with suppress(Damaged, UnicodeDecodeError):
            if (changed := read(self._path(version) / "note.txt")) is not None:
                return changed.decode()
        return self.record(version).note

    def annotate(self, version: int, note: str) -> None:
        """Change the note of a version.

        Raises:
            NotFound: there is no such version.
        """
        with self._locked():
            self.record(version)
            replace(self._path(version) / "note.txt", note.encode(errors="replace"), by_way_of=self._staging)

    def delete(self, version: int) -> None:
        """Remove a version, also one whose record is damaged.

        Raises:
            NotFound: there is none.
            Conflict: it is active.
        """
        with self._locked():
            if not self._is_there(version):
                raise _no_model(version)
            if version == self.active():
                raise Conflict(f"Model {version} is active; activate another one first.")
            self._remove(version)

    def prune(self, keep: int) -> list[int]:
        """Remove the oldest inactive versions beyond `keep`, and return their numbers; damaged ones do not count."""
        with self._locked():
            active, kept = self.active(), self.versions()[:keep]
            oldest = kept[-1] if len(kept) == keep else 0
            surplus = [version for version in self._numbered() if version < oldest and version != active]
            for version in surplus:
                self._remove(version)
        return surplus

    def active(self) -> int | None:
        """Return the active version; when its pointer is damaged, the last one in the log."""
        version = self._activations.active()
        return version if version and self._is_there(version) else None

    def activate(self, version: int) -> None:
        """Make a version the active one, and log it.

        Raises:
            NotFound: there is none.
        """
        with self._locked():
            self.record(version)
            if version != self.active():
                self._activations.switch(version, "activate")

    def rollback(self) -> int:
        """Activate the version that was active before, skipping deleted ones, and return its number.

        Raises:
            Conflict: there is none.
        """
        with self._locked():
            version = self.previous()
            if version is None:
                raise Conflict("No other model was active before; activate one by its number.")
            self._activations.switch(version, "rollback")
        return version

    def previous(self) -> int | None:
        """Return the version that a rollback would activate."""
        active = self.active()
        there = [version for version in self._activations.pile()[:-1] if version != active and self._is_there(version)]
        return there[-1] if there else None

    def history(self) -> list[Activation]:
        """Return the log of activations, newest first; lines that a crash cut short are skipped."""
        return self._activations.log()

    def _path(self, version: int) -> Path:
        return self._versions / str(version)

    def _is_there(self, version: int) -> bool:
        try:
            return stat.S_ISDIR(os.lstat(self._path(version)).st_mode)
        except OSError as error:
            if error.errno in ABSENT:
                return False
            raise unreadable(error) from None

    def _numbered(self) -> list[int]:
        return numbered(self._versions, self._complaints.make)

    def _read(self, version: int) -> Record | None:
        """Return a record, which never changes once it is written, or None and a log line when it is damaged."""
        if version not in self._records:
            with suppress(Damaged, ValidationError):
                if data := read(self._path(version) / "record.json"):
                    self._records[version] = Record.model_validate_json(data)
                    return self._records[version]
            self._complaints.make(f"The record of model {version} cannot be read; the version is skipped.")
            return None
        return self._records[version]

    def _remove(self, version: int) -> None:
        # Renamed first, so that a crash leaves no half of it among the versions.
        grave = self._staging / f"deleted-{version}-{uuid.uuid4().hex}"
        self._path(version).rename(grave)
        sync(self._versions)
        self._records.pop(version, None)
        remove(grave)

    def _next(self) -> int:
        """Return a number that was never given, not even to a version that is deleted by now."""
        counter, last = self.folder / "counter", 0
        with suppress(Damaged):
            last = the_number((read(counter) or b"").decode(errors="replace")) or 0
        version = following([last, *self._numbered(), *(entry.version for entry in self.history())])
        while os.path.lexists(self._path(version)):
            # Not a folder, or it would count.
            version += 1
        replace(counter, str(version).encode(), by_way_of=self._staging)
        return version

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder for a change.

        Raises:
            Unavailable: the disk is full, or may not be written.
        """
        with self._saving(), self._held():
            yield

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the folder; make what is not there, so that a store is mended without a restart."""
        with locked(self.folder):
            for folder in (self._versions, self._staging):
                make(folder)
            # Nobody else is writing, so what lies here was left by processes that were killed.
            for leftover in self._staging.iterdir():
                remove(leftover)
            yield


def _no_model(version: int) -> NotFound:
    return NotFound(f"There is no model {version}; GET /models lists what there is.")
