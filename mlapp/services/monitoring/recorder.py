"""TrafficRecorder: records requests, latencies, rows and predictions, and has them counted and saved.

A request only appends to a queue; a background thread counts the queue about once per second.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from mlapp.errors import MlappError
from mlapp.schemas import VersionInfo
from mlapp.services.model_names import MAX_CHARACTERS
from mlapp.services.monitoring.counter import TrafficCounter
from mlapp.services.monitoring.known_models import KnownModels
from mlapp.services.monitoring.metrics import PredictionMetrics
from mlapp.services.monitoring.queue import CompletedRequest, TrafficQueue
from mlapp.services.outages import Outage
from mlapp.store import ModelStore, TrafficStore

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

COUNT_INTERVAL_S = 1.0
MIN_IDLE_RATIO = 20
"""After counting, the thread pauses for at least this multiple of its CPU time: at most 5 % of a core."""
PAUSE_S = 0.001
"""Pause after each version, in which requests are answered."""
SAVE_INTERVAL_S = 5.0
SAVE_BYTES_S = 250_000
"""The counts of many models are saved less often: at most as many bytes per second."""


@dataclass
class TrafficRecorder:
    """Records the requests to this process."""

    store: TrafficStore
    models: ModelStore
    """Requests to other models, of which clients can invent any number, count only in the total."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _queue: TrafficQueue = field(default_factory=TrafficQueue)
    _save_lock: threading.Lock = field(default_factory=threading.Lock)
    _saved_changes: int = 0
    _saved_bytes: int = 0
    _saved_at: float = 0.0
    """Time of the last attempt, by `time.monotonic`."""
    _count_outage: Outage = field(default_factory=lambda: Outage(log, "Requests cannot be counted"))
    _save_outage: Outage = field(default_factory=lambda: Outage(log, "Request counts cannot be saved"))
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        known = KnownModels(self.models)
        self.metrics = PredictionMetrics(self.registry, known)
        self.counter = TrafficCounter(self.store, known, self._queue, self.metrics, self._now)

    @property
    def revision(self) -> int:
        """A number that increases when there may be new counts."""
        return self.counter.revision

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

    def request(self, model: str | None) -> "RequestTimer":
        """Record a request to a model, from here until its response starts; a cancelled one is not recorded.

        A request to no model, or to one that does not exist, counts only in the total.
        """
        return RequestTimer(self._complete, model)

    def rejections(self, model: str | None = None, disconnect: type[Exception] | None = None) -> "RequestTimer":
        """Record a request only if it fails, before `request` is entered; `disconnect` is not a failure."""
        return RequestTimer(self._complete, model, only_errors=True, ignored=disconnect)

    def add_rows(self, info: VersionInfo, x: "np.ndarray", predicted: "np.ndarray") -> None:
        """Record encoded rows of one or several requests to a version, and their predictions. Thread-safe."""
        self._queue.add_rows(int(self.clock() // 60), info, x, predicted)

    def add_warnings(self, model: str, count: int) -> None:
        """Record warnings about the values of a request. Thread-safe."""
        self._queue.add_warnings(model, count)

    def _complete(self, model: str | None, started: float, status: int) -> None:
        duration_ms = (time.perf_counter() - started) * 1_000
        # A longer name is none of a model, and takes as much memory as the client likes.
        name = model and model[: MAX_CHARACTERS + 1]
        self._queue.requests.append(CompletedRequest(name, int(self.clock() // 60), duration_ms, status))
        self.counter.revision += 1

    def _now(self) -> float:
        return self.clock()

    async def _run(self) -> None:
        while True:
            busy_s = await asyncio.to_thread(self._count)
            await asyncio.sleep(max(COUNT_INTERVAL_S, MIN_IDLE_RATIO * busy_s))

    def _count(self) -> float:
        """Count, save if it is time to, and return the CPU time that it took."""
        started = time.thread_time()
        with self._count_outage.tolerate():
            self.counter.count(PAUSE_S)
        if time.monotonic() - self._saved_at > max(SAVE_INTERVAL_S, self._saved_bytes / SAVE_BYTES_S):
            self._save(PAUSE_S)
        return time.thread_time() - started

    def _finish(self) -> None:
        with self._count_outage.tolerate():
            self.counter.count()
        self._save()
        self.store.close()

    def _save(self, pause_s: float = 0.0) -> None:
        self._saved_at = time.monotonic()
        with self._save_lock, self._save_outage.tolerate():
            try:
                if opened := self.store.open():
                    self.counter.adopt(opened)
            finally:
                # Also if they cannot be saved now, as they are smaller then.
                lines, changes = self.counter.write(pause_s)
            if changes != self._saved_changes:
                self.store.save(lines)
                self._saved_changes, self._saved_bytes = changes, sum(map(len, lines.values()))


class RequestTimer:
    """Reports the start and the status of a request when its context ends; a generator would take 2 µs more."""

    __slots__ = ("_complete", "_ignored", "_model", "_only_errors", "_started")

    def __init__(
        self,
        complete: Callable[[str | None, float, int], None],
        model: str | None,
        *,
        only_errors: bool = False,
        ignored: type[Exception] | None = None,
    ) -> None:
        """Start the timer; `complete` receives the model, the start, by `time.perf_counter`, and the status."""
        self._complete, self._model, self._only_errors, self._ignored = complete, model, only_errors, ignored
        self._started = time.perf_counter()

    def __enter__(self) -> None:
        """The timer has started already."""

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        """Report the request, unless it was cancelled."""
        if error is None:
            if not self._only_errors:
                self._complete(self._model, self._started, 200)
        elif isinstance(error, Exception) and not (self._ignored and isinstance(error, self._ignored)):
            self._complete(self._model, self._started, _status(error))


def _status(error: Exception) -> int:
    """Return the status of the response to an error; 500 for a bug."""
    status: int = error.status if isinstance(error, MlappError) else getattr(error, "status_code", 500)
    return status
