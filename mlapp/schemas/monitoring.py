"""Monitoring reports: traffic over time, and drift."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

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

    model: str
    version: int
    rows: int
    """Number of profiled rows; under heavy load, a sample of all rows."""
    since: datetime | None
    """Time of the first profiled request."""
    features: list[ColumnDrift]
    """Drift of each feature, in the order of the model's `features`."""
    prediction: ColumnDrift
