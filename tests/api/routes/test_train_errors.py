"""Errors of POST /train and /models/{model}/train."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from main import create_app
from mlapp.schemas import JobStatus
from mlapp.services import Services
from mlapp.settings import Settings
from tests.api.conftest import CSV, problem_of, unread
from tests.services.conftest import eventually
from tests.services.disk import full_disk
from tests.services.misbehaving import misbehaving

pytestmark = pytest.mark.slow


def records(count: int, **columns: Any) -> dict[str, Any]:
    return {"records": [{"x": row} | {name: of(row) for name, of in columns.items()} for row in range(count)]}


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (422, records(30, y=lambda row: row * 2), "option 'target'"),
        (422, records(30) | {"target": "y"}, "no column 'y'"),
        (422, records(9, y=float) | {"target": "y"}, "9 rows"),
        (422, records(10, y=lambda _: 1) | {"target": "y"}, "one value"),
        (422, records(10, y=lambda _: None) | {"target": "y"}, "missing in every row"),
        (422, records(10, y=lambda row: f"c{row}") | {"target": "y"}, "two classes"),
        (422, records(1_001, y=lambda row: f"c{row}") | {"target": "y"}, "1,001 classes"),
        (422, {"dataset": "wine", "estimator": "deep"}, "'deep'"),
        (422, {"dataset": "wine", "features": ["beer"]}, "'beer'"),
        (422, {"dataset": "wine", "colour": "red"}, "'colour'"),
        (422, {"dataset": "wine", "coverage": 2}, "option 'coverage': Input should be"),
        (422, {"dataset": "wine", "records": []}, "exactly one of"),
        (422, {"dataset": None}, "GET /datasets"),
        (404, {"dataset": "beer"}, "'beer'"),
        (400, "{", "JSON"),
        (422, "7", "object"),
    ],
)
async def test_train_rejects_invalid_requests(http: httpx.AsyncClient, status: int, body: Any, text: str):
    before = (await http.get("/models")).json()

    answer = await http.post(
        "/train",
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"Content-Type": "application/json"},
    )

    assert text in problem_of(answer, status)["detail"]
    assert (await http.get("/models")).json() == before


@pytest.mark.parametrize(
    ("request_", "option"),
    [
        ({"params": [("seed", "1"), ("seed", "2")]}, "seed"),
        ({"params": {"colour": "red"}}, "colour"),
        ({"params": {"seed": "1"}, "files": {"file": ("t.csv", b"x")}, "data": {"seed": "2"}}, "seed"),
        ({"params": {"seed": "1"}, "json": {"dataset": "wine", "seed": 2}}, "seed"),
        ({"files": {"file": ("t.csv", b"x")}, "data": {"seed": ["1", "2"]}}, "seed"),
        ({"params": {"model": "a"}, "json": {"dataset": "wine", "model": "b"}}, "model"),
        ({"files": {"table": ("t.csv", b"x")}}, "file"),
        ({"files": {"file": (None, b"x")}}, "file"),
    ],
)
async def test_train_rejects_unknown_repeated_and_missing_options(
    http: httpx.AsyncClient, request_: dict[str, Any], option: str
):
    csv: dict[str, Any] = {"content": b"x\n1\n", "headers": {"Content-Type": CSV}}
    plain = {} if {"files", "json"} & request_.keys() else csv

    answer = await http.post("/train", **plain, **request_)

    assert f"'{option}'" in problem_of(answer, 422)["detail"]


@pytest.mark.parametrize(
    "request_",
    [
        {"params": {"model": "other"}, "content": b"x\n1\n", "headers": {"Content-Type": CSV}},
        {"files": {"file": ("t.csv", b"x\n1\n")}, "data": {"model": "other"}},
        {"json": {"dataset": "wine", "model": "other"}},
    ],
)
async def test_other_model_than_in_the_path_is_rejected(http: httpx.AsyncClient, request_: dict[str, Any]):
    before = (await http.get("/models")).json()

    answer = await http.post("/models/grapes/train", **request_)

    assert "'model'" in problem_of(answer, 422)["detail"]
    assert (await http.get("/models")).json() == before


@pytest.mark.parametrize("name", ["Grapes", "gr%C3%A4pes", "-grapes", "a.b", "a%20b", "%2e%2e", "x" * 64])
async def test_invalid_name_of_a_model_is_rejected(http: httpx.AsyncClient, name: str):
    path = await http.post(f"/models/{name}/train", content=unread(), headers={"Content-Type": CSV})
    option = await http.post("/train", json={"dataset": "wine", "model": unquote(name)})

    for answer in (path, option):
        problem = problem_of(answer, 422)
        assert "option 'model': names of models have up to 63 lower-case letters" in problem["detail"]
        assert problem["errors"][0]["pointer"] == "/model"


async def test_train_gets_429_when_the_queue_is_full(tmp_path: Path):
    app = create_app(Settings(_env_file=None, store=tmp_path, demo=False), pages=False)
    services: Services = app.state.services
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http,
    ):
        for _ in range(9):
            await services.training.submit(misbehaving("endless"))

        answers = [
            await http.post(path, content=unread(), headers={"Content-Type": CSV})
            for path in ("/train", "/models/grapes/train")
        ]

    for answer in answers:
        assert "8 trainings" in problem_of(answer, 429)["detail"]
        assert answer.headers["retry-after"] == "30"


async def test_train_on_a_full_disk_is_unavailable(http: httpx.AsyncClient):
    with full_disk():
        answer = await http.post("/train", json={"dataset": "wine", "estimator": "linear"})

    assert "File too large" in problem_of(answer, 503)["detail"]
    assert answer.headers["retry-after"] == "5"


async def test_train_with_respond_async_reports_errors_in_the_job(http: httpx.AsyncClient, services: Services):
    answer = await http.post("/train", json={"dataset": "wine", "target": "grape"}, headers={"Prefer": "respond-async"})

    assert answer.status_code == 202
    *_, job = [now async for now in services.jobs.follow(answer.json()["id"])]
    assert job.status is JobStatus.FAILED
    assert "'grape'" in (job.error or "")


async def test_cancelled_train_request_is_a_conflict(http: httpx.AsyncClient, services: Services):
    slow = {"dataset": "machines", "estimator": "random_forest"}
    waiting = asyncio.create_task(http.post("/train", json=slow))
    await eventually(lambda: services.training.processes.pids)
    (running,) = [job for job in await services.jobs.jobs() if not job.finished_at]

    await services.jobs.cancel(running.id)

    assert "cancelled" in problem_of(await waiting, 409)["detail"]
