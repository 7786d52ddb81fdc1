"""TrafficRecorder: counts requests, latencies, rows and predictions by model and version, and saves the counts.

A request only appends to a queue; a background thread counts the queue about once per second.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from mlapp.schemas import RequestProfile, TrafficCounts, VersionInfo
from mlapp.services.monitoring.counted_traffic import ALL, CountedTraffic, model_of, version_key
from mlapp.services.monitoring.counts import count_by_minute, profile
from mlapp.services.monitoring.known_models import KnownModels
from mlapp.services.monitoring.metrics import PredictionMetrics
from mlapp.services.monitoring.queue import CompletedRequest, PredictedRows, TrafficQueue
from mlapp.services.monitoring.request_timer import RequestTimer
from mlapp.services.outages import Outage
from mlapp.store import Lines, ModelStore, TrafficStore

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

COUNT_INTERVAL_S = 1.0
MIN_IDLE_RATIO = 20
"""After counting, the thread pauses for at least this multiple of the time that it took: at most 5 % of a core."""
PAUSE_S = 0.001
"""Pause of the thread after each version or line, in which requests are answered."""
SAVE_INTERVAL_S = 5.0
SAVE_BYTES_S = 250_000
"""Counts of many models are saved less often, with at most as many bytes per second."""


@dataclass
class TrafficRecorder:
    """Records the requests to this process, and adds up their counts with those of other processes on one store."""

    store: TrafficStore
    models: ModelStore
    """Only its models are counted by name: clients can invent any number of others."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    revision: int = 0
    """Increases when there may be new counts."""
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _queue: TrafficQueue = field(default_factory=TrafficQueue)
    _batches: dict[str, list[PredictedRows]] = field(default_factory=dict)
    """Batches from the queue that are not yet in a profile, by the key of their version."""
    _others: list[Lines] = field(default_factory=list)
    """Last saved counts of the other processes."""
    _count_lock: threading.Lock = field(default_factory=threading.Lock)
    _save_lock: threading.Lock = field(default_factory=threading.Lock)
    _saved_changes: int = 0
    _saved_bytes: int = 0
    _count_outage: Outage = field(default_factory=lambda: Outage(log, "Requests cannot be counted"))
    _save_outage: Outage = field(default_factory=lambda: Outage(log, "Request counts cannot be saved"))
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self._known = KnownModels(self.models)
        self._counts = CountedTraffic(self.store, self._known)
        self.metrics = PredictionMetrics(self.registry, self._known)

    async def start(self) -> None:
        """Load the saved counts, and start counting."""
        await asyncio.to_thread(self._save)
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Count what is queued, and save."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.to_thread(self._finish)

    def request(self, model: str | None) -> RequestTimer:
        """Record a request to a model, from here until its response starts; a cancelled one is not recorded.

        A request to no model, or to one that does not exist, counts only in the total.
        """
        return RequestTimer(self._complete, model)

    def rejections(self, model: str | None = None, disconnect: type[Exception] | None = None) -> RequestTimer:
        """Record a request only if it fails, before `request` is entered; `disconnect` is not a failure."""
        return RequestTimer(self._complete, model, only_errors=True, ignored=disconnect)

    def add_rows(self, info: VersionInfo, x: "np.ndarray", predicted: "np.ndarray") -> None:
        """Record encoded rows of one or several requests to a version, and their predictions. Thread-safe."""
        self._queue.add_rows(self.minute(), info, x, predicted)

    def add_warnings(self, model: str, count: int) -> None:
        """Record warnings about the values of a request. Thread-safe."""
        self._queue.add_warnings(model, count)

    def total(self, model: str | None = None) -> TrafficCounts:
        """Return the requests to a model, or all requests, as counted by all processes on the store."""
        with self._counting():
            return self._counts.requests(model or ALL, self._others)

    def totals(self) -> Iterator[tuple[str, TrafficCounts]]:
        """Return the requests to each model, as counted by all processes on the store."""
        with self._counting():
            models = [*self._known.created_at]
        for model in models:
            with self._count_lock:
                total = self._counts.requests(model, self._others)
            yield model, total

    def profile(self, model: str, version: int) -> RequestProfile | None:
        """Return the profile of the requests to a version, by all processes on the store; None without requests."""
        key = version_key(model, version)
        with self._counting():
            self._add_to_profile(key)
            return self._counts.profile(key, self._others)

    def update(self) -> None:
        """Count what is queued, except for the profiles, which take longer."""
        with self._counting():
            pass

    def count(self, pause_s: float = 0.0) -> None:
        """Count what is queued, and read the counts of the other processes; pause after each version."""
        with self._counting():
            keys = [*self._batches]
        # All versions are counted, even if counting one of them fails.
        with ExitStack() as versions:
            for key in keys:
                versions.callback(self._count_version, key, pause_s)

    def minute(self) -> int:
        """Return the current minute since 1970."""
        return int(self.clock() // 60)

    def _complete(self, model: str | None, started: float, status: int) -> None:
        duration_ms = (time.perf_counter() - started) * 1_000
        self._queue.requests.append(CompletedRequest(model, self.minute(), duration_ms, status))
        self.revision += 1

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Hold the lock; everything that is queued is counted, except for the profiles, which take longer."""
        with self._count_lock:
            requests, batches, warnings = self._queue.take()
            deleted = self._known.refresh()
            self._counts.drop(deleted)
            by_minute = count_by_minute(requests, batches)
            # What is queued for the name of a deleted model is not for another one that has its name now.
            counted = self._known.created_at.keys() - deleted
            for (model, minute), counts in by_minute.items():
                for key in (ALL, model) if model in counted else (ALL,):
                    self._counts.add_requests(key, minute, counts)
            for batch in batches:
                self._batches.setdefault(version_key(batch.info.model, batch.info.version), []).append(batch)
            self.metrics.follow(deleted)
            self.metrics.count(requests, by_minute, warnings)
            self._read_others()
            self.revision += bool(requests or batches)
            yield

    def _read_others(self) -> None:
        others = self.store.others()
        self.revision += [id(lines) for lines in others] != [id(lines) for lines in self._others]
        self._others = others

    def _count_version(self, key: str, pause_s: float) -> None:
        with self._count_lock:
            self._add_to_profile(key)
        time.sleep(pause_s)

    def _add_to_profile(self, key: str) -> None:
        batches = self._batches.pop(key, [])
        try:
            if any(batch.sample for batch in batches) and model_of(key) in self._known.created_at:
                self._counts.add_profile(key, profile(batches, self.clock()))
        finally:
            self._queue.release(batches)

    async def _run(self) -> None:
        saved = time.monotonic()
        while True:
            started = time.monotonic()
            with self._count_outage.tolerate():
                await asyncio.to_thread(self.count, PAUSE_S)
            if time.monotonic() - saved > max(SAVE_INTERVAL_S, self._saved_bytes / SAVE_BYTES_S):
                await asyncio.to_thread(self._save, PAUSE_S)
                saved = time.monotonic()
            await asyncio.sleep(max(COUNT_INTERVAL_S, MIN_IDLE_RATIO * (time.monotonic() - started)))

    def _finish(self) -> None:
        with self._count_outage.tolerate():
            self.count()
        self._save()
        self.store.close()

    def _save(self, pause_s: float = 0.0) -> None:
        with self._save_lock, self._save_outage.tolerate():
            try:
                opened = self.store.open()
                with self._counting():
                    self._counts.adopt(opened)
            finally:
                self._write(pause_s)
            with self._count_lock:
                lines, changes = dict(self._counts.lines), self._counts.changes
            if changes != self._saved_changes:
                self.store.save(lines)
                self._saved_changes, self._saved_bytes = changes, sum(map(len, lines.values()))

    def _write(self, pause_s: float) -> None:
        """Write what was counted into the lines, one at a time."""
        with self._count_lock:
            keys = self._counts.unwritten()
        for key in keys:
            with self._count_lock:
                self._counts.write(key, self.minute())
            time.sleep(pause_s)
        with self._count_lock:
            self._counts.trim()
