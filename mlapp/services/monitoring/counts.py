"""Counting of requests by model and minute, and of predicted rows by version."""

from collections.abc import Iterable
from datetime import UTC, datetime

from mlapp import ml
from mlapp.schemas import PredictionCounts, RequestCounts, RequestProfile
from mlapp.schemas.distributions import add_tallies
from mlapp.services.monitoring.latency import bin_of
from mlapp.services.monitoring.queue import CompletedRequest, PredictedRows


def count_by_minute(
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


def profile(batches: list[PredictedRows], now: float) -> tuple[RequestProfile, dict[int, PredictionCounts]]:
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
