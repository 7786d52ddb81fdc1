"""MetricsService: what is counted of requests, whatever they ask for, and how long the event loop keeps them waiting.

Everything counts from the start of the process on, as Prometheus expects; `prometheus.py` beside it writes it down.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from mlapp.services.histograms import Histogram
from mlapp.services.jobs.service import JobService
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""All others are one, for anybody can make up more."""
REQUEST_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LAG_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LOOK_S = 0.25
"""How often the event loop's lag is measured."""


@dataclass
class MetricsService:
    """Counts requests by method, route and status; the rest is counted by those who know of it, and read from them."""

    store: ModelStore
    prediction: PredictionService
    jobs: JobService
    monitoring: MonitoringService
    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """By method, route and status."""
    durations: dict[str, Histogram] = field(default_factory=dict)
    """By route, in seconds until the answer was sent."""
    disconnects: int = 0
    """Requests whose sender was gone before the body was here."""
    lag: Histogram = field(default_factory=lambda: Histogram(LAG_S))
    """How much later than due the event loop did what was due, in seconds."""
    _started: float = field(default_factory=time.monotonic)
    _watcher: asyncio.Task[None] | None = None

    @property
    def uptime_s(self) -> float:
        """How long it has been counting."""
        return time.monotonic() - self._started

    async def start(self) -> None:
        """Begin to measure the event loop's lag."""
        self._watcher = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop measuring."""
        if self._watcher:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered; `route` is one of a limited number."""
        self.requests[method if method in METHODS else "other", route, status] += 1
        durations = self.durations.get(route)
        if durations is None:
            durations = self.durations[route] = Histogram(REQUEST_S)
        durations.observe(seconds)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self.lag.observe(max(0.0, loop.time() - due))
