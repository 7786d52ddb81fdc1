"""What changes while pages are open: looked for once, shown in all of them."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

from nicegui import Client, Event, background_tasks

from mlapp.errors import NotFound
from mlapp.schemas import Job, Model
from mlapp.services import Services
from mlapp.services.outages import Outage

log = logging.getLogger(__name__)

LOOK_S = 0.25
"""How often it is looked for changes while any page is open."""
TRAFFIC_S = 0.7
"""How often pages are told of traffic at most: it changes with every request."""


@dataclass
class Live:
    """Tells open pages of changes, whoever made them: this or another browser, a program, another process.

    A page subscribes to the events while it is built, and is forgotten when it is closed.
    """

    services: Services
    jobs: list[Job] = field(default_factory=list)
    """All jobs as they stand, newest first."""
    active: Model | None = None
    """The model that answers when no version is asked for, as it stands in the store.

    That is the active one, and the one before where the active one cannot be loaded.
    """
    versions: tuple[int, ...] = ()
    """All versions, newest first."""
    jobs_changed: Event[[]] = field(default_factory=Event)
    models_changed: Event[[]] = field(default_factory=Event)
    """Another version is active, or there are others."""
    traffic_changed: Event[[]] = field(default_factory=Event)
    """Predictions were asked for, or another minute has begun."""
    outage: Outage = field(default_factory=lambda: Outage(log, "Open pages cannot be kept up to date"))
    _standing: tuple[int | None, tuple[int, ...], int | None] = (None, (), None)
    """The active version, all versions, and the one that answers in place of the active one."""
    _counted: tuple[int, int] | None = None
    """The counter, and the minute, that pages were told of last."""
    _told: float = 0.0
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _task: asyncio.Task[None] | None = None

    @property
    def active_version(self) -> int | None:
        """The active version of the store, whether it can be loaded here or not."""
        return self._standing[0]

    def watch(self) -> None:
        """Look now, and go on looking as long as any page is open."""
        if self._task is None or self._task.done():
            self._task = background_tasks.create(self._go_on(), name="live")

    async def look(self) -> None:
        """See how things stand now, and tell what has changed."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        jobs = [job.model_copy() for job in await self.services.jobs.jobs()]
        # After the jobs, and told before them: no training is seen to have ended without its model being there.
        instead = self._instead()
        found = *await self.services.models.versions(), instead.version if instead else None
        active = self.active if found == self._standing else await self._model(instead)
        if found != self._standing:
            self._standing, self.active, self.versions = found, active, found[1]
            self.models_changed.emit()
        if jobs != self.jobs:
            self.jobs = jobs
            self.jobs_changed.emit()
        self._look_at_traffic()

    def _look_at_traffic(self) -> None:
        counted, now = (self.services.monitoring.counter, int(time.time() // 60)), time.monotonic()
        if counted != self._counted and now - self._told >= TRAFFIC_S:
            self._counted, self._told = counted, now
            self.traffic_changed.emit()

    async def _go_on(self) -> None:
        while Client.instances:
            with self.outage.endure():
                await self.look()
            await asyncio.sleep(LOOK_S)

    def _instead(self) -> Model | None:
        """Return the model that answers in place of the active one."""
        prediction = self.services.prediction
        return prediction.active if prediction.problem else None

    async def _model(self, instead: Model | None) -> Model | None:
        try:
            return await self.services.models.get(str(instead.version) if instead else "active")
        except NotFound:
            # One that still answers may have been deleted.
            return instead
