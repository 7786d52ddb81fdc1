"""The quick way through POST /predict: what it answers is what the route would have answered."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from mlapp.schemas import ColumnDrift, Model, Span
from mlapp.services import Services
from mlapp.services.prediction.batching import MOST_ROWS
from tests.api.conftest import row_of


async def train(http: httpx.AsyncClient, **options: Any) -> dict[str, Any]:
    answer = await http.post("/train", json=options)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def rows_of(model: dict[str, Any]) -> list[dict[str, Any]]:
    """Real rows of the training table, without those that have gaps where there is something to say about one."""
    names = [feature["name"] for feature in model["features"]]
    return [dict(zip(names, row, strict=True)) for row in model["examples"]]


def slow_of(answer: httpx.Response) -> bool:
    """Whether an answer came by the route: those are streamed."""
    return "content-length" not in answer.headers


@pytest.mark.parametrize("dataset", ["machines", "wine"])
@pytest.mark.parametrize("estimator", ["linear", "hist_gradient_boosting"])
async def test_answers_are_those_of_the_route_alone_and_in_company(
    http: httpx.AsyncClient, dataset: str, estimator: str
):
    model = await train(http, dataset=dataset, estimator=estimator)
    bodies = [{"records": [row]} for row in rows_of(model)] + [{"records": rows_of(model)}]
    # Asking for a version by its number is what the route does.
    expected = [await http.post(f"/predict?version={model['version']}", json=body) for body in bodies]

    alone = [await http.post("/predict", json=body) for body in bodies]
    together = await asyncio.gather(*[http.post("/predict", json=body) for body in bodies])

    assert all(slow_of(answer) for answer in expected)
    assert not any(slow_of(answer) for answer in [*alone, *together])
    for ours, theirs in [*zip(alone, expected, strict=True), *zip(together, expected, strict=True)]:
        assert closely(ours.json()) == closely(theirs.json())
        assert {name: ours.headers[name] for name in SAME} == {name: theirs.headers[name] for name in SAME}


SAME = ("content-type", "x-model-version", "x-warnings-total")


def closely(found: Any) -> Any:
    """Return a JSON value whose numbers are equal to those within 1e-12 of them."""
    if isinstance(found, dict):
        return {name: closely(value) for name, value in found.items()}
    if isinstance(found, list):
        return [closely(value) for value in found]
    return pytest.approx(found, rel=1e-12, abs=0) if isinstance(found, float) else found


async def test_a_row_that_there_is_something_to_say_about_goes_the_other_way_alone(
    http: httpx.AsyncClient, machines: Model
):
    await http.post(f"/models/{machines.version}/activate")
    good, far = row_of(machines), row_of(machines) | {"age": 100_000}

    answers = await asyncio.gather(*[http.post("/predict", json={"records": [row]}) for row in (good, far, good)])

    assert [slow_of(answer) for answer in answers] == [False, True, False]
    assert [len(answer.json()["warnings"]) for answer in answers] == [0, 1, 0]


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": {"Prefer": "handling=strict"}},
        {"headers": {"Accept": "text/csv"}},
        {"headers": {"Content-Type": "application/json; charset=utf-8"}},
        {"params": {"version": "active"}},
    ],
    ids=str,
)
async def test_what_asks_for_something_else_goes_by_the_route(
    http: httpx.AsyncClient, machines: Model, changed: dict[str, Any]
):
    await http.post(f"/models/{machines.version}/activate")

    answer = await http.post("/predict", json={"records": [row_of(machines)]}, **changed)

    assert answer.status_code == 200
    assert slow_of(answer)


async def test_a_slow_estimator_is_asked_beside_the_loop_and_answers_the_same(
    http: httpx.AsyncClient, services: Services, machines: Model, monkeypatch: pytest.MonkeyPatch
):
    await http.post(f"/models/{machines.version}/activate")
    body = {"records": [row_of(machines)]}
    expected = (await http.post("/predict", json=body)).content
    monkeypatch.setattr(services.prediction._lane, "quick", False)

    answers = await asyncio.gather(*[http.post("/predict", json=body) for _ in range(3 * MOST_ROWS)])

    assert {answer.content for answer in answers} == {expected}
    assert not any(slow_of(answer) for answer in answers)


async def test_an_estimator_that_fails_in_company_is_asked_by_each_alone(
    http: httpx.AsyncClient, services: Services, machines: Model, monkeypatch: pytest.MonkeyPatch
):
    await http.post(f"/models/{machines.version}/activate")
    monkeypatch.setattr(services.prediction._lane, "_write", lambda _: 1 / 0)

    answers = await asyncio.gather(*[http.post("/predict", json={"records": [row_of(machines)]}) for _ in range(3)])

    assert [(answer.status_code, slow_of(answer)) for answer in answers] == [(200, True)] * 3


async def test_quick_answers_are_counted(http: httpx.AsyncClient, services: Services):
    model = await train(http, dataset="machines", estimator="linear")
    before = (await services.monitoring.traffic(Span.HOUR)).total

    for _ in range(3):
        assert not slow_of(await http.post("/predict", json={"records": rows_of(model)[:2]}))

    after = (await services.monitoring.traffic(Span.HOUR)).total
    assert (after.requests - before.requests, after.rows - before.rows) == (3, 6)
    assert after.predictions == 6
    drift = await services.monitoring.drift(model["version"])
    assert drift.rows == 6
    assert all(sum(lies(column)) + column.served.missing == 6 for column in drift.features)


def lies(column: ColumnDrift) -> list[int]:
    return [*column.served.counts, column.served.others]


def sent(body: bytes, pieces: int) -> Callable[[], Any]:
    """Return what gives a body in pieces, and says then that nobody is there any more."""
    size = -(-len(body) // pieces)
    messages: list[Message] = [
        {"type": "http.request", "body": body[size * place :][:size], "more_body": place < pieces - 1}
        for place in range(pieces)
    ]
    messages.append({"type": "http.disconnect"})
    left = iter(messages)

    async def receive() -> Message:
        return next(left)

    return receive


async def asked(app: FastAPI, receive: Callable[[], Any]) -> list[Message]:
    """Ask `/predict` as a server would, and return what is answered."""
    answered: list[Message] = []

    async def send(message: Message) -> None:
        answered.append(message)

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
    return answered


@pytest.mark.parametrize("pieces", [1, 3])
async def test_a_body_may_come_in_pieces(app: FastAPI, http: httpx.AsyncClient, machines: Model, pieces: int):
    await http.post(f"/models/{machines.version}/activate")
    plain = json.dumps({"records": [row_of(machines)]}).encode()
    unusual = json.dumps({"records": [row_of(machines) | {"age": 100_000}]}).encode()

    for body in (plain, unusual):
        answered = await asked(app, sent(body, pieces))
        assert answered[0]["status"] == 200


async def test_a_long_body_goes_by_the_route_from_its_beginning(app: FastAPI, http: httpx.AsyncClient, machines: Model):
    await http.post(f"/models/{machines.version}/activate")
    body = json.dumps({"records": [row_of(machines)] * 1_000}).encode()

    answered = await asked(app, sent(body, 20))

    assert len(json.loads(b"".join(message.get("body", b"") for message in answered))["predictions"]) == 1_000


async def test_a_body_that_breaks_off_spoils_nothing(app: FastAPI, http: httpx.AsyncClient, machines: Model):
    await http.post(f"/models/{machines.version}/activate")
    body = json.dumps({"records": [row_of(machines)]}).encode()
    sent: list[Message] = [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return sent.pop(0)

    assert await asked(app, receive) == []

    assert (await http.post("/predict", json={"records": [row_of(machines)]})).status_code == 200


async def test_whoever_goes_before_the_answer_does_not_hold_up_others(
    services: Services, http: httpx.AsyncClient, machines: Model
):
    await http.post(f"/models/{machines.version}/activate")
    body = json.dumps({"records": [row_of(machines)]}).encode()
    gone, stays = (asyncio.create_task(services.prediction.quick(body)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_without_a_model_the_route_says_so(http: httpx.AsyncClient, services: Services, machines: Model):
    body = {"records": [row_of(machines)]}
    lane, services.prediction._lane = services.prediction._lane, None
    try:
        answer = await http.post("/predict", json=body)
    finally:
        services.prediction._lane = lane

    assert slow_of(answer)
