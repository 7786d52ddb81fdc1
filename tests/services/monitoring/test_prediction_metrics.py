"""Metrics of predictions by model, within a limit of series."""

from collections.abc import Iterator

import numpy as np
import pytest

from mlapp.services.monitoring import metrics
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted

NAMES = ("mlapp_predictions", "mlapp_prediction_warnings", "mlapp_prediction_requests")


def ask(recorder: TrafficRecorder, model: str | None) -> None:
    with recorder.request(model):
        pass


def series(recorder: TrafficRecorder, name: str) -> dict[tuple[str, ...], float]:
    """Count what is queued, and return the values of a metric by label."""
    recorder.counter.count_requests()
    found = next(metric for metric in recorder.registry.collect() if metric.name == name)
    return {tuple(sample.labels.values()): sample.value for sample in found.samples if sample.name.endswith("_total")}


def models(recorder: TrafficRecorder) -> Iterator[str]:
    for name in NAMES:
        yield from (labels[0] for labels in series(recorder, name))


def test_rows_requests_and_warnings_are_counted_by_model(store: ModelStore, recorder: TrafficRecorder, wine: Fitted):
    for model in ("a", "b"):
        info = describe(store, model, wine.add_to(store, model))
        recorder.add_rows(info, np.ones((2, 13)), np.ones((2, 3)))
        ask(recorder, model)
    recorder.add_warnings("a", 3)
    with pytest.raises(ZeroDivisionError), recorder.request("b"):
        _ = 1 / 0

    assert series(recorder, "mlapp_predictions") == {("a",): 2, ("b",): 2}
    assert series(recorder, "mlapp_prediction_warnings") == {("a",): 3}
    requests = series(recorder, "mlapp_prediction_requests")
    assert [requests["b", status] for status in ("2xx", "4xx", "5xx")] == [1, 0, 1]
    assert recorder.registry.get_sample_value("mlapp_prediction_duration_seconds_count") == 3


def test_120_models_have_series_of_100_models_and_one_of_all_others(
    store: ModelStore, recorder: TrafficRecorder, wine: Fitted
):
    names = [f"m{number}" for number in range(120)]
    for model in names:
        wine.add_to(store, model)

    for model in (*names[10:], "invented", *names):
        ask(recorder, model)
    ask(recorder, None)

    requests = series(recorder, "mlapp_prediction_requests")
    assert {model for model, _ in requests} == {*names[10:110], metrics.OTHER}
    assert requests["m10", "2xx"] == 2
    assert requests[metrics.OTHER, "2xx"] == 10 + 2 * 10 + 2
    assert set(models(recorder)) == {*names[10:110], metrics.OTHER}


def test_models_have_series_as_others_are_deleted(
    store: ModelStore, recorder: TrafficRecorder, wine: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(metrics, "MAX_LABELS", 2)
    for model in ("a", "b", "c"):
        wine.add_to(store, model)
        ask(recorder, model)
        recorder.add_warnings(model, 1)
    assert set(models(recorder)) == {"a", "b", metrics.OTHER}

    store.remove("a")
    assert set(models(recorder)) == {"b", metrics.OTHER}
    ask(recorder, "c")

    assert series(recorder, "mlapp_prediction_requests")["c", "2xx"] == 1
    assert series(recorder, "mlapp_prediction_requests")[metrics.OTHER, "2xx"] == 1


def test_counters_of_a_replaced_model_start_again(store: ModelStore, recorder: TrafficRecorder, wine: Fitted):
    wine.add_to(store, "a")
    ask(recorder, "a")
    assert series(recorder, "mlapp_prediction_requests")["a", "2xx"] == 1
    store.remove("a")
    wine.add_to(store, "a")
    recorder.counter.count_requests()

    ask(recorder, "a")

    assert series(recorder, "mlapp_prediction_requests")["a", "2xx"] == 1


def test_model_called_other_shares_its_series(store: ModelStore, recorder: TrafficRecorder, wine: Fitted):
    wine.add_to(store, metrics.OTHER)
    ask(recorder, metrics.OTHER)
    ask(recorder, None)
    assert series(recorder, "mlapp_prediction_requests")[metrics.OTHER, "2xx"] == 2

    store.remove(metrics.OTHER)

    assert series(recorder, "mlapp_prediction_requests")[metrics.OTHER, "2xx"] == 2
