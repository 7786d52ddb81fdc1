"""StoreFolder: the folder of the store, its lock, and the models in it by name."""

import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlapp.errors import NotFound, shorten
from mlapp.store import atomic_files
from mlapp.store.cached_files import CachedRead
from mlapp.store.models.model_folders import ModelFolder
from mlapp.store.models.similar_names import closest
from mlapp.store.models.version_folders import RecordCache

log = logging.getLogger(__name__)

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
"""Names of models; no other folder is one."""


class StoreFolder:
    """Finds models. All methods raise `Unavailable` if the store cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._models = folder / "models"
        self._staging = folder / "staging"
        self._counters = folder / "counters"
        self._warn = atomic_files.warn_once()
        self._write_errors = atomic_files.WriteErrors(folder)
        self._folders: dict[str, ModelFolder] = {}
        self._records = RecordCache()
        self._names = CachedRead(self._models, self._list_names)

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
            return bool(self.names()) or any((self._counters).iterdir())
        return False

    def exists(self, model: str) -> bool:
        """Return whether there is a model of this name; a link is none."""
        if not NAME.fullmatch(model):
            return False
        with atomic_files.suppress_absent():
            return stat.S_ISDIR(os.lstat(self._models / model).st_mode)
        return False

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

    def _list_names(self) -> list[str]:
        found: dict[str, bool] = {}
        with atomic_files.suppress_absent(), os.scandir(self._models) as entries:
            found = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
        names = sorted(name for name, is_folder in found.items() if is_folder and NAME.fullmatch(name))
        for name in found.keys() - set(names):
            self._warn(f"'{shorten(name)}' in folder models of the store was not created by mlapp; it is ignored.")
        return names

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
            for folder in (self._models, self._staging, self._counters):
                atomic_files.create_folder(folder)
            # Only the holder of the lock writes here, so that all entries are leftovers of killed processes.
            for leftover in self._staging.iterdir():
                atomic_files.remove(leftover)
            yield
