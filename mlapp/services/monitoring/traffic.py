"""Traffic over time for the Monitor page: requests, errors, latency percentiles and predictions."""

from datetime import UTC, datetime

from mlapp.schemas import PredictionCounts, RequestCounts, Span, Traffic, TrafficCounts, TrafficPoint
from mlapp.services.monitoring.latency import percentile

DAY_MINUTES = 1_440
RESOLUTIONS = {Span.HOUR: (60, 1), Span.DAY: (96, 15)}
"""Number of points, and minutes per point."""


def traffic(
    counts: TrafficCounts, span: Span, now: int, model: str | None, version: int | None, classes: list[str]
) -> Traffic:
    """Return the traffic up to the minute `now`, and the predictions of a version."""
    count, width = RESOLUTIONS[span]
    first = now // width - count + 1
    series = counts.versions[version].minutes if version in counts.versions else {}
    spans = [range((first + index) * width, (first + index + 1) * width) for index in range(count)]
    points = [_point(counts, series, minutes) for minutes in spans]
    total = _point(counts, series, range(spans[0].start, spans[-1].stop))
    return Traffic(span=span, model=model, version=version, classes=classes, points=points, total=total)


def _point(counts: TrafficCounts, series: dict[int, PredictionCounts], minutes: range) -> TrafficPoint:
    seen, predicted = RequestCounts(), PredictionCounts()
    for minute in minutes:
        if minute in counts.minutes:
            seen.add(counts.minutes[minute])
        if minute in series:
            predicted.add(series[minute])
    return TrafficPoint(
        at=datetime.fromtimestamp(minutes.start * 60, UTC),
        requests=seen.requests,
        rows=seen.rows,
        errors=seen.client_errors + seen.server_errors,
        server_errors=seen.server_errors,
        p50_ms=percentile(seen.latencies, 0.5),
        p95_ms=percentile(seen.latencies, 0.95),
        p99_ms=percentile(seen.latencies, 0.99),
        predictions=predicted.count,
        mean=predicted.sum / predicted.count if predicted.low is not None else None,
        low=predicted.low,
        high=predicted.high,
        classes=predicted.classes,
    )
