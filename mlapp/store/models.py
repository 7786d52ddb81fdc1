"""ModelStore: models by name, their versions, and which model is the default one.

<folder>/models/churn/          one folder a model; see `mlapp.store.model_folders`
<folder>/default.json           the default model; replaced atomically
<folder>/counters/churn         the last assigned version number, so that none is reused, not even by a model of the
                                same name after a deletion
<folder>/staging/               what is being written or deleted
<folder>/lock                   held during each change
"""

import logging
import os
import re
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from mlapp.errors import Conflict, NotFound, shorten
from mlapp.schemas import Activation, ActivationPolicy, ModelSettings, Record
from mlapp.store import atomic_files
from mlapp.store.cached_files import CachedRead
from mlapp.store.model_folders import ModelFolder
from mlapp.store.numbered_folders import next_number, parse_number
from mlapp.store.similar_names import closest
from mlapp.store.version_folders import RecordCache, RecordHead

log = logging.getLogger(__name__)

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
"""Names of models; no other folder is one."""


class Superseded(Exception):
    """Another version has become the active one since a decision was made on it."""


class _Default(BaseModel):
    model: str
    demo: bool = False
    """Whether it is the example, which the first model that somebody trains replaces."""


class ModelStore:
    """Stored models. All methods raise `Unavailable` if the store cannot be read or written.

    Those that take the name of a model raise `NotFound` if there is none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._models = folder / "models"
        self._staging = folder / "staging"
        self._warn = atomic_files.warn_once()
        self._write_errors = atomic_files.WriteErrors(folder)
        self._folders: dict[str, ModelFolder] = {}
        self._records = RecordCache()
        self._names = CachedRead(self._models, self._list_names)
        self._default = CachedRead(folder / "default.json", self._read_default)

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

    def names(self) -> list[str]:
        """Return the names of all models, sorted."""
        return self._names.get() or []

    def was_used(self) -> bool:
        """Return whether there is a model, or was one before it was deleted."""
        with atomic_files.suppress_absent():
            return bool(self.names()) or any((self.folder / "counters").iterdir())
        return False

    def exists(self, model: str) -> bool:
        """Return whether there is a model of this name; a link is none."""
        if not NAME.fullmatch(model):
            return False
        with atomic_files.suppress_absent():
            return stat.S_ISDIR(os.lstat(self._models / model).st_mode)
        return False

    def settings(self, model: str) -> ModelSettings:
        """Return the settings of a model."""
        return self._folder(model).settings()

    def update(self, model: str, *, description: str | None = None, activation: ActivationPolicy | None = None) -> None:
        """Change settings of a model; what is None stays."""
        changes = {"description": description, "activation": activation}
        with self._writing():
            self._folder(model).update(**{name: value for name, value in changes.items() if value is not None})

    def remove(self, model: str) -> None:
        """Remove a model with all its versions.

        Raises:
            Conflict: it is the default model, and there are others.
        """
        with self._writing():
            folder = self._folder(model)
            if model == self.default() and len(self.names()) > 1:
                raise Conflict(
                    f"'{model}' is the default model, which answers POST /predict; make another one the default first."
                )
            # Renamed first, so that a crash leaves no partial model.
            deleted = self._staging / f"deleted-{model}-{uuid.uuid4().hex}"
            folder.path.rename(deleted)
            atomic_files.fsync_folder(self._models)
            self._folders.pop(model, None)
            atomic_files.remove(deleted)

    def default(self) -> str | None:
        """Return the default model."""
        found = self._default_model()
        return found.model if found else None

    def set_default(self, model: str) -> None:
        """Make a model the default one.

        Raises:
            Conflict: it has no active version.
        """
        with self._writing():
            if self._folder(model).active() is None:
                raise Conflict(f"Model '{model}' has no active version; activate one before making it the default.")
            self._write_default(_Default(model=model))

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

    def add(  # noqa: PLR0913 - what appears at once
        self,
        model: str,
        file: bytes,
        record: Record,
        *,
        activate_by: str | None = None,
        replaces: int | Literal["any"] | None = "any",
        description: str | None = None,
        demo: bool = False,
    ) -> int:
        """Store a version atomically, and return its number; a model that does not exist appears with it.

        Args:
            model: The name.
            file: The model file.
            record: The metadata.
            activate_by: Who activates the version at once; without it, the version is inactive.
            replaces: The active version that this was decided on; None if there was none.
            description: The new description of the model.
            demo: Whether it is the example; a model stays the example only as long as nobody else trains it.

        Raises:
            ValueError: the name is none of a model.
            Superseded: another version than `replaces` is active; nothing was stored.
        """
        if not NAME.fullmatch(model):
            raise ValueError(model)
        with self._writing():
            exists = self.exists(model)
            if replaces != "any" and replaces != (self.active(model) if exists else None):
                raise Superseded
            settings: dict[str, Any] = {} if description is None else {"description": description}
            if not exists:
                settings |= {"created_at": datetime.now(UTC), "demo": demo}
                return self._create(model, file, record, activate_by, settings)
            folder = self._folder(model)
            if folder.settings().demo and not demo:
                settings["demo"] = False
            version = self._add(folder, file, record, activate_by, settings)
            if activate_by is not None:
                self._claim_default(folder)
            return version

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

    def activate(self, model: str, version: int, by: str = "") -> None:
        """Activate a version, and log who did it.

        The first model with an active version becomes the default one; so does the first one beside the example.

        Raises:
            NotFound: the version does not exist.
        """
        with self._writing():
            folder = self._folder(model)
            folder.versions.record(version)
            if version != folder.active():
                folder.switch(version, "activate", by)
            self._claim_default(folder)

    def rollback(self, model: str, by: str = "") -> int:
        """Activate the previous version that still exists, and return its number.

        Raises:
            Conflict: there is no previous version.
        """
        with self._writing():
            return self._folder(model).rollback(by)

    def previous(self, model: str) -> int | None:
        """Return the version that a rollback would activate."""
        return self._folder(model).previous()

    def history(self, model: str) -> list[Activation]:
        """Return the log of activations, newest first; lines that a crash truncated are skipped."""
        return self._folder(model).log.entries()

    def _folder(self, model: str) -> ModelFolder:
        if not self.exists(model):
            self._folders.pop(model, None)
            similar = closest(model, self.names())
            hint = f"did you mean '{similar}'?" if similar else "GET /models lists all models."
            raise NotFound(f"There is no model '{shorten(model)}'; {hint}")
        if model not in self._folders:
            self._folders[model] = self._open(self._models / model)
        return self._folders[model]

    def _open(self, path: Path) -> ModelFolder:
        return ModelFolder(path, self._staging, self._warn, self._records)

    def _create(
        self, model: str, file: bytes, record: Record, activate_by: str | None, settings: dict[str, Any]
    ) -> int:
        """Create a model aside, with its first version, and rename it to its place."""
        staged = self._staging / uuid.uuid4().hex
        folder = self._open(staged / model)
        try:
            atomic_files.create_folder(folder.path)
            version = self._add(folder, file, record, activate_by, settings)
            if activate_by is not None:
                # Before it is visible: if this fails, nothing has changed.
                self._claim_default(folder)
            folder.path.rename(self._models / model)
            atomic_files.fsync_folder(self._models)
        finally:
            atomic_files.remove(staged)
        return version

    def _add(
        self, folder: ModelFolder, file: bytes, record: Record, activate_by: str | None, settings: dict[str, Any]
    ) -> int:
        """Add a version to a model, change its settings, and activate the version; if that fails, remove it."""
        version = folder.versions.add(file, record, lambda: self._assign_number(folder))
        try:
            if activate_by is not None:
                folder.switch(version, "activate", activate_by, **settings)
            elif settings:
                folder.update(**settings)
        except OSError:
            with suppress(OSError):
                folder.versions.remove(version)
            raise
        return version

    def _claim_default(self, folder: ModelFolder) -> None:
        """Make a model the default one if there is none, or only the example."""
        default, demo = self._default_model(), folder.settings().demo
        if default is None or (default.demo and not demo):
            self._write_default(_Default(model=folder.name, demo=demo))

    def _default_model(self) -> _Default | None:
        """Return the default model; if its file is damaged, the oldest one with an active version, the example last."""
        found = self._default.get()
        if found and self.exists(found.model):
            return found
        models = {name: self.settings(name) for name in self.names() if self.active(name)}
        oldest = min(models, key=lambda name: (models[name].demo, str(models[name].created_at), name), default=None)
        return _Default(model=oldest, demo=models[oldest].demo) if oldest else None

    def _assign_number(self, folder: ModelFolder) -> int:
        """Return a number that was never assigned, not even to a deleted version."""
        counter, last = self.folder / "counters" / folder.name, 0
        with suppress(atomic_files.NotARegularFile):
            last = parse_number((atomic_files.read(counter) or b"").decode(errors="replace")) or 0
        assigned = [last, *folder.versions.numbers(), *(entry.version for entry in folder.log.entries())]
        version = next_number(assigned, folder.versions.folder)
        atomic_files.replace(counter, str(version).encode(), staging=self._staging)
        return version

    def _list_names(self) -> list[str]:
        found: dict[str, bool] = {}
        with atomic_files.suppress_absent(), os.scandir(self._models) as entries:
            found = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
        names = sorted(name for name, is_folder in found.items() if is_folder and NAME.fullmatch(name))
        for name in found.keys() - set(names):
            self._warn(f"'{shorten(name)}' in folder models of the store was not created by mlapp; it is ignored.")
        return names

    def _read_default(self) -> _Default | None:
        try:
            return _Default.model_validate_json(atomic_files.read(self.folder / "default.json") or b"")
        except (atomic_files.NotARegularFile, ValidationError):
            self._warn('default.json cannot be read; PATCH /models/{model} with {"default": true} writes it again.')
            return None

    def _write_default(self, default: _Default) -> None:
        data = default.model_dump_json().encode()
        atomic_files.replace(self.folder / "default.json", data, staging=self._staging)

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
            for folder in (self._models, self._staging, self.folder / "counters"):
                atomic_files.create_folder(folder)
            # Only the holder of the lock writes here, so that all entries are leftovers of killed processes.
            for leftover in self._staging.iterdir():
                atomic_files.remove(leftover)
            yield
