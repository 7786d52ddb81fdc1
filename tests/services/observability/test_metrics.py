"""MetricsService: what is counted of all requests, and the event loop's lag."""

import time

import pytest

from mlapp.services.histograms import Histogram
from mlapp.services.jobs.service import JobService
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.observability import metrics as limits
from mlapp.services.observability.metrics import MetricsService
from mlapp.services.observability.prometheus import exposition
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore
from tests.services.conftest import eventually


@pytest.fixture
def metrics(
    store: ModelStore, prediction: PredictionService, jobs: JobService, monitoring: MonitoringService
) -> MetricsService:
    return MetricsService(store, prediction, jobs, monitoring)


def test_histogram_counts_what_is_not_beyond_each_bound():
    histogram = Histogram((0.5, 1.0))

    for value in (0.1, 0.5, 0.75, 7.0):
        histogram.observe(value)

    assert histogram.cumulated() == [("0.5", 2), ("1.0", 3), ("+Inf", 4)]
    assert (histogram.count, histogram.sum) == (4, 8.35)


def test_methods_that_anybody_makes_up_are_one(metrics: MetricsService):
    for method in ("GET", "BREW", "GET\n", "MIX"):
        metrics.answered(method, "/health", 200, 0.1)

    assert metrics.requests == {("GET", "/health", 200): 1, ("other", "/health", 200): 3}


async def test_event_loop_that_was_kept_busy_is_seen(metrics: MetricsService, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "LOOK_S", 0.01)
    await metrics.start()
    await eventually(lambda: metrics.lag.count > 0)
    before = dict(metrics.lag.cumulated())

    time.sleep(0.3)  # noqa: ASYNC251 - that nothing else goes on is what is measured
    count = metrics.lag.count
    await eventually(lambda: metrics.lag.count > count)
    await metrics.close()

    after = dict(metrics.lag.cumulated())
    assert after["+Inf"] - after["0.25"] == before["+Inf"] - before["0.25"] + 1
    assert b"mlapp_event_loop_lag_seconds_count" in exposition(metrics)


async def test_service_that_was_not_started_can_be_closed(metrics: MetricsService):
    await metrics.close()

    assert metrics.lag.count == 0
