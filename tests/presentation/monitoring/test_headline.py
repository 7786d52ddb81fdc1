"""The headline of the Monitor page."""

from datetime import UTC, datetime

import pytest

from mlapp.presentation.monitoring.requests import traffic_headline
from mlapp.schemas import (
    DRIFT_ROWS,
    ColumnDrift,
    ColumnType,
    Distribution,
    Drift,
    DriftLevel,
    Span,
    Traffic,
    TrafficPoint,
)


def traffic(requests: int, errors: int = 0) -> Traffic:
    counts = {"requests": requests, "rows": requests, "errors": errors, "server_errors": 0, "predictions": 0}
    unknown = dict.fromkeys(("p50_ms", "p95_ms", "p99_ms", "mean", "low", "high"))
    total = TrafficPoint(at=datetime.now(UTC), **counts, **unknown, classes=[])
    return Traffic(span=Span.HOUR, model="m", version=1, classes=[], points=[], total=total)


def drift(*levels: DriftLevel, rows: int = DRIFT_ROWS) -> Drift:
    nothing = Distribution(edges=None, categories=[], counts=[], others=0, missing=0)
    columns = [
        ColumnDrift(name=f"x{index}", type=ColumnType.TEXT, psi=None, level=level, training=nothing, production=nothing)
        for index, level in enumerate(levels)
    ]
    return Drift(model="m", version=1, rows=rows, since=None, features=columns, prediction=columns[0])


@pytest.mark.parametrize(
    ("found", "of", "headline"),
    [
        (traffic(0), None, "No requests in this time."),
        (traffic(1), None, "1 request, without an error."),
        (traffic(20, 3), drift(DriftLevel.STABLE), "20 requests, 3 with an error; their values are like"),
        (traffic(9), drift(DriftLevel.STABLE, rows=9), "9 requests, without an error; too few rows to tell"),
        (traffic(9), drift(DriftLevel.STRONG, DriftLevel.STABLE), "; 1 column differs from training."),
        (traffic(9), drift(DriftLevel.STRONG, DriftLevel.SOME), "; 2 columns differ from training."),
    ],
)
def test_headline_says_how_many_requests_failed_and_whether_they_drift(found: Traffic, of: Drift | None, headline: str):
    assert headline in traffic_headline(found, of)
