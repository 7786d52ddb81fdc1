"""Traffic over time for the Monitor page: requests, errors, latency percentiles and predictions."""

from datetime import UTC, datetime

from mlapp.schemas import RESOLUTIONS, PredictionCounts, RequestCounts, Span, Traffic, TrafficPoint
from mlapp.services.monitoring.latency import percentile


def traffic(
    requests: dict[int, RequestCounts], predictions: dict[int, PredictionCounts], span: Span, now: int
) -> Traffic:
    """Return requests, and predictions of a version, up to the minute `now`."""
    all_requests, all_predictions, points = RequestCounts(), PredictionCounts(), []
    for period in periods(span, now):
        found, predicted = requests.get(period, RequestCounts()), predictions.get(period, PredictionCounts())
        points.append(_point(period, span, found, predicted))
        all_requests.add(found)
        all_predictions.add(predicted)
    total = _point(periods(span, now).start, span, all_requests, all_predictions)
    return Traffic(span=span, model=None, version=None, classes=[], points=points, total=total)


def periods(span: Span, now: int) -> range:
    """Return the periods of a report up to the minute `now`, numbered since 1970."""
    points, minutes = RESOLUTIONS[span]
    last = now // minutes
    return range(last - points + 1, last + 1)


def _point(period: int, span: Span, seen: RequestCounts, predicted: PredictionCounts) -> TrafficPoint:
    return TrafficPoint(
        at=datetime.fromtimestamp(period * RESOLUTIONS[span].minutes * 60, UTC),
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
