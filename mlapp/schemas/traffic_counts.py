"""Traffic counts of a process: stored, and added up over processes and periods."""

from collections import Counter
from datetime import datetime
from itertools import zip_longest

from pydantic import Field

from mlapp.schemas.distributions import Distribution
from mlapp.schemas.types import Schema


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
