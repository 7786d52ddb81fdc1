"""POST /predict: batches, the fast path, and bodies in pieces."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from starlette.types import Message

from mlapp.ml import FittedModel
from mlapp.schemas import ColumnDrift, Model, Span
from mlapp.services import Services
from mlapp.services.prediction.batching import MAX_BATCH_ROWS
from tests.api.conftest import problem_of, row_of


async def train(http: httpx.AsyncClient, **options: Any) -> dict[str, Any]:
    answer = await http.post("/train", json=options)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def rows_of(model: dict[str, Any]) -> list[dict[str, Any]]:
    """Return rows of the training table."""
    names = [feature["name"] for feature in model["features"]]
    return [dict(zip(names, row, strict=True)) for row in model["examples"]]


@pytest.fixture
async def active(http: httpx.AsyncClient, services: Services, machines: Model) -> AsyncIterator[FittedModel]:
    """The active model."""
    await http.post(f"/models/{machines.version}/activate")
    fitted = await services.prediction.fitted()
    kept = dict(fitted.__dict__)
    yield fitted
    fitted.__dict__.clear()
    fitted.__dict__.update(kept)


@pytest.mark.parametrize("dataset", ["machines", "wine"])
@pytest.mark.parametrize("estimator", ["linear", "hist_gradient_boosting"])
async def test_concurrent_requests_have_the_responses_of_single_requests_and_of_a_file(
    http: httpx.AsyncClient, dataset: str, estimator: str
):
    model = await train(http, dataset=dataset, estimator=estimator)
    bodies = [{"records": [row]} for row in rows_of(model)] + [{"records": rows_of(model)}]
    lines = "".join(json.dumps(row) + "\n" for row in rows_of(model))
    file = await http.post(
        "/predict", content=lines, headers={"Content-Type": "application/x-ndjson", "Accept": "application/json"}
    )

    alone = [await http.post("/predict", json=body) for body in bodies]
    together = await asyncio.gather(*[http.post("/predict", json=body) for body in bodies])

    assert alone[-1].json() == closely(file.json())
    for ours, theirs in zip(together, alone, strict=True):
        assert ours.json() == closely(theirs.json())
        assert {name: ours.headers[name] for name in SAME} == {name: theirs.headers[name] for name in SAME}


SAME = ("content-type", "x-model-version", "x-warnings-total")


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
        {"params": {"version": "active"}},
    ],
    ids=str,
)
async def test_equivalent_requests_have_equal_responses(
    http: httpx.AsyncClient, active: FittedModel, changed: dict[str, Any]
):
    rows = [row_of(active.model)]
    expected = await http.post("/predict", json={"records": rows})

    records = await http.post("/predict", json={"records": rows}, **changed)
    columns = await http.post("/predict", json={"columns": {name: [rows[0][name]] for name in rows[0]}}, **changed)

    assert (expected.status_code, records.content, columns.content) == (200, expected.content, expected.content)


async def test_warnings_of_a_batch_belong_to_the_request_with_the_value(http: httpx.AsyncClient, active: FittedModel):
    good, far = row_of(active.model), row_of(active.model) | {"age": 100_000}

    answers = await asyncio.gather(*[http.post("/predict", json={"records": [row]}) for row in (good, far, good)])

    assert [len(answer.json()["warnings"]) for answer in answers] == [0, 1, 0]
    assert [answer.headers["x-warnings-total"] for answer in answers] == ["0", "1", "0"]


@pytest.mark.parametrize(("age", "status"), [(2.0**53, 200), (2**53, 422)])
async def test_integers_that_floats_may_round_are_rejected(
    http: httpx.AsyncClient, active: FittedModel, age: float, status: int
):
    answer = await http.post("/predict", json={"records": [row_of(active.model) | {"age": age}]})

    assert answer.status_code == status


async def test_slow_estimator_predicts_the_same_in_a_thread(http: httpx.AsyncClient, active: FittedModel):
    body = {"records": [row_of(active.model)]}
    expected = (await http.post("/predict", json=body)).content
    active.__dict__["is_fast"] = False

    answers = await asyncio.gather(*[http.post("/predict", json=body) for _ in range(3 * MAX_BATCH_ROWS)])

    assert {answer.content for answer in answers} == {expected}


@pytest.mark.parametrize("is_fast", [True, False])
async def test_estimator_error_fails_each_request_of_the_batch_only(
    http: httpx.AsyncClient, active: FittedModel, *, is_fast: bool
):
    body = {"records": [row_of(active.model)]}
    expected = (await http.post("/predict", json=body)).content
    compiled = active.compiled
    failures = iter(range(1))

    def failing(x: np.ndarray) -> np.ndarray:
        for _ in failures:
            raise ZeroDivisionError
        return compiled(x)

    active.__dict__.update(is_fast=is_fast, compiled=failing)

    answers = await asyncio.gather(*[http.post("/predict", json=body) for _ in range(3)])

    assert [problem_of(answer, 500)["status"] for answer in answers] == [500] * 3
    assert (await http.post("/predict", json=body)).content == expected


async def test_requests_and_rows_are_counted(http: httpx.AsyncClient, services: Services):
    model = await train(http, dataset="machines", estimator="linear")
    before = (await services.monitoring.traffic(Span.HOUR)).total

    for _ in range(3):
        assert (await http.post("/predict", json={"records": rows_of(model)[:2]})).status_code == 200

    after = (await services.monitoring.traffic(Span.HOUR)).total
    assert (after.requests - before.requests, after.rows - before.rows) == (3, 6)
    assert after.predictions == 6
    drift = await services.monitoring.drift(model["version"])
    assert drift.rows == 6
    assert all(sum(counts(column)) + column.production.missing == 6 for column in drift.features)


def counts(column: ColumnDrift) -> list[int]:
    return [*column.production.counts, column.production.others]


def sender(body: bytes, pieces: int) -> Callable[[], Any]:
    """Return a function that sends a body in pieces, and then disconnects."""
    size = -(-len(body) // pieces)
    messages: list[Message] = [
        {"type": "http.request", "body": body[size * index :][:size], "more_body": index < pieces - 1}
        for index in range(pieces)
    ]
    messages.append({"type": "http.disconnect"})
    remaining = iter(messages)

    async def receive() -> Message:
        return next(remaining)

    return receive


async def call(app: FastAPI, receive: Callable[[], Any]) -> list[Message]:
    """Call `/predict` as a server does, and return the response messages."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "raw_path": b"/predict",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("localhost", 1),
    }
    await app(scope, receive, send)
    return messages


@pytest.mark.parametrize("pieces", [1, 3])
async def test_body_in_pieces_is_predicted(app: FastAPI, active: FittedModel, pieces: int):
    plain = json.dumps({"records": [row_of(active.model)]}).encode()
    unusual = json.dumps({"records": [row_of(active.model) | {"age": 100_000}]}).encode()

    for body in (plain, unusual):
        answered = await call(app, sender(body, pieces))
        assert answered[0]["status"] == 200


async def test_long_body_is_predicted(app: FastAPI, active: FittedModel):
    body = json.dumps({"records": [row_of(active.model)] * 1_000}).encode()

    answered = await call(app, sender(body, 20))

    assert len(json.loads(b"".join(message.get("body", b"") for message in answered))["predictions"]) == 1_000


async def test_disconnect_within_the_body_has_no_response(app: FastAPI, http: httpx.AsyncClient, active: FittedModel):
    body = json.dumps({"records": [row_of(active.model)]}).encode()
    sent: list[Message] = [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return sent.pop(0)

    assert await call(app, receive) == []

    assert (await http.post("/predict", json={"records": [row_of(active.model)]})).status_code == 200


@pytest.mark.parametrize("is_fast", [True, False])
async def test_cancelled_request_does_not_affect_its_batch(services: Services, active: FittedModel, *, is_fast: bool):
    active.__dict__["is_fast"] = is_fast
    gone, stays = (asyncio.create_task(services.prediction.answer([row_of(active.model)])) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays
    with pytest.raises(asyncio.CancelledError):
        await gone


@pytest.mark.parametrize("pieces", [1, 3])
async def test_json_over_the_limit_is_rejected_with_the_alternatives(
    app: FastAPI, active: FittedModel, pieces: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mlapp.api.request_body.MAX_JSON_BYTES", 10_000)
    body = json.dumps({"records": [row_of(active.model)] * 200}).encode()

    answered = await call(app, sender(body, pieces))

    assert answered[0]["status"] == 413
    assert "CSV, NDJSON or Parquet" in json.loads(answered[1]["body"])["detail"]
