"""Traffic and drift of real predictions."""

from datetime import UTC, datetime
from functools import partial

import pytest

from mlapp.errors import NotFound, Unacceptable
from mlapp.schemas import DriftLevel, Span
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.monitoring.conftest import NOON, as_csv, rows_of
from tests.services.requests import answer


@pytest.mark.usefixtures("active")
async def test_requests_and_predictions_are_counted_by_the_minute(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    answers = [await answer(prediction, rows_of(diabetes, rows), "diabetes") for rows in (1, 3)]
    monitoring.recorder.clock = lambda: NOON + 60
    await answer(prediction, rows_of(diabetes), "diabetes")

    traffic = await monitoring.traffic(Span.HOUR, "diabetes")

    *earlier, before, now = traffic.points
    values = [value for answer in answers for value in answer.predictions]
    assert (len(earlier), sum(point.requests for point in earlier)) == (58, 0)
    assert before.at == datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    assert (before.requests, before.rows, before.errors, before.predictions) == (2, 4, 0, 4)
    assert (before.low, before.high) == (min(values), max(values))
    assert before.mean == pytest.approx(sum(float(value) for value in values) / 4)
    assert 0 < (before.p50_ms or 0) <= (before.p99_ms or 0) < 60_000
    assert (now.requests, now.rows, traffic.version, traffic.total.rows) == (1, 1, 1, 5)
    assert (earlier[0].mean, earlier[0].p50_ms) == (None, None)


@pytest.mark.usefixtures("active")
async def test_day_has_points_of_15_minutes(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    for hours in (-25, -20, 0):
        monitoring.recorder.clock = partial(float, NOON + hours * 3_600)
        await answer(prediction, rows_of(diabetes), "diabetes")
        await monitoring.traffic(Span.DAY)

    traffic = await monitoring.traffic(Span.DAY)

    assert len(traffic.points) == 96
    assert [point.at.hour for point in traffic.points if point.requests] == [16, 12]
    assert traffic.total.requests == 2
    assert (await monitoring.traffic(Span.HOUR)).total.requests == 1


async def test_predictions_are_counted_by_class(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, wine: Fitted
):
    wine.add_to(store)
    found = await answer(prediction, rows_of(wine, 20), "wine", 1)

    traffic = await monitoring.traffic(Span.HOUR, "wine", 1)

    assert traffic.classes == ["class_1", "class_0", "class_2"]
    assert traffic.total.classes == [*(found.predictions.count(name) for name in traffic.classes), 0]
    assert (traffic.total.predictions, traffic.total.mean) == (20, None)


@pytest.mark.usefixtures("active")
async def test_rows_of_streamed_files_are_counted(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mlapp.services.prediction.responses.CHUNK_ROWS", 100)
    predicted = await prediction.predict(as_csv(rows_of(diabetes, 250)), model="diabetes")
    assert [chunk async for chunk in predicted.chunks]

    assert (await monitoring.traffic(Span.HOUR, "diabetes")).total.model_dump(
        include={"requests", "rows", "predictions"}
    ) == {
        "requests": 1,
        "rows": 250,
        "predictions": 250,
    }


@pytest.mark.usefixtures("active")
async def test_what_if_and_previews_are_not_counted(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    rows = rows_of(diabetes)
    await prediction.trials.what_if(rows[0], "bmi", "diabetes")
    await prediction.trials.preview(as_csv(rows), "diabetes")

    assert (await monitoring.traffic(Span.HOUR)).total.requests == 0
    assert monitoring.recorder.revision == 0


async def test_errors_are_counted_by_class(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, wine: Fitted
):
    wine.add_to(store)
    with pytest.raises(NotFound, match="has no active version"):
        await answer(prediction, rows_of(wine), "wine")
    with pytest.raises(Unacceptable):
        await answer(prediction, [], "wine", 1)
    with pytest.raises(Unacceptable), monitoring.recorder.rejections("wine"):
        raise Unacceptable("No form.")
    with monitoring.recorder.rejections("wine"):
        pass
    with pytest.raises(ZeroDivisionError), monitoring.recorder.request("wine"):
        _ = 1 / 0

    total = (await monitoring.traffic(Span.HOUR, "wine")).total

    assert (total.requests, total.errors, total.server_errors, total.rows) == (4, 4, 1, 0)


async def test_traffic_without_a_model_has_no_predictions(monitoring: MonitoringService):
    with monitoring.recorder.request(None):
        pass

    traffic = await monitoring.traffic(Span.HOUR, version=7)

    assert (traffic.model, traffic.version, traffic.classes, traffic.total.requests) == (None, None, [], 1)
    for version in (None, 7):
        with pytest.raises(NotFound):
            await monitoring.traffic(Span.HOUR, "nothing", version)


async def test_each_model_has_traffic_and_profiles_of_its_own(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    for model, rows in (("a", 1), ("a-b", 2)):
        diabetes.activate_in(store, model)
        await answer(prediction, rows_of(diabetes, rows), model)
    await answer(prediction, rows_of(diabetes), "a")

    found = {model: (await monitoring.traffic(Span.DAY, model)).total for model in ("a", "a-b", None)}

    assert {model: (total.requests, total.rows) for model, total in found.items()} == {
        "a": (2, 2),
        "a-b": (1, 2),
        None: (3, 4),
    }
    assert [(await monitoring.drift(model, 1)).rows for model in ("a", "a-b")] == [2, 2]
    assert await monitoring.requests(Span.HOUR) == {"a": 2, "a-b": 1}


async def test_requests_without_a_model_in_the_store_are_in_the_total_only(
    monitoring: MonitoringService, store: ModelStore, wine: Fitted
):
    wine.add_to(store)
    for model in (None, "invented", "*", "wine/1", "wine"):
        with monitoring.recorder.request(model):
            pass

    assert (await monitoring.traffic(Span.HOUR)).total.requests == 5
    assert await monitoring.requests(Span.DAY) == {"wine": 1}


async def test_model_with_the_name_of_a_deleted_one_starts_from_zero(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    for model in ("a", "b"):
        diabetes.activate_in(store, model)
        await answer(prediction, rows_of(diabetes), model)
    await monitoring.requests(Span.HOUR)
    await answer(prediction, rows_of(diabetes), "b")
    store.remove("b")
    assert await monitoring.requests(Span.HOUR) == {"a": 1}

    assert diabetes.activate_in(store, "b") == 2

    assert await monitoring.requests(Span.HOUR) == {"a": 1, "b": 0}
    assert [(await monitoring.drift(*key)).rows for key in (("a", 1), ("b", 2))] == [1, 0]
    assert (await monitoring.traffic(Span.HOUR)).total.requests == 3


async def test_requests_that_are_queued_when_a_model_is_replaced_are_not_those_of_the_new_one(
    store: ModelStore, prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    diabetes.activate_in(store, "b")
    await monitoring.requests(Span.HOUR)
    await answer(prediction, rows_of(diabetes), "b")
    store.remove("b")
    diabetes.activate_in(store, "b")

    assert await monitoring.requests(Span.HOUR) == {"b": 0}


@pytest.mark.usefixtures("active")
async def test_drift_is_measured_for_each_feature_and_the_predictions(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    for _ in range(2):
        await answer(prediction, rows_of(diabetes, 100, bmi=45.0), "diabetes")

    drift = await monitoring.drift("diabetes", 1)

    levels = {feature.name: feature.level for feature in drift.features}
    bmi = next(feature for feature in drift.features if feature.name == "bmi")
    assert (drift.rows, drift.since) == (200, datetime.fromtimestamp(NOON, UTC))
    assert levels["bmi"] is DriftLevel.STRONG
    assert (bmi.psi or 0) > 0.25
    assert (bmi.production.edges, bmi.production.counts[-1], bmi.production.total) == (bmi.training.edges, 200, 200)
    assert drift.prediction
    assert (drift.prediction.name, drift.prediction.production.total) == ("progression", 200)


@pytest.mark.usefixtures("active")
async def test_drift_of_few_rows_is_unknown(
    prediction: PredictionService, monitoring: MonitoringService, diabetes: Fitted
):
    assert (await monitoring.drift("diabetes", 1)).since is None
    await answer(prediction, rows_of(diabetes, 199), "diabetes")

    drift = await monitoring.drift("diabetes", 1)

    assert {(feature.psi, feature.level) for feature in drift.features} == {(None, DriftLevel.TOO_FEW)}
    assert drift.features[0].production.total == drift.rows == 199
