"""MetricsService: Prometheus metrics of HTTP requests, event loop, models and process, and their exposition.

Source: https://prometheus.io/docs/practices/naming.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial

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
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.observability.store_metrics import StoreMetrics
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Other methods share the label `other`, as clients can invent any number of them."""
REQUEST_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LAG_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LAG_INTERVAL_S = 0.25
"""Interval at which the event loop's lag is measured."""


@dataclass
class MetricsService:
    """Measures HTTP requests and the event loop, and exposes all metrics of the registry."""

    store: ModelStore
    prediction: PredictionService
    recorder: TrafficRecorder
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _lag_task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        # Drops the `_created` metric of each counter and histogram.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        counter, histogram = partial(Counter, registry=self.registry), partial(Histogram, registry=self.registry)
        self._requests = counter("mlapp_http_requests", "Completed requests.", ("method", "route", "status"))
        self._durations = histogram(
            "mlapp_http_request_duration_seconds",
            "Time from the start of a request to the end of its response.",
            ("route",),
            buckets=REQUEST_S,
        )
        self._refusals = counter("mlapp_http_refusals", "Responses with an error status.", ("status",))
        self.disconnects = counter("mlapp_http_disconnects", "Requests whose client disconnected before the response.")
        self._lag = histogram("mlapp_event_loop_lag_seconds", "Delay of event loop timers.", buckets=LAG_S)
        # Cached, as looking up labels takes as long as counting.
        self._series = cache(
            lambda method, route, hundreds: (
                self._requests.labels(method, route, f"{hundreds}xx"),
                self._durations.labels(route),
            )
        )
        self._gauges()
        ProcessCollector("mlapp", registry=self.registry)
        Info("mlapp_app", "Version of the app.", registry=self.registry).info({"version": __version__})

    async def start(self) -> None:
        """Start measuring the event loop's lag."""
        self._lag_task = asyncio.create_task(self._measure_lag())

    async def close(self) -> None:
        """Stop measuring the event loop's lag."""
        if self._lag_task:
            self._lag_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._lag_task

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a completed request; `route` must be one of a limited number."""
        requests, durations = self._series(method if method in METHODS else "other", route, status // 100)
        requests.inc()
        durations.observe(seconds)
        if status >= 400:
            self._refusals.labels(status).inc()

    def exposition(self) -> bytes:
        """Return all metrics in the Prometheus text format 0.0.4."""
        self.recorder.counter.count_requests()
        return generate_latest(self.registry)

    def _gauges(self) -> None:
        def gauge(name: str, text: str, value: Callable[[], float]) -> None:
            Gauge(name, text, registry=self.registry).set_function(value)

        started = time.monotonic()
        gauge("mlapp_process_uptime_seconds", "Time since the start of the server.", lambda: time.monotonic() - started)
        self.registry.register(StoreMetrics(self.store, self.prediction, self.recorder))

    async def _measure_lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_INTERVAL_S
            await asyncio.sleep(LAG_INTERVAL_S)
            self._lag.observe(max(0.0, loop.time() - due))
