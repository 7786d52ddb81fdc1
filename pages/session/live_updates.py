"""Live updates: polls jobs, models and traffic once for all open pages, and notifies them of changes."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

from nicegui import Client, Event, background_tasks

from mlapp.errors import NotFound
from mlapp.schemas import Job, VersionInfo
from mlapp.services import Services
from mlapp.services.outages import Outage

log = logging.getLogger(__name__)

POLL_S = 0.25
"""Interval of polling while any page is open."""
TRAFFIC_S = 0.7
"""Minimum interval of traffic notifications, as traffic changes with every request."""


@dataclass
class LiveUpdates:
    """Notifies open pages of changes by any browser, API client or process.

    Pages subscribe to the events while they are built; subscriptions end when a page is closed.
    """

    services: Services
    jobs: list[Job] = field(default_factory=list)
    """All jobs, newest first."""
    active: VersionInfo | None = None
    """The record of the model that answers requests without a version.

    The active one, or the one before it if the active one cannot be loaded.
    """
    versions: tuple[int, ...] = ()
    """All versions, newest first."""
    jobs_changed: Event[[]] = field(default_factory=Event)
    models_changed: Event[[]] = field(default_factory=Event)
    """The active version or the list of versions has changed."""
    traffic_changed: Event[[]] = field(default_factory=Event)
    """There were requests, or a new minute has begun."""
    outage: Outage = field(default_factory=lambda: Outage(log, "Open pages cannot be updated"))
    _state: tuple[int | None, tuple[int, ...], int | None] = (None, (), None)
    """The active version, all versions, and the fallback version."""
    _last_traffic: tuple[int, int] | None = None
    """The traffic counter and the minute of the last notification."""
    _last_traffic_at: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _task: asyncio.Task[None] | None = None

    @property
    def active_version(self) -> int | None:
        """The active version of the store, even if it cannot be loaded."""
        return self._state[0]

    def watch(self) -> None:
        """Poll as long as any page is open."""
        if self._task is None or self._task.done():
            self._task = background_tasks.create(self._poll(), name="live")

    async def refresh(self) -> None:
        """Read the current state, and notify pages of changes."""
        async with self._lock:
            jobs = [job.model_copy() for job in await self.services.jobs.jobs()]
            # Models are read after the jobs and emitted before them, so that pages never show a finished training
            # without its model. The fallback answers in place of the active model.
            prediction = self.services.prediction
            fallback = prediction.active if prediction.problem else None
            state = *await self.services.models.versions(), fallback.version if fallback else None
            if state != self._state:
                try:
                    self.active = await self.services.models.get(str(fallback.version) if fallback else "active")
                except NotFound:
                    # The fallback may have been deleted while it still answers.
                    self.active = fallback
                self._state, self.versions = state, state[1]
                self.models_changed.emit()
            if jobs != self.jobs:
                self.jobs = jobs
                self.jobs_changed.emit()
            traffic, now = (self.services.recorder.revision, int(time.time() // 60)), time.monotonic()
            if traffic != self._last_traffic and now - self._last_traffic_at >= TRAFFIC_S:
                self._last_traffic, self._last_traffic_at = traffic, now
                self.traffic_changed.emit()

    async def _poll(self) -> None:
        while Client.instances:
            with self.outage.tolerate():
                await self.refresh()
            await asyncio.sleep(POLL_S)
