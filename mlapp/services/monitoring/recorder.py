"""TrafficRecorder: counts requests, latencies, rows and predictions per minute, and saves the counts.

A request only appends to a queue; a background thread counts the queues about once per second.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from mlapp.schemas import TrafficCounts, VersionInfo
from mlapp.services.monitoring.counts import (
    CompletedRequest,
    PredictedRows,
    by_version,
    count_request,
    count_rows,
    expire,
)
from mlapp.services.monitoring.metrics import PredictionMetrics
from mlapp.services.monitoring.request_timer import RequestTimer
from mlapp.services.outages import Outage
from mlapp.store import TrafficStore

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

COUNT_INTERVAL_S = 1.0
MIN_IDLE_RATIO = 20
"""After counting, the thread pauses for at least this multiple of the time that it took: at most 5 % of a core."""
SAVE_INTERVAL_S = 5.0
MAX_QUEUED_CELLS = 1_000_000
"""Limit of the encoded cells in the queue (8 MB); of a larger table, every n-th row is counted."""
MAX_QUEUED_BATCHES = 5_000
"""Limit of the batches in the queue; of further ones only the number of rows is kept."""
MAX_QUEUED_REQUESTS = 100_000


@dataclass
class TrafficRecorder:
    """Records the requests to this process, and merges their counts with those of other processes on one store."""

    store: TrafficStore
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    revision: int = 0
    """Increases when there may be new counts."""
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _counts: TrafficCounts = field(default_factory=TrafficCounts)
    _other_counts: list[TrafficCounts] = field(default_factory=list)
    """Last saved counts of the other processes."""
    _requests: deque[CompletedRequest] = field(default_factory=lambda: deque(maxlen=MAX_QUEUED_REQUESTS))
    _batches: deque[PredictedRows] = field(default_factory=lambda: deque(maxlen=MAX_QUEUED_REQUESTS))
    _free_cells: int = MAX_QUEUED_CELLS
    _queue_lock: threading.Lock = field(default_factory=threading.Lock)
    _count_lock: threading.Lock = field(default_factory=threading.Lock)
    _saved_revision: int = 0
    _count_outage: Outage = field(default_factory=lambda: Outage(log, "Requests cannot be counted"))
    _save_outage: Outage = field(default_factory=lambda: Outage(log, "Request counts cannot be saved"))
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self._metrics = PredictionMetrics(self.registry)

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

        `model` is None if there is no default model; names of models that do not exist count in the total only.
        """
        return RequestTimer(self._complete, model)

    def rejections(self, model: str | None = None, disconnect: type[Exception] | None = None) -> RequestTimer:
        """Record a request only if it fails, before `request` is entered; `disconnect` is not a failure."""
        return RequestTimer(self._complete, model, only_errors=True, ignored=disconnect)

    def add_rows(self, info: VersionInfo, x: "np.ndarray", predicted: "np.ndarray") -> None:
        """Queue encoded rows of one or several requests, and their predictions. Thread-safe."""
        rows, minute = len(x), self.minute()
        with self._queue_lock:
            if self._free_cells <= 0 or len(self._batches) >= MAX_QUEUED_BATCHES:
                self._batches.append(PredictedRows(minute, info, rows, None))
                return
            step = -(-x.size // self._free_cells)
            if rows > 1:
                # Copies, as slices would keep the whole table in memory.
                x, predicted = x[::step].copy(), predicted[::step].copy()
            self._free_cells -= x.size
            self._batches.append(PredictedRows(minute, info, rows, (x, predicted)))

    def add_warnings(self, model: str, count: int) -> None:
        """Count warnings about the values of a request to a model."""
        self._metrics.warnings.inc(count)

    def count(self) -> None:
        """Count what is queued, and read the counts of the other processes."""
        with self._count_lock:
            with self._queue_lock:
                requests, batches = [*self._requests], [*self._batches]
                self._free_cells = MAX_QUEUED_CELLS
                self._requests.clear()
                self._batches.clear()
            for request in requests:
                count_request(self._counts, request)
                self._metrics.durations.observe(request.duration_ms / 1_000)
            self._metrics.rows.inc(sum(batch.rows for batch in batches))
            self.revision += bool(requests or batches)
            # All versions are counted, even if counting one of them fails.
            with ExitStack() as versions:
                for info, its_batches in reversed(by_version(batches)):
                    versions.callback(count_rows, self._counts, info, its_batches, self.clock())
            expire(self._counts, self.minute())
            others = self.store.others()
            self.revision += [id(counts) for counts in others] != [id(counts) for counts in self._other_counts]
            self._other_counts = others

    def total(self, model: str | None = None) -> TrafficCounts:
        """Return the counts of all processes on the store, of a model or of all models."""
        self.count()
        with self._count_lock:
            total = TrafficCounts()
            for counts in [*self._other_counts, self._counts]:
                total.add(counts)
        return total

    def minute(self) -> int:
        """Return the current minute since 1970."""
        return int(self.clock() // 60)

    def _complete(self, model: str | None, started: float, status: int) -> None:
        self._requests.append(CompletedRequest(self.minute(), (time.perf_counter() - started) * 1_000, status))
        self.revision += 1

    async def _run(self) -> None:
        saved = time.monotonic()
        while True:
            started = time.monotonic()
            with self._count_outage.tolerate():
                await asyncio.to_thread(self.count)
            if time.monotonic() - saved > SAVE_INTERVAL_S:
                await asyncio.to_thread(self._save)
                saved = time.monotonic()
            await asyncio.sleep(max(COUNT_INTERVAL_S, MIN_IDLE_RATIO * (time.monotonic() - started)))

    def _finish(self) -> None:
        with self._count_outage.tolerate():
            self.count()
        self._save()
        self.store.close()

    def _save(self) -> None:
        with self._count_lock, self._save_outage.tolerate():
            self._counts.add(self.store.open())
            if self._saved_revision != self.revision:
                self.store.save(self._counts)
                self._saved_revision = self.revision
