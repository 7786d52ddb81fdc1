"""ModelStore: stored model versions, and which one is active.

<folder>/counter   the last assigned number, so that none is reused
<folder>/lock      held during each change

`mlapp.store.version_folders` and `mlapp.store.activations` describe the other files.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlapp.errors import Conflict
from mlapp.schemas import Activation, Record
from mlapp.store import atomic_files
from mlapp.store.activations import Activations
from mlapp.store.numbered_folders import next_number, parse_number
from mlapp.store.version_folders import VersionFolders

log = logging.getLogger(__name__)


class ModelStore:
    """Stored versions. All methods raise `Unavailable` if the store cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        warn = atomic_files.warn_once()
        self._folders = VersionFolders(folder, warn)
        self._activations = Activations(folder, warn)
        self._write_errors = atomic_files.WriteErrors(folder)

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
        return self._folders.readable()

    def record(self, version: int) -> Record:
        """Return the record of a version.

        Raises:
            NotFound: the version does not exist, or its record is damaged.
        """
        return self._folders.record(version)

    def file(self, version: int) -> bytes:
        """Return the bytes of a model file, verified by its hash.

        Raises:
            NotFound: the version does not exist.
            Conflict: the file is missing, or its hash differs from the record.
        """
        return self._folders.file(version)

    def add(self, file: bytes, record: Record) -> int:
        """Store a version atomically, and return its number."""
        with self._writing():
            return self._folders.add(file, record, self._assign_number)

    def note(self, version: int) -> str:
        """Return the note of a version.

        Raises:
            NotFound: the version does not exist.
        """
        return self._folders.note(version)

    def annotate(self, version: int, note: str) -> None:
        """Change the note of a version.

        Raises:
            NotFound: the version does not exist.
        """
        with self._writing():
            self._folders.annotate(version, note)

    def delete(self, version: int) -> None:
        """Delete a version, even if its record is damaged.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version is active.
        """
        with self._writing():
            if version == self.active():
                raise Conflict(f"Model {version} is active; activate another one first.")
            self._folders.remove(version)

    def prune(self, keep: int) -> list[int]:
        """Delete all inactive versions older than the `keep` newest readable ones, and return their numbers."""
        with self._writing():
            active, kept = self.active(), self.versions()[:keep]
            oldest = kept[-1] if len(kept) == keep else 0
            surplus = [version for version in self._folders.numbers() if version < oldest and version != active]
            for version in surplus:
                self._folders.remove(version)
        return surplus

    def active(self) -> int | None:
        """Return the active version, or None."""
        version = self._activations.active()
        return version if version and self._folders.exists(version) else None

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
        existing = [version for version in earlier if version != active and self._folders.exists(version)]
        return existing[-1] if existing else None

    def history(self) -> list[Activation]:
        """Return the log of activations, newest first; lines that a crash truncated are skipped."""
        return self._activations.log()

    def _assign_number(self) -> int:
        """Return a number that was never assigned, not even to a deleted version."""
        counter, last = self.folder / "counter", 0
        with suppress(atomic_files.NotARegularFile):
            last = parse_number((atomic_files.read(counter) or b"").decode(errors="replace")) or 0
        assigned = [last, *self._folders.numbers(), *(entry.version for entry in self.history())]
        version = next_number(assigned, self._folders.folder)
        atomic_files.replace(counter, str(version).encode(), staging=self._folders.staging)
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
        with atomic_files.locked(self.folder):
            for folder in (self._folders.folder, self._folders.staging):
                atomic_files.create_folder(folder)
            # Only the holder of the lock writes here, so that all entries are leftovers of killed processes.
            for leftover in self._folders.staging.iterdir():
                atomic_files.remove(leftover)
            yield
