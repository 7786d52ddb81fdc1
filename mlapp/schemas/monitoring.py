"""Monitoring: counts of requests and predictions, traffic over time, and drift."""

from collections import Counter
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest

from pydantic import Field

from mlapp.schemas.distributions import Distribution
from mlapp.schemas.types import ColumnType, Schema

DRIFT_ROWS = 200
"""Minimum number of rows for a drift value: with fewer, random variation looks like drift."""


class Span(StrEnum):
    """Time range of a traffic report."""

    HOUR = "hour"
    """60 points of one minute."""
    DAY = "day"
    """96 points of 15 minutes."""


class DriftLevel(StrEnum):
    """Interpretation of a population stability index."""

    STABLE = "stable"
    SOME = "some drift"
    STRONG = "strong drift"
    TOO_FEW = "too few rows"


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


class RequestProfile(Schema):
    """Profile of the requests to one version: distributions of features and predictions."""

    since: datetime
    rows: int = 0
    features: list[Distribution] = Field(default_factory=list)
    """Distribution of each feature, over the bins of the model's `distributions`."""
    prediction: Distribution | None = None
    """Distribution of the predictions, over the bins of the model's `target_distribution`."""
    minutes: dict[int, PredictionCounts] = Field(default_factory=dict)
    """Counts by minute since 1970-01-01 (UTC)."""

    def add(self, other: "RequestProfile") -> None:
        """Add the profile of the same version for another period or process."""
        self.since, self.rows = min(self.since, other.since), self.rows + other.rows
        pairs = zip(self.features, other.features, strict=False)
        self.features = [a.plus(b) for a, b in pairs] or other.features
        self.prediction = self.prediction.plus(other.prediction) if self.prediction else other.prediction
        for minute, predictions in other.minutes.items():
            self.minutes.setdefault(minute, PredictionCounts()).add(predictions)


class TrafficCounts(Schema):
    """All traffic counts of one process."""

    minutes: dict[int, RequestCounts] = Field(default_factory=dict)
    """Counts by minute since 1970-01-01 (UTC)."""
    versions: dict[int, RequestProfile] = Field(default_factory=dict)
    """Request profile by version, in the order of the last request."""

    def add(self, other: "TrafficCounts") -> None:
        """Add the counts of another process."""
        for minute, counted in other.minutes.items():
            self.minutes.setdefault(minute, RequestCounts()).add(counted)
        for version, profile in other.versions.items():
            self.versions.setdefault(version, RequestProfile(since=profile.since)).add(profile)


class TrafficPoint(Schema):
    """Requests in a period, and predictions of one version in it."""

    at: datetime
    """Start of the period."""
    requests: int
    rows: int
    errors: int
    """Number of 4xx and 5xx responses."""
    server_errors: int
    """Number of 5xx responses."""
    p50_ms: float | None
    """Median latency until the response started, in milliseconds; null without requests."""
    p95_ms: float | None
    """95th percentile of the latency, in milliseconds."""
    p99_ms: float | None
    """99th percentile of the latency, in milliseconds."""
    predictions: int
    """Number of predictions of the version that were profiled; under heavy load, a sample of them."""
    mean: float | None
    """Mean predicted value (regression)."""
    low: float | None
    """Smallest predicted value (regression)."""
    high: float | None
    """Largest predicted value (regression)."""
    classes: list[int]
    """Number of predictions per class, in the order of the report's `classes` (classification)."""


class Traffic(Schema):
    """Traffic report: requests and predictions over time."""

    span: Span
    version: int | None
    """The version whose predictions are reported; null if there is none."""
    classes: list[str]
    """The counted classes, the most frequent in training first. If the model has more classes, the points' `classes`
    end with one more count for all others."""
    points: list[TrafficPoint]
    """Periods, the oldest first; the last one is incomplete."""
    total: TrafficPoint
    """Totals over all periods."""


class ColumnDrift(Schema):
    """Drift of one column: the distribution in requests against the one in training."""

    name: str
    type: ColumnType
    psi: float | None
    """Population stability index; null below 200 rows."""
    level: DriftLevel
    training: Distribution
    production: Distribution
    """Distribution in requests, over the same bins."""


class Drift(Schema):
    """Drift of the requests to one version against its training table."""

    version: int
    rows: int
    """Number of profiled rows; under heavy load, a sample of all rows."""
    since: datetime | None
    """Time of the first profiled request."""
    features: list[ColumnDrift]
    """Drift of each feature, in the order of the model's `features`."""
    prediction: ColumnDrift
