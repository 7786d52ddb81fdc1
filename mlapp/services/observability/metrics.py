"""MetricsService: Prometheus metrics of HTTP requests, event loop, models and process; writes those of all services.

Source: https://prometheus.io/docs/practices/naming.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from mlapp import __version__
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Others share the label `other`, since a client can make up any number of them."""
REQUEST_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LAG_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LOOK_S = 0.25
"""How often the event loop's lag is measured."""


@dataclass
class MetricsService:
    """Measures HTTP requests and the event loop, and writes all metrics of the registry."""

    store: ModelStore
    prediction: PredictionService
    monitoring: MonitoringService
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _watcher: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        # Else each counter and histogram has another metric, which tells when it began.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = self.registry
        self._requests = Counter(
            "mlapp_http_requests", "Requests that were answered.", ("method", "route", "status"), registry=registry
        )
        self._durations = Histogram(
            "mlapp_http_request_duration_seconds",
            "Time until a request was answered to the end.",
            ("route",),
            buckets=REQUEST_S,
            registry=registry,
        )
        self._refusals = Counter(
            "mlapp_http_refusals", "Requests that were refused or failed.", ("status",), registry=registry
        )
        self.disconnects = Counter(
            "mlapp_http_disconnects", "Requests whose sender was gone before they could be answered.", registry=registry
        )
        self._lag = Histogram(
            "mlapp_event_loop_lag_seconds",
            "How much later than due the event loop did something.",
            buckets=LAG_S,
            registry=registry,
        )
        # Finding them takes the library as long as counting.
        self._series = cache(
            lambda method, route, hundreds: (
                self._requests.labels(method, route, f"{hundreds}xx"),
                self._durations.labels(route),
            )
        )
        self._gauges()
        ProcessCollector("mlapp", registry=registry)
        Info("mlapp_app", "The app that runs.", registry=registry).info({"version": __version__})

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
        requests, durations = self._series(method if method in METHODS else "other", route, status // 100)
        requests.inc()
        durations.observe(seconds)
        if status >= 400:
            self._refusals.labels(status).inc()

    def exposition(self) -> bytes:
        """Return all metrics in the text format 0.0.4 of Prometheus."""
        self.monitoring.count()
        return generate_latest(self.registry)

    def _gauges(self) -> None:
        def gauge(name: str, text: str, value: Callable[[], float]) -> None:
            Gauge(name, text, registry=self.registry).set_function(value)

        began = time.monotonic()
        gauge("mlapp_models", "Versions in the store.", lambda: len(self.store.versions()))
        gauge("mlapp_active_model_version", "The version that answers; 0 when none does.", self._answering)
        gauge(
            "mlapp_active_version_loaded",
            "1 when the version that is active in the store answers, or none is active; 0 when it does not.",
            lambda: self.store.active() in (None, self._answering()),
        )
        gauge("mlapp_process_uptime_seconds", "How long the server has been running.", lambda: time.monotonic() - began)

    def _answering(self) -> int:
        active = self.prediction.active
        return active.version if active else 0

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self._lag.observe(max(0.0, loop.time() - due))
