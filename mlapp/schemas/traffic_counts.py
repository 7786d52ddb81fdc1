"""Traffic counts of a process: stored, and added up over processes and periods."""

from abc import abstractmethod
from collections import Counter
from datetime import datetime
from itertools import zip_longest
from typing import Self

from pydantic import Field

from mlapp.schemas.distributions import add_tallies
from mlapp.schemas.types import Schema


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
