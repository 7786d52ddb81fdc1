"""Traffic counts of a process: stored, and added up over processes and periods."""

from collections import Counter
from datetime import datetime
from itertools import zip_longest
from typing import Protocol, Self, TypeVar

from pydantic import Field

from mlapp.schemas.distributions import add_tallies
from mlapp.schemas.monitoring import RESOLUTIONS, Span
from mlapp.schemas.types import Schema

T = TypeVar("T", bound="_Counts")


class _Counts(Protocol):
    def add(self, other: Self, /) -> None: ...


class PredictionCounts(Schema):
    """Counts of the predictions of one version in a period."""

    count: int = 0
    sum: float = 0.0
    """Sum of the predicted values (regression)."""
    low: float | None = None
    high: float | None = None
    classes: list[int] = Field(default_factory=list)
    """Number of predictions per counted class (classification)."""

    def add(self, other: "PredictionCounts") -> None:
        """Add the counts of another period or process."""
        self.count += other.count
        self.sum += other.sum
        lows, highs = ([x for x in pair if x is not None] for pair in ((self.low, other.low), (self.high, other.high)))
        self.low, self.high = min(lows, default=None), max(highs, default=None)
        self.classes = [a + b for a, b in zip_longest(self.classes, other.classes, fillvalue=0)]


class RequestCounts(Schema):
    """Counts of the requests in a period."""

    requests: int = 0
    rows: int = 0
    client_errors: int = 0
    """Number of 4xx responses."""
    server_errors: int = 0
    """Number of 5xx responses."""
    latencies: Counter[int] = Field(default_factory=Counter)
    """Number of requests per latency bin; see `mlapp.services.monitoring.latency`."""

    def add(self, other: "RequestCounts") -> None:
        """Add the counts of another period or process."""
        self.requests += other.requests
        self.rows += other.rows
        self.client_errors += other.client_errors
        self.server_errors += other.server_errors
        self.latencies.update(other.latencies)


Periods = dict[Span, dict[int, T]]
"""Counts by minute of the last hour, and by quarter of an hour of the last day; both numbered since 1970-01-01 (UTC).

The minutes of a day would take nine times the memory.
"""


class TrafficCounts(Schema):
    """Counts of the requests to one model, or to all of them."""

    created_at: datetime | None = None
    """When the model was created, as another one may get its name after it was deleted."""
    periods: Periods[RequestCounts] = Field(default_factory=dict)

    def add_minute(self, minute: int, counted: RequestCounts) -> None:
        """Add the counts of a minute."""
        _add_minute(self.periods, minute, counted, RequestCounts)

    def add(self, other: "TrafficCounts") -> None:
        """Add the counts of another process."""
        _add(self.periods, other.periods, RequestCounts)

    def expire(self, now: int) -> None:
        """Drop what is no longer reported in the minute `now`, and what a wrong clock put far ahead."""
        self.periods = _unexpired(self.periods, now)


class RequestProfile(Schema):
    """Profile of the requests to one version: distributions of features and predictions."""

    since: datetime
    rows: int = 0
    features: list[list[int]] = Field(default_factory=list)
    """`Distribution.tally` of each feature, over the bins of the version's `distributions`."""
    prediction: list[int] = Field(default_factory=list)
    """`Distribution.tally` of the predictions, over the bins of the version's `target_distribution`."""
    periods: Periods[PredictionCounts] = Field(default_factory=dict)

    def add_minute(self, minute: int, counted: PredictionCounts) -> None:
        """Add the predictions of a minute."""
        _add_minute(self.periods, minute, counted, PredictionCounts)

    def add(self, other: "RequestProfile") -> None:
        """Add the profile of the same version for another period or process."""
        self.since, self.rows = min(self.since, other.since), self.rows + other.rows
        empty: list[int] = []
        pairs = zip_longest(self.features, other.features, fillvalue=empty)
        self.features = [add_tallies(*pair) for pair in pairs]
        self.prediction = add_tallies(self.prediction, other.prediction)
        _add(self.periods, other.periods, PredictionCounts)

    def expire(self, now: int) -> None:
        """Drop what is no longer reported in the minute `now`, and what a wrong clock put far ahead."""
        self.periods = _unexpired(self.periods, now)


def _add_minute(periods: Periods[T], minute: int, counted: T, new: type[T]) -> None:
    for span, resolution in RESOLUTIONS.items():
        periods.setdefault(span, {}).setdefault(minute // resolution.minutes, new()).add(counted)


def _add(periods: Periods[T], others: Periods[T], new: type[T]) -> None:
    for span, series in others.items():
        mine = periods.setdefault(span, {})
        for period, counted in series.items():
            mine.setdefault(period, new()).add(counted)


def _unexpired(periods: Periods[T], now: int) -> Periods[T]:
    return {
        span: {at: counted for at, counted in periods.get(span, {}).items() if abs(now // width - at) < points}
        for span, (points, width) in RESOLUTIONS.items()
    }
