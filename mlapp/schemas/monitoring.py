"""What is counted of requests, and what pages read from the counts."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from mlapp.schemas.distributions import Distribution
from mlapp.schemas.types import ColumnType, Schema

DRIFT_ROWS = 200
"""Of fewer rows, chance alone looks like drift."""


class Span(StrEnum):
    """How far back traffic is looked at."""

    HOUR = "hour"
    """60 points of a minute."""
    DAY = "day"
    """96 points of 15 minutes."""


class DriftLevel(StrEnum):
    """What a population stability index means."""

    STABLE = "stable"
    SOME = "some drift"
    STRONG = "strong drift"
    TOO_FEW = "too few rows"


class Predictions(Schema):
    """What a version predicted in some time."""

    count: int = 0
    sum: float = 0.0
    """Of the values of a regression."""
    low: float | None = None
    high: float | None = None
    classes: list[int] = Field(default_factory=list)
    """Predictions of each class that is counted by name."""

    def add(self, other: "Predictions") -> None:
        """Take in what was predicted in another time, or by another process."""
        self.count += other.count
        self.sum += other.sum
        lows, highs = ([x for x in pair if x is not None] for pair in ((self.low, other.low), (self.high, other.high)))
        self.low, self.high = min(lows, default=None), max(highs, default=None)
        self.classes = _summed(self.classes, other.classes)


class Minute(Schema):
    """The requests of some time."""

    requests: int = 0
    rows: int = 0
    refused: int = 0
    """Answered by 4xx."""
    failed: int = 0
    """Answered by 5xx."""
    latencies: dict[int, int] = Field(default_factory=dict)
    """Requests in each bin of the time that they took; see `mlapp.services.monitoring.latency`."""

    def add(self, other: "Minute") -> None:
        """Take in the requests of another time, or of another process."""
        self.requests += other.requests
        self.rows += other.rows
        self.refused += other.refused
        self.failed += other.failed
        for place, count in other.latencies.items():
            self.latencies[place] = self.latencies.get(place, 0) + count


class Served(Schema):
    """What a version was asked, and answered."""

    since: datetime
    rows: int = 0
    features: list[Distribution] = Field(default_factory=list)
    """In the bins of the model's `distributions`."""
    prediction: Distribution | None = None
    """In the bins of its `target_distribution`."""
    minutes: dict[int, Predictions] = Field(default_factory=dict)
    """By minutes since 1970."""

    def add(self, other: "Served") -> None:
        """Take in what the same version was asked at another time, or by another process."""
        self.since, self.rows = min(self.since, other.since), self.rows + other.rows
        pairs = zip(self.features, other.features, strict=False)
        self.features = [mine.plus(theirs) for mine, theirs in pairs] or other.features
        self.prediction = self.prediction.plus(other.prediction) if self.prediction else other.prediction
        for minute, predictions in other.minutes.items():
            self.minutes.setdefault(minute, Predictions()).add(predictions)


class Counts(Schema):
    """All that a process has counted."""

    minutes: dict[int, Minute] = Field(default_factory=dict)
    """By minutes since 1970."""
    versions: dict[int, Served] = Field(default_factory=dict)
    """The one asked last comes last."""

    def add(self, other: "Counts") -> None:
        """Take in what another process counted."""
        for minute, counted in other.minutes.items():
            self.minutes.setdefault(minute, Minute()).add(counted)
        for version, served in other.versions.items():
            self.versions.setdefault(version, Served(since=served.since)).add(served)


class TrafficPoint(Schema):
    """The requests of some time, and the predictions of one version in it."""

    at: datetime
    """When it begins."""
    requests: int
    rows: int
    errors: int
    """Requests that were refused (4xx) or failed (5xx)."""
    failed: int
    """Those of them that failed (5xx)."""
    p50_ms: float | None
    """Half the requests took at most so long, until the answer began to be sent; None without requests."""
    p95_ms: float | None
    p99_ms: float | None
    predictions: int
    """Predictions of the version that were looked at: under heavy load not all are."""
    mean: float | None
    """Of the predicted values (regression)."""
    low: float | None
    high: float | None
    classes: list[int]
    """Predictions of each of the traffic's `classes` (classification)."""


class Traffic(Schema):
    """Requests and predictions over time."""

    span: Span
    version: int | None
    """The version whose predictions are told; None when there is none."""
    classes: list[str]
    """The classes that are counted by name, the most frequent in training first; all others are one more at the end
    of the points' `classes` where there are any."""
    points: list[TrafficPoint]
    """The oldest first; the last one is not over yet."""
    total: TrafficPoint


class ColumnDrift(Schema):
    """How far what was asked is from what was learnt, in one column."""

    name: str
    type: ColumnType
    psi: float | None
    """Population stability index; None below 200 rows."""
    band: DriftLevel
    training: Distribution
    served: Distribution


class Drift(Schema):
    """How far what a version was asked is from what it learnt from."""

    version: int
    rows: int
    """Rows that were looked at: under heavy load not all are."""
    since: datetime | None
    features: list[ColumnDrift]
    """In the order of the model's."""
    prediction: ColumnDrift


def _summed(one: list[int], other: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)] if one and other else one or list(other)
