"""Counting of requests, and of rows and predictions by version, into `TrafficCounts`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from mlapp import ml
from mlapp.schemas import RequestCounts, RequestProfile, TrafficCounts, VersionInfo
from mlapp.services.monitoring.latency import bin_of
from mlapp.services.monitoring.traffic import DAY_MINUTES

if TYPE_CHECKING:
    import numpy as np

MAX_VERSIONS = 10
"""Number of versions with a profile, those of the latest requests."""


class CompletedRequest(NamedTuple):
    """A request whose response has started."""

    minute: int
    duration_ms: float
    status: int


class PredictedRows(NamedTuple):
    """Rows of one version that were predicted together."""

    minute: int
    model: VersionInfo
    rows: int
    sample: "tuple[np.ndarray, np.ndarray] | None"
    """All rows or every n-th one, encoded, and their predictions; None if only the number of rows is kept."""


def count_request(counts: TrafficCounts, request: CompletedRequest) -> None:
    """Count a request in its minute."""
    minute = counts.minutes.setdefault(request.minute, RequestCounts())
    minute.requests += 1
    minute.client_errors += 400 <= request.status < 500
    minute.server_errors += request.status >= 500
    latency = bin_of(request.duration_ms)
    minute.latencies[latency] = minute.latencies.get(latency, 0) + 1


def count_rows(counts: TrafficCounts, model: VersionInfo, batches: list[PredictedRows], now: float) -> None:
    """Count rows in their minutes, and add their samples to the profile of the version."""
    for batch in batches:
        counts.minutes.setdefault(batch.minute, RequestCounts()).rows += batch.rows
    samples = [(batch.minute, *batch.sample) for batch in batches if batch.sample]
    if not samples:
        return
    x = [rows for _, rows, _ in samples]
    new = RequestProfile(since=datetime.fromtimestamp(now, UTC), rows=sum(map(len, x)))
    new.features = ml.count_features(model, x)
    for minute in {minute for minute, _, _ in samples}:
        predicted = [values for at, _, values in samples if at == minute]
        new.minutes[minute], distribution = ml.count_predictions(model, predicted)
        new.prediction = distribution.plus(new.prediction)
    # Last in the dict, which is in the order of the last request.
    profile = counts.versions.pop(model.version, None) or RequestProfile(since=new.since)
    profile.add(new)
    counts.versions[model.version] = profile


def by_version(batches: list[PredictedRows]) -> list[tuple[VersionInfo, list[PredictedRows]]]:
    """Group batches by version, in the order of their last request."""
    groups: dict[int, list[PredictedRows]] = {}
    for batch in batches:
        group = groups.pop(batch.model.version, [])
        group.append(batch)
        groups[batch.model.version] = group
    return [(group[0].model, group) for group in groups.values()]


def expire(counts: TrafficCounts, now: int) -> None:
    """Drop minutes older than a day, minutes that a wrong clock put far ahead, and the profiles of old versions."""
    counts.minutes = {at: counted for at, counted in counts.minutes.items() if abs(now - at) <= DAY_MINUTES}
    while len(counts.versions) > MAX_VERSIONS:
        del counts.versions[next(iter(counts.versions))]
    for profile in counts.versions.values():
        profile.minutes = {at: counted for at, counted in profile.minutes.items() if abs(now - at) <= DAY_MINUTES}
