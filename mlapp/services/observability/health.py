"""HealthService: liveness, readiness and system information."""

import asyncio
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from mlapp import __version__, ml
from mlapp.errors import Unavailable
from mlapp.presentation.formats import format_uptime
from mlapp.schemas import Health, Readiness
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore

MEGABYTE, GIGABYTE = 10**6, 10**9
PROBE_BYTES = 10_000
"""Size of the temporary file that tests whether the store is writable."""


@dataclass(frozen=True)
class HealthService:
    """`health` and `readiness` neither block nor read the disk, so that probes are fast."""

    store: ModelStore
    prediction: PredictionService
    _started: float = field(default_factory=time.monotonic)

    def health(self) -> Health:
        """Return the liveness of the process, with or without a model."""
        active = self.prediction.active()
        return Health(
            message=self.prediction.message,
            version=__version__,
            default_model=self.prediction.default,
            active_version=active.version if active else None,
        )

    def readiness(self) -> Readiness:
        """Return that the default model answers, and why not with its active version.

        Raises:
            Unavailable: no version of it is loaded.
        """
        if self.prediction.active() is None:
            raise Unavailable(self.prediction.message)
        problem = self.prediction.problem()
        wanted = self.prediction.wanted if problem else None
        return Readiness(ready=True, message=self.prediction.message, wanted_version=wanted, problem=problem)

    async def system_info(self) -> dict[str, str]:
        """Return versions, uptime, memory and disk space for operators, label → text."""
        return await asyncio.to_thread(self._system_info)

    async def store_error(self) -> str | None:
        """Return why the store cannot be written and what to do about it, or None."""
        return await asyncio.to_thread(self._store_error)

    def _store_error(self) -> str | None:
        if not self.store.folder.exists():
            return None
        try:
            with tempfile.TemporaryFile(dir=self.store.folder) as probe:
                probe.write(bytes(PROBE_BYTES))
        except OSError as error:
            return (
                f"The store cannot be written ({error.strerror}), so that trainings fail. Free disk space, or make the "
                "store writable. The models continue to answer."
            )
        return None

    def _system_info(self) -> dict[str, str]:
        disk = shutil.disk_usage(self.store.folder if self.store.folder.exists() else Path.cwd())
        return {
            "Version": __version__,
            "Running for": format_uptime(time.monotonic() - self._started),
            "Memory (resident)": f"{psutil.Process().memory_info().rss / MEGABYTE:,.0f} MB",
            "Store": str(self.store.folder.resolve()),
            "Disk free for the store": f"{disk.free / GIGABYTE:,.1f} GB",
        } | ml.installed_versions()
