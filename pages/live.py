"""What changes while pages are open: looked for once, shown in all of them."""

import asyncio
from dataclasses import dataclass, field

from nicegui import Client, Event, background_tasks

from mlapp.errors import NotFound
from mlapp.schemas import Job, Model
from mlapp.services import Services

LOOK_S = 0.25
"""How often it is looked for changes while any page is open."""


@dataclass
class Live:
    """Tells open pages of changes, whoever made them: this or another browser, a program, another process.

    A page subscribes to the events while it is built, and is forgotten when it is closed.
    """

    services: Services
    jobs: list[Job] = field(default_factory=list)
    """All jobs as they stand, newest first."""
    active: Model | None = None
    """The model that answers when no version is asked for, as it stands in the store."""
    versions: tuple[int, ...] = ()
    """All versions, newest first."""
    jobs_changed: Event[[]] = field(default_factory=Event)
    models_changed: Event[[]] = field(default_factory=Event)
    """Another version is active, or there are others."""
    traffic_changed: Event[[]] = field(default_factory=Event)
    """Predictions were asked for."""
    _counted: int = 0
    _task: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Look now, and go on looking as long as any page is open."""
        if self._task is None or self._task.done():
            self._task = background_tasks.create(self._go_on(), name="live")

    async def look(self) -> None:
        """See how things stand now, and tell what has changed."""
        jobs = [job.model_copy() for job in await self.services.jobs.jobs()]
        if jobs != self.jobs:
            self.jobs = jobs
            self.jobs_changed.emit()
        found = await self.services.models.standing()
        if found != (self.active.version if self.active else None, self.versions):
            self.active, self.versions = await self._model(), found[1]
            self.models_changed.emit()

    async def _go_on(self) -> None:
        while Client.instances:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def _model(self) -> Model | None:
        try:
            return await self.services.models.get("active")
        except NotFound:
            return None
