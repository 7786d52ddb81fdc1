"""Sentences about the requests to a model."""

from mlapp.presentation.formats import format_count, format_duration, format_number, format_percent, format_time
from mlapp.presentation.monitoring.drift import drift_in_short
from mlapp.schemas import Drift, Traffic, TrafficPoint

NO_REQUESTS = "Requests of programs and downloaded files appear here within a second. Trying values out does not count."


def traffic_headline(traffic: Traffic, drift: Drift | None) -> str:
    """Return what is to be known of the requests first: how many failed, and whether their values drift."""
    total = traffic.total
    found = "No requests in this time"
    if total.requests:
        errors = f"{format_count(total.errors)} with an error" if total.errors else "without an error"
        found = f"{format_count(total.requests, 'request')}, {errors}"
    return f"{found}; {drift_in_short(drift)}." if drift else f"{found}."


def totals(total: TrafficPoint) -> list[tuple[str, str]]:
    """Return requests, rows, errors and latency, each with a detail."""
    p99 = "" if total.p99_ms is None else f"99% within {format_duration(total.p99_ms / 1_000)}"
    share = f"{format_percent(total.errors / total.requests)} of all" if total.requests else ""
    failed = f", {format_count(total.server_errors)} failed (5xx)" if total.errors else ""
    return [
        (format_count(total.requests), f"since {format_time(total.at)}"),
        (format_count(total.rows), f"{format_number(total.rows / total.requests)} a request" if total.requests else ""),
        (format_count(total.errors), share + failed),
        ("–" if total.p50_ms is None else format_duration(total.p50_ms / 1_000), p99),
    ]


def predictions_text(traffic: Traffic) -> str:
    """Return what the chart of predictions shows."""
    if not traffic.version:
        return "No version is active."
    count = f"{format_count(traffic.total.predictions, 'prediction')} of version {traffic.version}"
    return f"{count}: {'share of each class' if traffic.classes else 'mean and range'}."
