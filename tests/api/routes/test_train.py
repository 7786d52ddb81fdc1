"""POST /train."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from main import create_app
from mlapp.schemas import JobStatus, Model
from mlapp.services import Services
from mlapp.settings import Settings
from tests.api.conftest import CSV, MACHINES, NDJSON, PARQUET, problem_of, unread
from tests.services.conftest import eventually
from tests.services.disk import full_disk
from tests.services.misbehaving import misbehaving

pytestmark = pytest.mark.slow

OPTIONS = {"target": "days", "estimator": "linear"}


def parquet() -> bytes:
    buffer = io.BytesIO()
    MACHINES.write_parquet(buffer)
    return buffer.getvalue()


def in_a_form(data: bytes, name: str = "machines.csv", **options: Any) -> dict[str, Any]:
    return {"files": {"file": (name, data)}, "data": OPTIONS | options}


def as_body(data: bytes | str, kind: str) -> dict[str, Any]:
    return {"content": data, "headers": {"Content-Type": kind}, "params": OPTIONS}


BODIES: dict[str, dict[str, Any]] = {
    "csv": as_body(MACHINES.write_csv(), CSV),
    "csv with BOM and semicolons": as_body("\ufeff" + MACHINES.write_csv(separator=";"), f"{CSV}; charset=utf-8"),
    "parquet": as_body(parquet(), PARQUET),
    "ndjson": as_body(MACHINES.write_ndjson(), NDJSON),
    "columns": {"json": {"columns": MACHINES.to_dict(as_series=False)} | OPTIONS},
    "csv in a form": in_a_form(MACHINES.write_csv().encode()),
    "parquet in a form": in_a_form(parquet(), "machines.parquet"),
}


async def test_train_returns_the_model_and_its_location(http: httpx.AsyncClient):
    answer = await http.post("/train", json={"dataset": "wine", "estimator": "linear", "note": "first", "seed": 3})

    model = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/models/{model['version']}")
    assert model == (await http.get("/models/active")).json()
    assert (model["target"], model["task"], model["rows"]) == ("cultivar", "classification", 178)
    assert (model["note"], model["seed"], model["usable"]) == ("first", 3, True)


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ({"json": {"dataset": "wine", "estimator": "linear"}}, {"dataset": "wine", "simulated": False}),
        (in_a_form(MACHINES.write_csv().encode(), "Q3 sales\u202e.csv"), {"file": "Q3 sales�.csv"}),
        (in_a_form(MACHINES.write_csv().encode(), "x" * 300 + ".csv"), {"file": "x" * 200 + "…"}),
        (BODIES["csv"], None),
        (BODIES["columns"], None),
    ],
)
async def test_model_has_the_source_of_its_table(
    http: httpx.AsyncClient, body: dict[str, Any], source: dict[str, Any] | None
):
    model = (await http.post("/train", **body)).json()

    listed = (await http.get("/models")).json()["models"][0]
    assert (model["source"], listed["source"]) == (source, source)


@pytest.mark.parametrize("body", BODIES)
async def test_same_table_gives_the_same_model_in_every_format(http: httpx.AsyncClient, machines: Model, body: str):
    rows = {"columns": MACHINES.drop("days").to_dict(as_series=False)}

    answer = await http.post("/train", **BODIES[body])

    model = answer.json()
    assert answer.status_code == 201, model
    assert (model["data_sha256"], model["model_sha256"]) == (machines.data_sha256, machines.model_sha256)
    assert model["features"] == machines.model_dump(mode="json")["features"]
    first, second = [
        (await http.post("/predict", params={"version": version}, json=rows)).json()["predictions"]
        for version in (model["version"], machines.version)
    ]
    assert first == second


async def test_lists_are_repeated_in_forms_and_query_strings(http: httpx.AsyncClient):
    csv = MACHINES.write_csv().encode()

    form = await http.post("/train", **in_a_form(csv, features=["age", "type"]))
    query = await http.post(
        "/train", content=csv, headers={"Content-Type": CSV}, params=OPTIONS | {"features": ["age"]}
    )

    assert [feature["name"] for feature in form.json()["features"]] == ["age", "type"]
    assert [feature["name"] for feature in query.json()["features"]] == ["age"]


async def test_train_without_activation_leaves_the_active_model(http: httpx.AsyncClient, classification: Model):
    await http.post(f"/models/{classification.version}/activate")

    model = (await http.post("/train", json={"dataset": "wine", "estimator": "linear", "activate": False})).json()

    assert not model["active"]
    assert (await http.get("/models/active")).json()["version"] == classification.version


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
        (422, "[]", "object"),
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


async def test_train_gets_429_when_the_queue_is_full(tmp_path: Path):
    app = create_app(Settings(_env_file=None, store=tmp_path, demo=False), pages=False)
    services: Services = app.state.services
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http,
    ):
        for _ in range(9):
            await services.training.submit(misbehaving("endless"))

        answer = await http.post("/train", content=unread(), headers={"Content-Type": CSV})

    assert "8 trainings" in problem_of(answer, 429)["detail"]
    assert answer.headers["retry-after"] == "30"


async def test_train_on_a_full_disk_is_unavailable(http: httpx.AsyncClient):
    with full_disk():
        answer = await http.post("/train", json={"dataset": "wine", "estimator": "linear"})

    assert "File too large" in problem_of(answer, 503)["detail"]
    assert answer.headers["retry-after"] == "5"


async def test_training_continues_after_a_disconnect(services: Services, http: httpx.AsyncClient):
    client = asyncio.create_task(http.post("/train", json={"dataset": "wine", "estimator": "linear"}))
    await eventually(lambda: services.training.processes.pids)
    (running,) = [job for job in await services.jobs.jobs() if not job.finished_at]

    client.cancel()

    *_, job = [now async for now in services.jobs.follow(running.id)]
    assert (await http.get(f"/models/{job.version}")).status_code == 200


PREFERENCES = ["respond-async", "respond-async; wait=5", "wait=1, RESPOND-ASYNC", 'handling="lenient",respond-async']


@pytest.mark.parametrize("preference", PREFERENCES)
async def test_train_with_respond_async_returns_the_job(http: httpx.AsyncClient, services: Services, preference: str):
    body = {"dataset": "wine", "estimator": "linear"}

    answer = await http.post("/train", json=body, headers={"Prefer": preference})

    job = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/jobs/{job['id']}")
    assert answer.headers["preference-applied"] == "respond-async"
    assert job["status"] in {"queued", "running"}
    *_, last = [now async for now in services.jobs.follow(job["id"])]
    assert (await http.get(answer.headers["location"])).json() == last.model_dump(mode="json")
    assert last.version


@pytest.mark.parametrize("preference", ["wait=5", "respond", "x=respond-async", ""])
async def test_train_waits_without_respond_async(http: httpx.AsyncClient, preference: str):
    answer = await http.post("/train", json={"dataset": "wine", "estimator": "linear"}, headers={"Prefer": preference})

    assert answer.status_code == 201
    assert "preference-applied" not in answer.headers


async def test_train_with_respond_async_reports_errors_in_the_job(http: httpx.AsyncClient, services: Services):
    answer = await http.post("/train", json={"dataset": "wine", "target": "grape"}, headers={"Prefer": "respond-async"})

    assert answer.status_code == 202
    *_, job = [now async for now in services.jobs.follow(answer.json()["id"])]
    assert job.status is JobStatus.FAILED
    assert "'grape'" in (job.error or "")


async def test_job_names_the_uploaded_file(http: httpx.AsyncClient, services: Services):
    form = in_a_form(MACHINES.write_csv().encode(), "Pump data (1).csv")

    answer = await http.post("/train", **form, headers={"Prefer": "respond-async"})

    assert answer.json()["table"] == "Pump data (1).csv"
    *_, job = [now async for now in services.jobs.follow(answer.json()["id"])]
    assert job.table == "Pump data (1).csv, 40 rows × 6 columns"


async def test_cancelled_train_request_is_a_conflict(http: httpx.AsyncClient, services: Services):
    slow = {"dataset": "machines", "estimator": "random_forest"}
    waiting = asyncio.create_task(http.post("/train", json=slow))
    await eventually(lambda: services.training.processes.pids)
    (running,) = [job for job in await services.jobs.jobs() if not job.finished_at]

    await services.jobs.cancel(running.id)

    assert "cancelled" in problem_of(await waiting, 409)["detail"]
