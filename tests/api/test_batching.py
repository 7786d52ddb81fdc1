"""Concurrent requests for predictions are predicted in batches."""

import asyncio
import json
import threading
from typing import Any

import httpx
import numpy as np
import pytest

from mlapp.ml import FittedVersion
from mlapp.ml.inference.compiled.functions import Compiled
from mlapp.schemas import ColumnDrift, Span, VersionInfo
from mlapp.services import Services
from mlapp.services.prediction.batching import MAX_BATCH_ROWS
from tests.api.conftest import problem_of, row_of
from tests.services.requests import answer


async def train(http: httpx.AsyncClient, **options: Any) -> dict[str, Any]:
    answer = await http.post("/train", json=options)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def rows_of(model: dict[str, Any]) -> list[dict[str, Any]]:
    """Return rows of the training table."""
    names = [feature["name"] for feature in model["features"]]
    return [dict(zip(names, row, strict=True)) for row in model["examples"]]


@pytest.mark.parametrize("dataset", ["machines", "wine"])
@pytest.mark.parametrize("estimator", ["linear", "hist_gradient_boosting"])
async def test_concurrent_requests_have_the_responses_of_single_requests_and_of_a_file(
    http: httpx.AsyncClient, dataset: str, estimator: str
):
    model = await train(http, dataset=dataset, estimator=estimator)
    path = f"/models/{model['model']}/predict?version={model['version']}"
    bodies = [{"records": [row]} for row in rows_of(model)] + [{"records": rows_of(model)}]
    lines = "".join(json.dumps(row) + "\n" for row in rows_of(model))
    file = await http.post(
        path, content=lines, headers={"Content-Type": "application/x-ndjson", "Accept": "application/json"}
    )

    alone = [await http.post(path, json=body) for body in bodies]
    together = await asyncio.gather(*[http.post(path, json=body) for body in bodies])

    assert alone[-1].json() == closely(file.json())
    for ours, theirs in zip(together, alone, strict=True):
        assert ours.json() == closely(theirs.json())
        assert {name: ours.headers[name] for name in SAME} == {name: theirs.headers[name] for name in SAME}


SAME = ("content-type", "x-model-name", "x-model-version", "x-warnings-total")


def closely(found: Any) -> Any:
    """Return a JSON value whose numbers are equal to those within 1e-12 of them."""
    if isinstance(found, dict):
        return {name: closely(value) for name, value in found.items()}
    if isinstance(found, list):
        return [closely(value) for value in found]
    return pytest.approx(found, rel=1e-12, abs=0) if isinstance(found, float) else found


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": {"Prefer": "handling=strict"}},
        {"headers": {"Accept": "application/json, text/plain, */*"}},
        {"headers": {"Content-Type": "application/json; charset=utf-8"}},
        {"headers": [("Accept", "text/csv;q=0.1"), ("Accept", "application/json")]},
        {"headers": {"Accept": "application/json, " + ", ".join(f"text/x-{number}" for number in range(200))}},
        {"params": {"version": "active"}},
    ],
    ids=str,
)
async def test_equivalent_requests_have_equal_responses(
    http: httpx.AsyncClient, active: FittedVersion, changed: dict[str, Any]
):
    rows = [row_of(active.info)]
    expected = await http.post("/predict", json={"records": rows})

    records = await http.post("/predict", json={"records": rows}, **changed)
    columns = await http.post("/predict", json={"columns": {name: [rows[0][name]] for name in rows[0]}}, **changed)

    assert (expected.status_code, records.content, columns.content) == (200, expected.content, expected.content)


async def test_concurrent_requests_to_several_models_get_their_own_answers(
    http: httpx.AsyncClient, regression: VersionInfo, classification: VersionInfo, machines: VersionInfo
):
    models = [regression, classification, machines]
    posts = [(f"/models/{info.model}/predict", {"records": [row_of(info)]}) for info in models]
    alone = [await http.post(path, json=body) for path, body in posts]

    together = await asyncio.gather(*[http.post(path, json=body) for _ in range(20) for path, body in posts])

    assert [answer.json()["model"] for answer in alone] == [info.model for info in models]
    for index, each in enumerate(together):
        assert each.json() == closely(alone[index % len(models)].json())


async def test_warnings_of_a_batch_belong_to_the_request_with_the_value(http: httpx.AsyncClient, active: FittedVersion):
    good, far = row_of(active.info), row_of(active.info) | {"age": 100_000}

    answers = await asyncio.gather(*[http.post("/predict", json={"records": [row]}) for row in (good, far, good)])

    assert [len(answer.json()["warnings"]) for answer in answers] == [0, 1, 0]
    assert [answer.headers["x-warnings-total"] for answer in answers] == ["0", "1", "0"]


@pytest.mark.parametrize(("age", "status"), [(2.0**53, 200), (2**53, 422)])
async def test_integers_that_floats_may_round_are_rejected(
    http: httpx.AsyncClient, active: FittedVersion, age: float, status: int
):
    answer = await http.post("/predict", json={"records": [row_of(active.info) | {"age": age}]})

    assert answer.status_code == status


async def test_slow_estimator_predicts_the_same_in_a_thread(http: httpx.AsyncClient, active: FittedVersion):
    body = {"records": [row_of(active.info)]}
    expected = (await http.post("/predict", json=body)).content
    active.__dict__["is_fast"] = False

    answers = await asyncio.gather(*[http.post("/predict", json=body) for _ in range(3 * MAX_BATCH_ROWS)])

    assert {answer.content for answer in answers} == {expected}


async def test_many_rows_of_a_small_body_are_predicted_in_a_thread(http: httpx.AsyncClient, active: FittedVersion):
    compiled, threads = active.compiled, []

    def predicting(x: np.ndarray) -> np.ndarray:
        threads.append(threading.current_thread())
        return compiled.many(x)

    active.__dict__.update(is_fast=True, compiled=Compiled(predicting), _one=None)
    row = row_of(active.info)
    for count in (1, MAX_BATCH_ROWS + 1):
        columns = {name: [value] * count for name, value in row.items()}
        assert (await http.post("/predict", json={"columns": columns})).status_code == 200

    assert [thread is threading.main_thread() for thread in threads] == [True, False]


@pytest.mark.parametrize("is_fast", [True, False])
async def test_estimator_error_fails_each_request_of_the_batch_only(
    http: httpx.AsyncClient, active: FittedVersion, *, is_fast: bool
):
    body = {"records": [row_of(active.info)]}
    expected = (await http.post("/predict", json=body)).content
    compiled = active.compiled
    failures = iter(range(1))

    def failing(x: np.ndarray) -> np.ndarray:
        for _ in failures:
            raise ZeroDivisionError
        return compiled.many(x)

    active.__dict__.update(is_fast=is_fast, compiled=Compiled(failing))

    answers = await asyncio.gather(*[http.post("/predict", json=body) for _ in range(3)])

    assert [problem_of(answer, 500)["status"] for answer in answers] == [500] * 3
    assert (await http.post("/predict", json=body)).content == expected


async def test_requests_and_rows_are_counted(http: httpx.AsyncClient, services: Services):
    model = await train(http, dataset="machines", estimator="linear", model="counted")
    path = f"/models/counted/predict?version={model['version']}"

    for _ in range(3):
        assert (await http.post(path, json={"records": rows_of(model)[:2]})).status_code == 200

    total = (await services.monitoring.traffic(Span.HOUR, "counted", model["version"])).total
    assert (total.requests, total.rows, total.predictions) == (3, 6, 6)
    drift = await services.monitoring.drift("counted", model["version"])
    assert drift.rows == 6
    assert all(sum(counts(column)) + column.production.missing == 6 for column in drift.features)


def counts(column: ColumnDrift) -> list[int]:
    return [*column.production.counts, column.production.others]


@pytest.mark.parametrize("is_fast", [True, False])
async def test_cancelled_request_does_not_affect_its_batch(services: Services, active: FittedVersion, *, is_fast: bool):
    active.__dict__["is_fast"] = is_fast
    gone, stays = (
        asyncio.create_task(answer(services.prediction, [row_of(active.info)], active.info.model)) for _ in range(2)
    )
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_cancelled_request_of_a_batch_that_fails_remains_cancelled(services: Services, active: FittedVersion):
    def fail(_: np.ndarray) -> np.ndarray:
        raise ZeroDivisionError

    active.__dict__.update(is_fast=True, compiled=Compiled(fail))
    cancelled, other = (
        asyncio.create_task(answer(services.prediction, [row_of(active.info)], active.info.model)) for _ in range(2)
    )
    await asyncio.sleep(0)
    cancelled.cancel()

    with pytest.raises(ZeroDivisionError):
        await other
    with pytest.raises(asyncio.CancelledError):
        await cancelled
