"""ModelStore: models by name, their versions, and which model is the default one.

<folder>/models/churn/          one folder a model; see `mlapp.store.models.model_folders`
<folder>/default.json           the default model; see `mlapp.store.models.default_file`
<folder>/counters/churn         the last assigned version number, so that none is reused, not even by a model of the
                                same name after a deletion
<folder>/staging/               what is being written or deleted
<folder>/lock                   held during each change
"""

import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

from mlapp.errors import Conflict, NotFound, Unavailable
from mlapp.schemas import ActivationPolicy, Decision, ModelSettings, Record
from mlapp.store import atomic_files
from mlapp.store.models.default_file import DefaultFile, DefaultModel
from mlapp.store.models.model_folders import ModelFolder
from mlapp.store.models.store_folder import NAME
from mlapp.store.models.version_store import VersionStore
from mlapp.store.numbered_folders import next_number, parse_number


class Superseded(Exception):
    """Another version has become the active one since a decision was made on it."""


class ModelChanges(TypedDict, total=False):
    """Settings of a model that change; see `ModelSettings`."""

    description: str
    activation: ActivationPolicy
    decision: Decision | None


class ModelStore(VersionStore):
    """Stored models. All methods raise `Unavailable` if the store cannot be read or written.

    Those that take the name of a model raise `NotFound` if there is none.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._default = DefaultFile(folder, self._staging, self._warn)

    def settings(self, model: str) -> ModelSettings:
        """Return the settings of a model."""
        return self._folder(model).settings()

    def update(self, model: str, **changes: Unpack[ModelChanges]) -> None:
        """Change settings of a model."""
        with self._writing():
            self._folder(model).update(**changes)

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
            self._default.write(DefaultModel(model=model))

    def add(  # noqa: PLR0913 - what appears at once
        self,
        model: str,
        file: bytes,
        record: Record,
        *,
        activate_by: str | None = None,
        replaces: int | Literal["any"] | None = "any",
        description: str | None = None,
        decision: Decision | None = None,
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
            decision: What the predictions of the model follow, unless that is set already, or the model exists and the
                version stays inactive.
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
                settings |= {"created_at": datetime.now(UTC), "demo": demo, "decision": decision}
                return self._create(model, file, record, activate_by, settings)
            folder = self._folder(model)
            if folder.settings().demo and not demo:
                settings["demo"] = False
            if decision and activate_by is not None and folder.settings().decision is None:
                settings["decision"] = decision
            version = self._add(folder, file, record, activate_by, settings)
            if activate_by is not None:
                self._claim_default(folder)
            return version

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
            with suppress(OSError, Unavailable):
                # The settings may have been replaced, and only not have reached the disk.
                if folder.settings().active != version:
                    folder.versions.remove(version)
            raise
        return version

    def _claim_default(self, folder: ModelFolder) -> None:
        """Make a model the default one if there is none, or only the example."""
        default, demo = self._default_model(), folder.settings().demo
        if default is None or (default.demo and not demo):
            self._default.write(DefaultModel(model=folder.name, demo=demo))
        elif not self._default.exists():
            self._default.write(default)

    def _default_model(self) -> DefaultModel | None:
        """Return the default model; if its file is damaged, the oldest one with an active version, the example last."""
        found = self._default.read()
        with suppress(NotFound):
            # A model of this name that was never activated is another one: it was deleted, or a crash prevented it.
            if found and self.settings(found.model).active is not None:
                return found
        models: dict[str, ModelSettings] = {}
        for name in self.names():
            # It may have been deleted since it was listed.
            with suppress(NotFound):
                if self.active(name):
                    models[name] = self.settings(name)
        oldest = min(models, key=lambda name: (models[name].demo, str(models[name].created_at), name), default=None)
        return DefaultModel(model=oldest, demo=models[oldest].demo) if oldest else None

    def _assign_number(self, folder: ModelFolder) -> int:
        """Return a number that was never assigned, not even to a deleted version."""
        counter, last = self._counters / folder.name, 0
        with suppress(atomic_files.NotARegularFile):
            last = parse_number((atomic_files.read(counter) or b"").decode(errors="replace")) or 0
        assigned = [last, *folder.versions.numbers(), *(entry.version for entry in folder.log.entries())]
        version = next_number(assigned, folder.versions.folder)
        atomic_files.replace(counter, str(version).encode(), staging=self._staging)
        return version
