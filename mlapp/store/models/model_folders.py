"""ModelFolder: one model on disk: its settings, versions and activations.

<folder>/models/churn/model.json   settings, with the active version; replaced atomically

`mlapp.store.models.version_folders` and `mlapp.store.models.activations` describe the other files.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from mlapp.errors import Conflict
from mlapp.schemas import ModelSettings
from mlapp.store import atomic_files
from mlapp.store.cached_files import CachedRead
from mlapp.store.models.activations import ActivationLog
from mlapp.store.models.version_folders import RecordCache, VersionFolders


class ModelFolder:
    """Read without a lock; changes require the lock of the store."""

    def __init__(self, path: Path, staging: Path, warn: Callable[[str], None], cache: RecordCache) -> None:
        self.path, self.name = path, path.name
        self.versions = VersionFolders(path, staging, warn, cache)
        self.log = ActivationLog(path, warn)
        self._staging, self._warn = staging, warn
        self._file = path / "model.json"
        self._settings = CachedRead(self._file, self._read)

    def settings(self) -> ModelSettings:
        """Return the settings; those of a new model, with the active version of the log, if the file is damaged.

        Raises:
            Unavailable: the store cannot be read now.
        """
        return self._settings.get() or ModelSettings(active=self._last_activated())

    def active(self) -> int | None:
        """Return the active version, or None.

        Raises:
            Unavailable: the store cannot be read now.
        """
        version = self.settings().active
        return version if version in self.versions.numbers() else None

    def update(self, **changes: Any) -> None:
        """Change settings.

        Raises:
            OSError: the disk is full, or read-only.
        """
        settings = self.settings().model_copy(update=changes)
        atomic_files.replace(self._file, settings.model_dump_json(indent=1).encode(), staging=self._staging)

    def switch(self, version: int, action: Literal["activate", "rollback"], by: str, **changes: Any) -> None:
        """Activate a version, log it, and change settings; if a write fails, nothing takes effect.

        Raises:
            OSError: the disk is full, or read-only.
        """
        with self.log.entry(version, action, by):
            self.update(active=version, **changes)

    def previous(self) -> int | None:
        """Return the version that a rollback would activate."""
        active = self.active()
        earlier = self.log.rollback_stack()[:-1]
        existing = [version for version in earlier if version != active and self.versions.exists(version)]
        return existing[-1] if existing else None

    def rollback(self, by: str) -> int:
        """Activate the previous version that still exists, and return its number.

        Raises:
            Conflict: there is no previous version.
            OSError: the disk is full, or read-only.
        """
        version = self.previous()
        if version is None:
            raise Conflict(f"No other version of model '{self.name}' was active before; activate one by its number.")
        self.switch(version, "rollback", by)
        return version

    def prune(self, keep: int) -> list[int]:
        """Remove the versions before the `keep` newest readable ones, and return their numbers.

        The active one stays, and the one that a rollback would activate.

        Raises:
            OSError: the disk is full, or read-only.
        """
        in_use, kept = (self.active(), self.previous()), self.versions.readable()[:keep]
        oldest = kept[-1] if len(kept) == keep else 0
        surplus = [version for version in self.versions.numbers() if version < oldest and version not in in_use]
        for version in surplus:
            self.versions.remove(version)
        return surplus

    def _read(self) -> ModelSettings | None:
        try:
            return ModelSettings.model_validate_json(atomic_files.read(self._file) or b"")
        except (atomic_files.NotARegularFile, ValidationError):
            self._warn(
                f"model.json of model {self.name} cannot be read; the last activation in its history.jsonl counts, and "
                "its other settings are those of a new model."
            )
            return None

    def _last_activated(self) -> int | None:
        return next((entry.version for entry in self.log.entries()), None)
