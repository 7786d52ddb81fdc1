"""VersionStore: the versions of models."""

from mlapp.errors import Conflict
from mlapp.schemas import Activation, Record
from mlapp.store.models.store_folder import StoreFolder
from mlapp.store.models.version_folders import RecordHead


class VersionStore(StoreFolder):
    """Stored versions. All methods raise `NotFound` if there is no such model."""

    def versions(self, model: str) -> list[int]:
        """Return the numbers of all versions with a readable record, newest first."""
        return self._folder(model).versions.readable()

    def record(self, model: str, version: int) -> Record:
        """Return the record of a version.

        Raises:
            NotFound: the version does not exist, or its record is damaged.
        """
        return self._folder(model).versions.record(version)

    def head(self, model: str, version: int) -> RecordHead:
        """Return the part of a record that lists need; cheaper than the whole record.

        Raises:
            NotFound: the version does not exist, or its record is damaged.
        """
        return self._folder(model).versions.head(version)

    def file(self, model: str, version: int) -> bytes:
        """Return the bytes of a model file, verified by its hash.

        Raises:
            NotFound: the version does not exist.
            Conflict: the file is missing, or its hash differs from the record.
        """
        return self._folder(model).versions.file(version)

    def note(self, model: str, version: int) -> str:
        """Return the note of a version.

        Raises:
            NotFound: the version does not exist.
        """
        return self._folder(model).versions.note(version)

    def annotate(self, model: str, version: int, note: str) -> None:
        """Change the note of a version.

        Raises:
            NotFound: the version does not exist.
        """
        with self._writing():
            self._folder(model).versions.annotate(version, note)

    def delete(self, model: str, version: int) -> None:
        """Delete a version, even if it is damaged.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version is active.
        """
        with self._writing():
            folder = self._folder(model)
            if version == folder.active():
                raise Conflict(
                    f"Version {version} of model '{model}' is active; activate another version before deleting it."
                )
            folder.versions.remove(version)

    def prune(self, model: str, keep: int) -> list[int]:
        """Remove the oldest inactive versions that are not among the `keep` newest ones, and return their numbers."""
        with self._writing():
            return self._folder(model).prune(keep)

    def active(self, model: str) -> int | None:
        """Return the active version, or None."""
        return self._folder(model).active()

    def state(self, model: str) -> tuple[int | None, list[int]]:
        """Return the active version, and what `versions` returns; cheap enough for polling."""
        folder = self._folder(model)
        return folder.active(), folder.versions.readable()

    def previous(self, model: str) -> int | None:
        """Return the version that a rollback would activate."""
        return self._folder(model).previous()

    def history(self, model: str) -> list[Activation]:
        """Return the log of activations, newest first; lines that a crash truncated are skipped."""
        return self._folder(model).log.entries()
