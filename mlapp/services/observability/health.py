"""HealthService: whether the process lives, and what there is to know about it."""

import asyncio
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from mlapp import __version__, ml
from mlapp.errors import Unavailable
from mlapp.presentation.sentences import format_uptime
from mlapp.schemas import Health, Readiness
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore

MEGABYTE, GIGABYTE = 10**6, 10**9
PROBE_BYTES = 10_000
"""What is written, and gone again, to see whether the store can be written."""


@dataclass(frozen=True)
class HealthService:
    """Answers without the disk and without waiting, but for `facts`."""

    store: ModelStore
    prediction: PredictionService
    _started: float = field(default_factory=time.monotonic)

    def health(self) -> Health:
        """Return the status of a process that lives, model or not."""
        model = self.prediction.active
        version = model.version if model else None
        return Health(message=self.prediction.message, version=__version__, active_model=version)

    def readiness(self) -> Readiness:
        """Return that a model answers, and why it is not the active one.

        Raises:
            Unavailable: none does.
        """
        if self.prediction.active is None:
            raise Unavailable(self.prediction.message)
        problem = self.prediction.problem
        wanted = self.prediction.wanted if problem else None
        return Readiness(ready=True, message=self.prediction.message, wanted_version=wanted, problem=problem)

    async def facts(self) -> dict[str, str]:
        """Return what a person who runs it wants to know, label → text."""
        return await asyncio.to_thread(self._facts)

    async def complaint(self) -> str | None:
        """Return why the store cannot be written, and what to do about it."""
        return await asyncio.to_thread(self._complaint)

    def _complaint(self) -> str | None:
        if not self.store.folder.exists():
            return None
        try:
            with tempfile.TemporaryFile(dir=self.store.folder) as probe:
                probe.write(bytes(PROBE_BYTES))
        except OSError as error:
            return (
                f"The store cannot be written ({error.strerror}): trainings fail until there is room, or it may be "
                "written. Models go on answering."
            )
        return None

    def _facts(self) -> dict[str, str]:
        disk = shutil.disk_usage(self.store.folder if self.store.folder.exists() else Path.cwd())
        return {
            "Version": __version__,
            "Running for": format_uptime(time.monotonic() - self._started),
            "Memory (resident)": f"{psutil.Process().memory_info().rss / MEGABYTE:,.0f} MB",
            "Store": str(self.store.folder.resolve()),
            "Models in the store": f"{len(self.store.versions()):,}",
            "Disk free for the store": f"{disk.free / GIGABYTE:,.1f} GB",
        } | ml.installed_versions()
