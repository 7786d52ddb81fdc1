"""Monitoring: counts of requests as they are stored, and reports of traffic and drift."""

from abc import abstractmethod
from collections import Counter
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple, Self

from pydantic import Field

from mlapp.schemas.distributions import Distribution, add_tallies
from mlapp.schemas.types import ColumnType, Schema

DRIFT_ROWS = 200
"""Minimum number of rows for a drift value: with fewer, random variation looks like drift."""


class Span(StrEnum):
    """Time range of a traffic report."""

    HOUR = "hour"
    """60 points of one minute."""
    DAY = "day"
    """96 points of 15 minutes."""


class Resolution(NamedTuple):
    """The points of a traffic report."""

    points: int
    minutes: int
    """Minutes per point."""


RESOLUTIONS = {Span.HOUR: Resolution(60, 1), Span.DAY: Resolution(96, 15)}


class DriftLevel(StrEnum):
    """Interpretation of a population stability index."""

    STABLE = "stable"
    SOME = "some drift"
    STRONG = "strong drift"
    TOO_FEW = "too few rows"


class PeriodCounts(Schema):
    """Counts of a period; stored as a list of its values in the order of the fields."""

    @abstractmethod
    def add(self, other: Self) -> None:
        """Add the counts of another period or process."""


class RequestCounts(PeriodCounts):
    """Counts of the requests in a period."""

    requests: int = 0
    rows: int = 0
    client_errors: int = 0
    """Number of 4xx responses."""
    server_errors: int = 0
    """Number of 5xx responses."""
    latencies: Counter[int] = Field(default_factory=Counter)
    """Number of requests per latency bin; see `mlapp.services.monitoring.latency`."""

    def add(self, other: Self) -> None:
        """Add the counts of another period or process."""
        self.requests += other.requests
        self.rows += other.rows
        self.client_errors += other.client_errors
        self.server_errors += other.server_errors
        self.latencies.update(other.latencies)


class PredictionCounts(PeriodCounts):
    """Counts of the predictions of one version in a period."""

    count: int = 0
    sum: float = 0.0
    """Sum of the predicted values (regression)."""
    low: float | None = None
    high: float | None = None
    classes: list[int] = Field(default_factory=list)
    """Number of predictions per counted class (classification)."""

    def add(self, other: Self) -> None:
        """Add the counts of another period or process."""
        self.count += other.count
        self.sum += other.sum
        lows, highs = ([x for x in pair if x is not None] for pair in ((self.low, other.low), (self.high, other.high)))
        self.low, self.high = min(lows, default=None), max(highs, default=None)
        self.classes = [a + b for a, b in zip_longest(self.classes, other.classes, fillvalue=0)]


class RequestProfile(Schema):
    """Profile of the requests to one version: distributions of features and predictions."""

    since: datetime
    rows: int = 0
    features: list[list[int]] = Field(default_factory=list)
    """`Distribution.tally` of each feature, over the bins of the version's `distributions`."""
    prediction: list[int] = Field(default_factory=list)
    """`Distribution.tally` of the predictions, over the bins of the version's `target_distribution`."""

    def add(self, other: Self) -> None:
        """Add the profile of the same version for another period or process."""
        self.since, self.rows = min(self.since, other.since), self.rows + other.rows
        empty: list[int] = []
        pairs = zip_longest(self.features, other.features, fillvalue=empty)
        self.features = [add_tallies(*pair) for pair in pairs]
        self.prediction = add_tallies(self.prediction, other.prediction)


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
    model: str | None
    """The model whose requests are reported; null: all models."""
    version: int | None
    """The version whose predictions are reported; null if there is none."""
    classes: list[str]
    """The counted classes, the most frequent in training first. If the version has more classes, the points' `classes`
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

    model: str
    version: int
    rows: int
    """Number of profiled rows; under heavy load, a sample of all rows."""
    since: datetime | None
    """Time of the first profiled request."""
    features: list[ColumnDrift]
    """Drift of each feature, in the order of the version's `features`."""
    prediction: ColumnDrift
