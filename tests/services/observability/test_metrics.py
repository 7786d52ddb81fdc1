"""MetricsService: HTTP requests, and the event loop's lag."""

import re
import time

import pytest

from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.observability import metrics as limits
from mlapp.services.observability.metrics import MetricsService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.conftest import eventually


@pytest.fixture
def metrics(store: ModelStore, prediction: PredictionService, recorder: TrafficRecorder) -> MetricsService:
    return MetricsService(store, prediction, recorder)


def value(metrics: MetricsService, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


def test_invented_methods_share_one_label(metrics: MetricsService):
    for method in ("GET", "BREW", "GET\n", "MIX"):
        metrics.answered(method, "/health", 200, 0.1)

    counts = {
        method: value(metrics, "mlapp_http_requests_total", method=method, route="/health", status="2xx")
        for method in ("GET", "BREW", "other")
    }
    assert counts == {"GET": 1, "BREW": 0, "other": 3}


def test_metrics_of_two_services_are_separate(metrics: MetricsService):
    other = MetricsService(metrics.store, metrics.prediction, metrics.recorder)

    metrics.answered("GET", "/health", 404, 0.1)

    assert [value(each, "mlapp_http_refusals_total", status="404") for each in (metrics, other)] == [1, 0]


async def test_blocked_event_loop_is_measured(metrics: MetricsService, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "LAG_INTERVAL_S", 0.01)

    def count(up_to_s: str = "+Inf") -> float:
        return value(metrics, "mlapp_event_loop_lag_seconds_bucket", le=up_to_s)

    await metrics.start()
    await eventually(count)
    slow = count() - count("0.25")

    time.sleep(0.3)  # noqa: ASYNC251 - blocks the event loop on purpose
    counted = count()
    await eventually(lambda: count() > counted)
    await metrics.close()

    assert count() - count("0.25") > slow
    assert b"mlapp_event_loop_lag_seconds_count" in metrics.exposition()


async def test_service_that_was_not_started_can_be_closed(metrics: MetricsService):
    await metrics.close()

    assert value(metrics, "mlapp_event_loop_lag_seconds_count") == 0


async def test_models_versions_and_what_is_loaded_are_measured(
    metrics: MetricsService, store: ModelStore, prediction: PredictionService, wine: Fitted
):
    assert [value(metrics, name) for name in ("mlapp_models", "mlapp_default_version", "mlapp_loaded_versions")] == [
        0
    ] * 3
    assert value(metrics, "mlapp_default_version_loaded") == 1
    for model in ("a", "b", "b"):
        wine.activate_in(store, model)
    wine.add_to(store, "never-active")
    await prediction.refresh("a")
    await prediction.fitted("b")
    metrics.exposition()

    found = {
        name: value(metrics, f"mlapp_{name}") for name in ("models", "versions", "default_version", "loaded_versions")
    }
    assert found == {"models": 3, "versions": 4, "default_version": 1, "loaded_versions": 1}
    assert value(metrics, "mlapp_loaded_bytes") == len(wine.file)
    active = {model: value(metrics, "mlapp_active_version", model=model) for model in ("a", "b", "never-active")}
    assert active == {"a": 1, "b": 2, "never-active": 0}


async def test_default_version_that_is_not_loaded_is_measured(
    metrics: MetricsService, store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.activate_in(store)
    assert (value(metrics, "mlapp_default_version"), value(metrics, "mlapp_default_version_loaded")) == (0, 0)

    await prediction.refresh("wine")
    assert (value(metrics, "mlapp_default_version"), value(metrics, "mlapp_default_version_loaded")) == (1, 1)

    wine.activate_in(store)
    assert (value(metrics, "mlapp_default_version"), value(metrics, "mlapp_default_version_loaded")) == (1, 0)


async def test_active_versions_have_at_most_100_series(metrics: MetricsService, store: ModelStore, wine: Fitted):
    for number in range(101):
        wine.activate_in(store, f"m{number}")
    for model in ("m100", "m7"):
        with metrics.recorder.request(model):
            pass

    text = metrics.exposition().decode()

    assert re.findall(r"mlapp_active_version{model=\"(\w+)\"} 1.0", text) == ["m100", "m7"]
    assert value(metrics, "mlapp_models") == 101


async def test_model_that_is_deleted_during_a_scrape_is_left_out(
    metrics: MetricsService, store: ModelStore, wine: Fitted, monkeypatch: pytest.MonkeyPatch
):
    wine.activate_in(store, "a")
    names = [*store.names(), "gone"]
    monkeypatch.setattr(store, "names", lambda: names)

    assert value(metrics, "mlapp_models") == 1


class DeletingStore(ModelStore):
    """Loses the default model as soon as its name was read, as if another process deleted it."""

    def default(self) -> str | None:
        found = super().default()
        if found:
            ModelStore(self.folder).remove(found)
        return found


def test_default_model_that_is_deleted_during_a_scrape_does_not_fail_it(
    store: ModelStore, prediction: PredictionService, recorder: TrafficRecorder, wine: Fitted
):
    wine.activate_in(store)

    exposition = MetricsService(DeletingStore(store.folder), prediction, recorder).exposition().decode()

    assert "mlapp_default_version 0.0\nmlapp_default_version_loaded 1.0" in re.sub("\n#.*", "", exposition)
