"""MonitoringService: what is asked, how long it takes, and how far it is from what was learnt."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry

from mlapp import ml
from mlapp.errors import MlappError
from mlapp.schemas import Drift, Model, RequestCounts, RequestProfile, Span, Traffic, TrafficCounts
from mlapp.services.monitoring.drift import drift
from mlapp.services.monitoring.latency import bin_of
from mlapp.services.monitoring.metrics import PredictionMetrics
from mlapp.services.monitoring.traffic import DAY_MINUTES, traffic
from mlapp.services.outages import Outage
from mlapp.store import ModelStore, TrafficStore

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

COUNT_S = 1.0
"""How often what waits is counted."""
REST = 20
"""Counting that took a while waits so many times as long before it goes on: it takes a twentieth of a core at most."""
SAVE_S = 5.0
VERSIONS = 10
"""Versions whose rows and predictions are kept: those asked last."""
WAITING_CELLS = 1_000_000
"""Cells that wait to be counted (8 MB of numbers); of a larger table, every n-th row is counted."""
WAITING_ROWS = 5_000
"""Requests whose rows wait to be counted; those of further ones are not looked at, until the others are counted."""
WAITING_REQUESTS = 100_000


class _Ended(NamedTuple):
    minute: int
    duration_ms: float
    status: int


class _Noted(NamedTuple):
    minute: int
    model: Model
    rows: int
    counted: "tuple[np.ndarray, np.ndarray] | None"
    """Encoded rows, or some of them, and what was predicted; None when they are not counted."""


class _Measured:
    """A context in which a request is answered or refused; a class, for a generator takes 2 µs more."""

    __slots__ = ("_began", "_end", "_gone", "_only_errors")

    def __init__(
        self, end: Callable[[float, int], None], *, only_errors: bool = False, gone: type[Exception] | None = None
    ) -> None:
        self._end, self._only_errors, self._gone, self._began = end, only_errors, gone, time.perf_counter()

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        """Count the request; one that is cut off is not counted."""
        if error is None:
            if not self._only_errors:
                self._end(self._began, 200)
        elif isinstance(error, Exception) and not (self._gone and isinstance(error, self._gone)):
            self._end(self._began, _status(error))


@dataclass
class MonitoringService:
    """Counts by the minute for a day. On the way of a request it only notes; a thread counts about once a second."""

    store: ModelStore
    kept: TrafficStore
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    counter: int = 0
    """Grows whenever there is something new to see."""
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _counts: TrafficCounts = field(default_factory=TrafficCounts)
    _ended: deque[_Ended] = field(default_factory=lambda: deque(maxlen=WAITING_REQUESTS))
    _noted: deque[_Noted] = field(default_factory=lambda: deque(maxlen=WAITING_REQUESTS))
    _room: int = WAITING_CELLS
    _noting: threading.Lock = field(default_factory=threading.Lock)
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _others: list[TrafficCounts] = field(default_factory=list)
    _saved: int = 0
    """The counter when the counts were saved last."""
    outage: Outage = field(default_factory=lambda: Outage(log, "Requests cannot be counted"))
    _unsaved: Outage = field(default_factory=lambda: Outage(log, "What is counted of requests cannot be saved"))
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self._metrics = PredictionMetrics(self.registry)

    async def start(self) -> None:
        """Take up what was counted before, and begin to count."""
        await asyncio.to_thread(self._save)
        self._task = asyncio.create_task(self._keep_counting())

    async def close(self) -> None:
        """Count and save what is left."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.to_thread(self._finish)

    def request(self) -> "_Measured":
        """Measure a request from here until its answer begins; one that is cut off is not counted."""
        return _Measured(self._end)

    def refusals(self, gone: type[Exception] | None = None) -> "_Measured":
        """Count a request that does not get as far as to be measured by `request`.

        `gone` is the error that says that nobody is there to be refused.
        """
        return _Measured(self._end, only_errors=True, gone=gone)

    def note(self, model: Model, x: "np.ndarray", predicted: "np.ndarray") -> None:
        """Note encoded rows of one or several requests, and what was predicted for them; from any thread."""
        rows, minute = len(x), self._minute()
        with self._noting:
            if self._room <= 0 or len(self._noted) >= WAITING_ROWS:
                self._noted.append(_Noted(minute, model, rows, None))
                return
            step = -(-x.size // self._room)
            if rows > 1:
                # Copies, for slices would keep the whole table.
                x, predicted = x[::step].copy(), predicted[::step].copy()
            self._room -= x.size
            self._noted.append(_Noted(minute, model, rows, (x, predicted)))

    def warned(self, warnings: int) -> None:
        """Count what there was to say about the rows of a request."""
        self._metrics.warnings.inc(warnings)

    def count(self) -> None:
        """Count what waits for it."""
        with self._counting:
            with self._noting:
                ended, noted = [*self._ended], [*self._noted]
                self._room = WAITING_CELLS
                self._ended.clear()
                self._noted.clear()
            for request in ended:
                self._count_request(request)
            self.counter += bool(ended or noted)
            # Each version is counted, even where counting another fails.
            with ExitStack() as versions:
                for model, notes in reversed(_by_version(noted)):
                    versions.callback(self._count_rows, model, notes)
            self._forget()
            others = self.kept.others()
            self.counter += [id(counts) for counts in others] != [id(counts) for counts in self._others]
            self._others = others

    async def traffic(self, span: Span, version: int | None = None) -> Traffic:
        """Return requests over time, and the predictions of a version, by default the active one.

        Raises:
            NotFound: there is no such version.
        """
        return await asyncio.to_thread(self._traffic, span, version)

    async def drift(self, version: int) -> Drift:
        """Return how far what a version was asked is from what it learnt from.

        Raises:
            NotFound: there is no such version.
        """
        return await asyncio.to_thread(self._drift, version)

    def _minute(self) -> int:
        return int(self.clock() // 60)

    def _end(self, began: float, status: int) -> None:
        self._ended.append(_Ended(self._minute(), (time.perf_counter() - began) * 1_000, status))
        self.counter += 1

    async def _keep_counting(self) -> None:
        saved = time.monotonic()
        while True:
            began = time.monotonic()
            with self.outage.tolerate():
                await asyncio.to_thread(self.count)
            if time.monotonic() - saved > SAVE_S:
                await asyncio.to_thread(self._save)
                saved = time.monotonic()
            await asyncio.sleep(max(COUNT_S, REST * (time.monotonic() - began)))

    def _finish(self) -> None:
        with self.outage.tolerate():
            self.count()
        self._save()
        self.kept.close()

    def _count_request(self, ended: _Ended) -> None:
        minute = self._counts.minutes.setdefault(ended.minute, RequestCounts())
        minute.requests += 1
        minute.client_errors += 400 <= ended.status < 500
        minute.server_errors += ended.status >= 500
        self._metrics.durations.observe(ended.duration_ms / 1_000)
        place = bin_of(ended.duration_ms)
        minute.latencies[place] = minute.latencies.get(place, 0) + 1

    def _count_rows(self, model: Model, notes: list[_Noted]) -> None:
        for note in notes:
            self._counts.minutes.setdefault(note.minute, RequestCounts()).rows += note.rows
            self._metrics.rows.inc(note.rows)
        counted = [(note.minute, *note.counted) for note in notes if note.counted]
        if not counted:
            return
        requests = [x for _, x, _ in counted]
        found = RequestProfile(since=self._now(), rows=sum(map(len, requests)))
        found.features = ml.count_features(model, requests)
        for minute in {minute for minute, _, _ in counted}:
            predicted = [values for at, _, values in counted if at == minute]
            found.minutes[minute], lie = ml.count_predictions(model, predicted)
            found.prediction = lie.plus(found.prediction) if lie else None
        profile = self._counts.versions.pop(model.version, None) or RequestProfile(since=found.since)
        profile.add(found)
        self._counts.versions[model.version] = profile

    def _forget(self) -> None:
        """Forget what is older than a day, and what a clock that was wrong put far ahead."""
        now, counts = self._minute(), self._counts
        counts.minutes = {at: counted for at, counted in counts.minutes.items() if abs(now - at) <= DAY_MINUTES}
        while len(counts.versions) > VERSIONS:
            del counts.versions[next(iter(counts.versions))]
        for profile in counts.versions.values():
            profile.minutes = {at: counted for at, counted in profile.minutes.items() if abs(now - at) <= DAY_MINUTES}

    def _save(self) -> None:
        with self._counting, self._unsaved.tolerate():
            self._counts.add(self.kept.open())
            if self._saved != self.counter:
                self.kept.save(self._counts)
                self._saved = self.counter

    def _together(self) -> TrafficCounts:
        """Return what all processes that share the store have counted."""
        self.count()
        with self._counting:
            found = TrafficCounts()
            for counts in [*self._others, self._counts]:
                found.add(counts)
        return found

    def _traffic(self, span: Span, version: int | None) -> Traffic:
        number = self.store.active() if version is None else version
        if number is None:
            return traffic(self._together(), span, self._minute(), None, [])
        classes = self.store.record(number).target_distribution.categories or []
        return traffic(self._together(), span, self._minute(), number, classes)

    def _drift(self, version: int) -> Drift:
        record = self.store.record(version)
        return drift(version, record, self._together().versions.get(version))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def _by_version(noted: list[_Noted]) -> list[tuple[Model, list[_Noted]]]:
    found: dict[int, list[_Noted]] = {}
    for note in noted:
        # The one asked last comes last.
        notes = found.pop(note.model.version, [])
        notes.append(note)
        found[note.model.version] = notes
    return [(notes[0].model, notes) for notes in found.values()]


def _status(error: Exception) -> int:
    """Return the status that an error is answered with; that of a bug is 500."""
    status: int = error.status if isinstance(error, MlappError) else getattr(error, "status_code", 500)
    return status
