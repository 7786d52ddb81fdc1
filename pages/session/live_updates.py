"""Live updates: polls jobs, models and traffic once for all open pages, and notifies them of changes."""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from nicegui import Client, Event, background_tasks

from mlapp.errors import NotFound
from mlapp.schemas import Decision, Job, VersionInfo
from mlapp.services import Services
from mlapp.services.models.listing import StoredModel, StoreState
from mlapp.services.outages import Outage
from mlapp.services.stored_versions import describe

log = logging.getLogger(__name__)

POLL_S = 0.25
"""Minimum interval of polling while any page is open."""
POLL_SHARE = 0.1
"""Maximum share of the time that polling takes: with many models the interval is longer."""
MAX_POLL_S = 1.0
"""Maximum interval of polling, also while the machine is busy."""
TRAFFIC_S = 0.7
"""Minimum interval of traffic notifications, as traffic changes with every request."""
MAX_SHOWN = 100
"""Models of which `active` keeps a version in memory; those asked for last."""


class _Answering(NamedTuple):
    """The version that answers for a model, and whether the model is the default one."""

    version: int | None
    default: bool
    decision: Decision | None
    """What the predictions of the model follow."""


_Shown = tuple[_Answering, VersionInfo | None]


@dataclass
class LiveUpdates:
    """Notifies open pages of changes by any browser, API client or process.

    Pages subscribe to the events while they are built; subscriptions end when a page is closed.
    """

    services: Services
    jobs: list[Job] = field(default_factory=list)
    """All jobs, newest first."""
    state: StoreState = field(default_factory=lambda: StoreState(None, {}))
    """The default model, and the versions of every model."""
    jobs_changed: Event[[]] = field(default_factory=Event)
    models_changed: Event[[]] = field(default_factory=Event)
    """The default model has changed, or which models there are, or the active version or the versions of one."""
    traffic_changed: Event[[]] = field(default_factory=Event)
    """There were requests, or a new minute has begun."""
    outage: Outage = field(default_factory=lambda: Outage(log, "Open pages cannot be updated"))
    _shown: dict[str, _Shown] = field(default_factory=dict)
    """The version that answers, for models that a page shows; those asked for last come last."""
    _last_traffic: tuple[int, int] | None = None
    """The traffic counter and the minute of the last notification."""
    _last_traffic_at: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _task: asyncio.Task[None] | None = None

    @property
    def default(self) -> str | None:
        """The default model."""
        return self.state.default

    @property
    def models(self) -> dict[str, StoredModel]:
        """The active version and all versions of every model, by name."""
        return self.state.models

    def active(self, model: str | None) -> VersionInfo | None:
        """Return the version that answers for a model: the active one, or another one if that cannot be loaded.

        None if there is no such model, or none of its versions answers.
        """
        if model is None or model not in self.models:
            return None
        answering = self._answering(model, self.state)
        found = self._shown.pop(model, None)
        if found is None or found[0] != answering:
            # A record that no page has shown is read at once, which takes milliseconds.
            found = answering, self._describe(model, answering)
        self._shown[model] = found
        if len(self._shown) > MAX_SHOWN:
            del self._shown[next(iter(self._shown))]
        return found[1]

    async def prepare(self, models: Iterable[str]) -> None:
        """Read the versions that `active` will return for many models, without blocking the event loop."""
        self._shown |= await self._outdated(models, self.state)

    def notify_edited(self, model: str) -> None:
        """Notify pages that a note, which is not polled, or a setting has changed."""
        self._shown.pop(model, None)
        self.models_changed.emit()

    def watch(self) -> None:
        """Poll as long as any page is open."""
        if self._task is None or self._task.done():
            self._task = background_tasks.create(self._poll(), name="live")

    async def refresh(self) -> None:
        """Read the current state, and notify pages of changes."""
        async with self._lock:
            jobs = [job.model_copy() for job in await self.services.jobs.jobs()]
            # Models are read after the jobs and emitted before them, so that pages never show a finished training
            # without its version.
            await self._refresh_models()
            if jobs != self.jobs:
                self.jobs = jobs
                self.jobs_changed.emit()
            traffic, now = (self.services.recorder.revision, int(time.time() // 60)), time.monotonic()
            if traffic != self._last_traffic and now - self._last_traffic_at >= TRAFFIC_S:
                self._last_traffic, self._last_traffic_at = traffic, now
                self.traffic_changed.emit()

    async def _refresh_models(self) -> None:
        state = await self.services.models.state()
        changed = await self._outdated(self._shown, state)
        if changed or state != self.state:
            self._shown |= changed
            self.state = state
            self.models_changed.emit()

    async def _outdated(self, models: Iterable[str], state: StoreState) -> dict[str, _Shown]:
        """Return what is to be shown of those models of which something else or nothing was shown before."""
        answering = {model: self._answering(model, state) for model in models if model in state.models}
        changed = [
            model for model, now in answering.items() if model not in self._shown or self._shown[model][0] != now
        ]
        if not changed:
            return {}
        return await asyncio.to_thread(
            lambda: {model: (answering[model], self._describe(model, answering[model])) for model in changed}
        )

    def _answering(self, model: str, state: StoreState) -> _Answering:
        prediction, version = self.services.prediction, state.models[model].active
        if prediction.problem(model) and (fallback := prediction.active(model)):
            version = fallback.version
        return _Answering(version, model == state.default, state.models[model].decision)

    def _describe(self, model: str, answering: _Answering) -> VersionInfo | None:
        """Return a version as stored, or as loaded if it was deleted while it still answers."""
        if answering.version is None:
            return None
        try:
            return describe(self.services.models.store, model, answering.version)
        except NotFound:
            return self.services.prediction.active(model)

    async def _poll(self) -> None:
        while Client.instances:
            started = time.monotonic()
            with self.outage.tolerate():
                await self.refresh()
            pause_s = (time.monotonic() - started) / POLL_SHARE
            await asyncio.sleep(min(max(POLL_S, pause_s), MAX_POLL_S))
