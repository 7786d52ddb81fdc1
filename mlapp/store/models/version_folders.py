"""VersionFolders: the files of each version of a model.

<model>/versions/7/record.json    metadata of the version, with the hash of its file
<model>/versions/7/model.joblib   the fitted estimator
<model>/versions/7/note.txt       the note, once it differs from that of the record
"""

import hashlib
import os
import stat
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import ConfigDict, ValidationError

from mlapp.errors import Conflict, NotFound
from mlapp.schemas import Record, RecordSummary
from mlapp.store import atomic_files
from mlapp.store.cached_files import CachedRead
from mlapp.store.numbered_folders import list_numbers
from mlapp.store.recent import Recent

KEPT_RECORDS, KEPT_HEADS = 32, 1_000
"""Records in memory, about 100 KB each, and heads of records, 3 KB each."""


class RecordHead(RecordSummary):
    """The part of a record that lists need."""

    model_config = ConfigDict(extra="ignore")

    library_versions: dict[str, str]


AnyRecord = TypeVar("AnyRecord", Record, RecordHead)


class RecordCache:
    """The records that were read last, of all models: records never change, and numbers are never assigned again."""

    def __init__(self) -> None:
        self.records: Recent[tuple[str, int], Record] = Recent(KEPT_RECORDS)
        self.heads: Recent[tuple[str, int], RecordHead] = Recent(KEPT_HEADS)


class VersionFolders:
    """Read without a lock; `add`, `annotate` and `remove` require the lock of the store."""

    def __init__(self, folder: Path, staging: Path, warn: Callable[[str], None], cache: RecordCache) -> None:
        self.model = folder.name
        self.folder = folder / "versions"
        self.staging = staging
        self._numbers = CachedRead(self.folder, lambda: list_numbers(self.folder, warn))
        self._cache = cache
        self._known: set[int] = set()
        """Versions whose record was readable."""
        self._warn = warn

    def numbers(self) -> list[int]:
        """Return the numbers of all versions, also of damaged ones, newest first."""
        return self._numbers.get() or []

    def readable(self) -> list[int]:
        """Return the numbers of all versions with a readable record, newest first."""
        return [number for number in self.numbers() if self._readable(number)]

    def path(self, version: int) -> Path:
        """Return the folder of a version."""
        return self.folder / str(version)

    def exists(self, version: int) -> bool:
        """Return whether a version exists; it may be damaged.

        Raises:
            Unavailable: the store cannot be read now.
        """
        with atomic_files.suppress_absent():
            return stat.S_ISDIR(os.lstat(self.path(version)).st_mode)
        return False

    def record(self, version: int) -> Record:
        """Return the record of a version.

        Raises:
            NotFound: the version does not exist, or its record is damaged.
        """
        return self._cached(version, self._cache.records, Record)

    def head(self, version: int) -> RecordHead:
        """Return the part of a record that lists need.

        Raises:
            NotFound: the version does not exist, or its record is damaged.
        """
        return self._cached(version, self._cache.heads, RecordHead)

    def file(self, version: int) -> bytes:
        """Return the bytes of a model file, verified by its hash.

        Raises:
            NotFound: the version does not exist.
            Conflict: the file is missing, or its hash differs from the record.
        """
        record = self.record(version)
        try:
            data = atomic_files.read(self.path(version) / "model.joblib")
        except atomic_files.NotARegularFile:
            data = b""
        if data is None:
            raise Conflict(
                f"The file of version {version} of model {self.model} is missing; delete the version or train again."
            )
        if hashlib.sha256(data).hexdigest() != record.model_sha256:
            raise Conflict(
                f"The file of version {version} of model {self.model} is damaged; delete the version or train again."
            )
        return data

    def note(self, version: int) -> str:
        """Return the note of a version: the changed one, else that of the record.

        Raises:
            NotFound: the version does not exist.
        """
        with suppress(atomic_files.NotARegularFile, UnicodeDecodeError):
            if (changed := atomic_files.read(self.path(version) / "note.txt")) is not None:
                return changed.decode()
        return self.record(version).note

    def add(self, file: bytes, record: Record, assign_number: Callable[[], int]) -> int:
        """Write a version to staging, rename it to its number, and return that."""
        staged = self.staging / uuid.uuid4().hex
        staged.mkdir()
        try:
            atomic_files.write(staged / "model.joblib", file)
            atomic_files.write(staged / "record.json", record.model_dump_json(indent=1).encode())
            atomic_files.fsync_folder(staged)
            version = assign_number()
            atomic_files.create_folder(self.folder)
            staged.rename(self.path(version))
            atomic_files.fsync_folder(self.folder)
        finally:
            atomic_files.remove(staged)
        return version

    def annotate(self, version: int, note: str) -> None:
        """Change the note of a version.

        Raises:
            NotFound: the version does not exist.
        """
        self.record(version)
        atomic_files.replace(self.path(version) / "note.txt", note.encode(errors="replace"), staging=self.staging)

    def remove(self, version: int) -> None:
        """Remove a version, even if it is damaged.

        Raises:
            NotFound: the version does not exist.
        """
        if not self.exists(version):
            raise self._not_found(version)
        # Renamed first, so that a crash leaves no partial version.
        deleted = self.staging / f"deleted-{self.model}-{version}-{uuid.uuid4().hex}"
        self.path(version).rename(deleted)
        atomic_files.fsync_folder(self.folder)
        self._known.discard(version)
        atomic_files.remove(deleted)

    def _cached(self, version: int, cache: Recent[tuple[str, int], AnyRecord], kind: type[AnyRecord]) -> AnyRecord:
        exists = self.exists(version)
        record = cache.get((self.model, version), lambda: self._read(version, kind)) if exists else None
        if record is None:
            raise self._not_found(version)
        return record

    def _readable(self, version: int) -> bool:
        if version not in self._known:
            if self._cache.heads.get((self.model, version), lambda: self._read(version, RecordHead)) is None:
                return False
            self._known.add(version)
        return True

    def _read(self, version: int, kind: type[AnyRecord]) -> AnyRecord | None:
        """Read the record of a version; None if it is damaged, which is logged."""
        with suppress(atomic_files.NotARegularFile, ValidationError):
            return kind.model_validate_json(atomic_files.read(self.path(version) / "record.json") or b"")
        self._warn(f"The record of version {version} of model {self.model} cannot be read; it is skipped.")
        return None

    def _not_found(self, version: int) -> NotFound:
        return NotFound(
            f"Model '{self.model}' has no version {version}; GET /models/{self.model}/versions lists what it has."
        )
