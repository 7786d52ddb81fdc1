"""TrafficCounter: counts what was recorded by model and version, and adds up the counts of all processes."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from mlapp import ml
from mlapp.schemas import PredictionCounts, RequestCounts, RequestProfile, Span
from mlapp.schemas.distributions import add_tallies
from mlapp.services.monitoring.counted_traffic import ALL, CountedTraffic, model_of, version_key
from mlapp.services.monitoring.known_models import KnownModels, name_of
from mlapp.services.monitoring.latency import bin_of
from mlapp.services.monitoring.metrics import PredictionMetrics
from mlapp.services.monitoring.queue import CompletedRequest, PredictedRows, TrafficQueue
from mlapp.store import Lines, TrafficStore

DELETED = "-"
"""Key of models that are not in the store; nothing is counted of them."""


@dataclass
class TrafficCounter:
    """Counts a queue. Thread-safe; the profiles, which take longest, are counted one version at a time."""

    store: TrafficStore
    models: KnownModels
    queue: TrafficQueue
    metrics: PredictionMetrics
    clock: Callable[[], float]
    revision: int = 0
    """Increases when there may be new counts."""
    _counts: CountedTraffic = field(default_factory=CountedTraffic)
    _batches: dict[str, list[PredictedRows]] = field(default_factory=dict)
    """Batches from the queue that are not yet in a profile, by the key of their version."""
    _others: list[Lines] = field(default_factory=list)
    """Last saved counts of the other processes."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def requests(self, span: Span, model: str | None = None) -> dict[int, RequestCounts]:
        """Return the requests to a model, or all of them, by period, as counted by all processes on the store."""
        with self._counting():
            key = self.models.keys.get(model, DELETED) if model else ALL
            return self._counts.requests(key, span, self._others)

    def numbers_of_requests(self, span: Span) -> dict[str, int]:
        """Return the number of requests to each model, as counted by all processes on the store."""
        with self._counting():
            count = partial(self._counts.number_of_requests, span=span, now=self.minute(), others=self._others)
            return {model: count(key) for model, key in self.models.keys.items()}

    def predictions(self, span: Span, model: str, version: int) -> dict[int, PredictionCounts]:
        """Return the predictions of a version by period, as counted by all processes on the store."""
        with self._counted(model, version) as key:
            return self._counts.predictions(key, span, self._others)

    def profile(self, model: str, version: int) -> RequestProfile | None:
        """Return the profile of the requests to a version, by all processes on the store; None without requests."""
        with self._counted(model, version) as key:
            return self._counts.profile(key, self._others)

    def minute(self) -> int:
        """Return the current minute since 1970."""
        return int(self.clock() // 60)

    def count_requests(self) -> None:
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

    def adopt(self, lines: Lines) -> None:
        """Continue the lines of a slot, except those of models that were deleted."""
        with self._counting():
            self._counts.adopt(lines)
            self._counts.drop(set(map(model_of, lines)) - {ALL, *self.models.keys.values()})

    def write(self, pause_s: float = 0.0) -> tuple[Lines, int]:
        """Write what was counted into the lines, pausing after each version; return them and the number of changes."""
        with self._lock:
            keys = self._counts.unwritten()
        for key in keys:
            with self._lock:
                self._counts.write(key, self.minute())
            time.sleep(pause_s)
        with self._lock:
            self._counts.trim()
            return dict(self._counts.lines), self._counts.changes

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Hold the lock, after everything that is queued was counted except for the profiles."""
        with self._lock:
            deleted = self.models.refresh()
            requests, batches, warnings = self.queue.take()
            self._counts.drop(deleted)
            self.metrics.follow(names := set(map(name_of, deleted)))
            # What is queued for a deleted model is not for another one that has its name now.
            keys = {name: key for name, key in self.models.keys.items() if name not in names}
            by_minute = _count_by_minute(requests, batches)
            for (model, minute), counted in by_minute.items():
                self._counts.add_requests(ALL, minute, counted)
                if model in keys:
                    self._counts.add_requests(keys[model], minute, counted)
            for batch in batches:
                key = version_key(keys.get(batch.info.model, DELETED), batch.info.version)
                self._batches.setdefault(key, []).append(batch)
            self.metrics.count(requests, by_minute, warnings)
            self._read_others()
            self.revision += bool(requests or batches)
            yield

    def _read_others(self) -> None:
        others = self.store.others()
        self.revision += [id(lines) for lines in others] != [id(lines) for lines in self._others]
        self._others = others

    @contextmanager
    def _counted(self, model: str, version: int) -> Iterator[str]:
        """Hold the lock, after everything was counted of a version, whose key is returned."""
        with self._counting():
            key = version_key(self.models.keys.get(model, DELETED), version)
            self._add_predictions(key)
            yield key

    def _count_version(self, key: str, pause_s: float) -> None:
        with self._lock:
            self._add_predictions(key)
        time.sleep(pause_s)

    def _add_predictions(self, key: str) -> None:
        batches = [batch for batch in self._batches.pop(key, []) if batch.sample]
        try:
            if model_of(key) in self.models.keys.values():
                # Its predictions may have followed another decision of the model before.
                for info in {id(batch.info): batch.info for batch in batches}.values():
                    found, minutes = _profile([batch for batch in batches if batch.info is info], self.clock())
                    self._counts.add_predictions(key, minutes, found)
        finally:
            self.queue.release(batches)


def _count_by_minute(
    requests: Iterable[CompletedRequest], batches: Iterable[PredictedRows]
) -> dict[tuple[str | None, int], RequestCounts]:
    """Count requests and rows by model and minute."""
    found: dict[tuple[str | None, int], RequestCounts] = {}
    for model, at, duration_ms, status in requests:
        minute = found.get((model, at)) or found.setdefault((model, at), RequestCounts())
        minute.requests += 1
        minute.client_errors += 400 <= status < 500
        minute.server_errors += status >= 500
        latency = bin_of(duration_ms)
        minute.latencies[latency] = minute.latencies.get(latency, 0) + 1
    for batch in batches:
        found.setdefault((batch.info.model, batch.minute), RequestCounts()).rows += batch.rows
    return found


def _profile(batches: list[PredictedRows], now: float) -> tuple[RequestProfile, dict[int, PredictionCounts]]:
    """Return the profile of batches of one version, and their predictions by minute.

    `now` is the time since 1970 in seconds; each batch has a sample.
    """
    info, samples = batches[0].info, [(batch.minute, *batch.sample) for batch in batches if batch.sample]
    x = [rows for _, rows, _ in samples]
    found = RequestProfile(since=datetime.fromtimestamp(now, UTC), rows=sum(map(len, x)))
    found.features = [distribution.tally for distribution in ml.count_features(info, x)]
    minutes: dict[int, PredictionCounts] = {}
    for minute in {minute for minute, _, _ in samples}:
        predicted = [values for at, _, values in samples if at == minute]
        minutes[minute], distribution = ml.count_predictions(info, predicted)
        found.prediction = add_tallies(found.prediction, distribution.tally)
    return found, minutes
