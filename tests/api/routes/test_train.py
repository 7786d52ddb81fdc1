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


DOORS: dict[str, dict[str, Any]] = {
    "csv": as_body(MACHINES.write_csv(), CSV),
    "csv with BOM and semicolons": as_body("\ufeff" + MACHINES.write_csv(separator=";"), f"{CSV}; charset=utf-8"),
    "parquet": as_body(parquet(), PARQUET),
    "ndjson": as_body(MACHINES.write_ndjson(), NDJSON),
    "columns": {"json": {"columns": MACHINES.to_dict(as_series=False)} | OPTIONS},
    "csv in a form": in_a_form(MACHINES.write_csv().encode()),
    "parquet in a form": in_a_form(parquet(), "machines.parquet"),
}


async def test_train_answers_with_the_model_and_its_place(http: httpx.AsyncClient):
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
        (DOORS["csv"], None),
        (DOORS["columns"], None),
    ],
)
async def test_model_tells_where_its_table_came_from(
    http: httpx.AsyncClient, body: dict[str, Any], source: dict[str, Any] | None
):
    model = (await http.post("/train", **body)).json()

    listed = (await http.get("/models")).json()["models"][0]
    assert (model["source"], listed["source"]) == (source, source)


@pytest.mark.parametrize("door", DOORS)
async def test_same_table_gives_the_same_model_through_every_door(http: httpx.AsyncClient, machines: Model, door: str):
    rows = {"columns": MACHINES.drop("days").to_dict(as_series=False)}

    answer = await http.post("/train", **DOORS[door])

    model = answer.json()
    assert answer.status_code == 201, model
    assert (model["data_sha256"], model["model_sha256"]) == (machines.data_sha256, machines.model_sha256)
    assert model["features"] == machines.model_dump(mode="json")["features"]
    mine, theirs = [
        (await http.post("/predict", params={"version": version}, json=rows)).json()["predictions"]
        for version in (model["version"], machines.version)
    ]
    assert mine == theirs


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
    ("status", "body", "sentence"),
    [
        (422, records(30, y=lambda row: row * 2), "Say which column to predict: send the option 'target'."),
        (422, records(30) | {"target": "y"}, "There is no column 'y' in the table; there are 'x'."),
        (422, records(9, y=float) | {"target": "y"}, "Only 9 rows have a target; at least 10 are needed."),
        (422, records(10, y=lambda _: 1) | {"target": "y"}, "The target 'y' has only one value"),
        (422, records(10, y=lambda _: None) | {"target": "y"}, "The target 'y' is missing in every row."),
        (422, records(10, y=lambda row: f"c{row}") | {"target": "y"}, "At least two classes of the target 'y' need"),
        (422, records(1_001, y=lambda row: f"c{row}") | {"target": "y"}, "The target 'y' has 1,001 classes"),
        (422, {"dataset": "wine", "estimator": "deep"}, "There is no estimator 'deep' for classification"),
        (
            422,
            {"dataset": "wine", "features": ["beer"]},
            "'beer' in 'features' is not a column",
        ),
        (422, {"dataset": "wine", "colour": "red"}, "There is no option 'colour'"),
        (422, {"dataset": "wine", "coverage": 2}, "Invalid option 'coverage': Input should be"),
        (422, {"dataset": "wine", "records": []}, "Send exactly one of 'records', 'columns' and 'dataset'."),
        (422, {"dataset": None}, "'dataset' is the name of a bundled table; GET /datasets lists them."),
        (404, {"dataset": "beer"}, "There is no bundled table 'beer'"),
        (400, "{", "The body is not JSON"),
        (422, "[]", "The body is an object with 'records' or 'columns', or 'dataset'"),
    ],
)
async def test_train_says_what_will_not_do(http: httpx.AsyncClient, status: int, body: Any, sentence: str):
    before = (await http.get("/models")).json()

    answer = await http.post(
        "/train",
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"Content-Type": "application/json"},
    )

    assert problem_of(answer, status)["detail"].startswith(sentence)
    assert (await http.get("/models")).json() == before


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"params": [("seed", "1"), ("seed", "2")]}, "The option 'seed' stands twice; send it once."),
        ({"params": {"colour": "red"}}, "There is no option 'colour'"),
        (
            {"params": {"seed": "1"}, "files": {"file": ("t.csv", b"x")}, "data": {"seed": "2"}},
            "The option 'seed' is given in the query string and in the body, with different values; send it once.",
        ),
        (
            {"params": {"seed": "1"}, "json": {"dataset": "wine", "seed": 2}},
            "The option 'seed' is given in the query string and in the body, with different values; send it once.",
        ),
        ({"files": {"file": ("t.csv", b"x")}, "data": {"seed": ["1", "2"]}}, "The option 'seed' stands twice"),
        ({"files": {"table": ("t.csv", b"x")}}, "The form has no part 'file' with a file in it"),
        ({"files": {"file": (None, b"x")}}, "The form has no part 'file' with a file in it"),
    ],
)
async def test_train_takes_every_option_once(http: httpx.AsyncClient, request_: dict[str, Any], sentence: str):
    csv: dict[str, Any] = {"content": b"x\n1\n", "headers": {"Content-Type": CSV}}
    plain = {} if {"files", "json"} & request_.keys() else csv

    answer = await http.post("/train", **plain, **request_)

    assert problem_of(answer, 422)["detail"].startswith(sentence)


async def test_train_is_told_when_to_come_back_when_eight_wait(tmp_path: Path):
    app = create_app(Settings(_env_file=None, store=tmp_path, demo=False), pages=False)
    services: Services = app.state.services
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http,
    ):
        for _ in range(9):
            await services.training.submit(misbehaving("endless"))

        answer = await http.post("/train", content=unread(), headers={"Content-Type": CSV})

    assert problem_of(answer, 429)["detail"].startswith("8 trainings")
    assert answer.headers["retry-after"] == "30"


async def test_train_on_a_full_disk_says_so(http: httpx.AsyncClient):
    with full_disk():
        answer = await http.post("/train", json={"dataset": "wine", "estimator": "linear"})

    assert problem_of(answer, 503)["detail"].startswith("Nothing could be saved (File too large)")
    assert answer.headers["retry-after"] == "5"


async def test_training_goes_on_when_the_client_goes_away(services: Services, http: httpx.AsyncClient):
    client = asyncio.create_task(http.post("/train", json={"dataset": "wine", "estimator": "linear"}))
    await eventually(lambda: services.training.processes.pids)
    (running,) = [job for job in await services.jobs.jobs() if not job.finished_at]

    client.cancel()

    *_, job = [now async for now in services.jobs.follow(running.id)]
    assert (await http.get(f"/models/{job.version}")).status_code == 200


PREFERENCES = ["respond-async", "respond-async; wait=5", "wait=1, RESPOND-ASYNC", 'handling="lenient",respond-async']


@pytest.mark.parametrize("preference", PREFERENCES)
async def test_train_that_shall_not_wait_answers_with_the_job(
    http: httpx.AsyncClient, services: Services, preference: str
):
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
async def test_train_waits_when_nothing_else_is_preferred(http: httpx.AsyncClient, preference: str):
    answer = await http.post("/train", json={"dataset": "wine", "estimator": "linear"}, headers={"Prefer": preference})

    assert answer.status_code == 201
    assert "preference-applied" not in answer.headers


async def test_train_that_shall_not_wait_says_what_will_not_do_in_its_job(http: httpx.AsyncClient, services: Services):
    answer = await http.post("/train", json={"dataset": "wine", "target": "grape"}, headers={"Prefer": "respond-async"})

    assert answer.status_code == 202
    *_, job = [now async for now in services.jobs.follow(answer.json()["id"])]
    assert (job.status, (job.error or "")[:27]) == (JobStatus.FAILED, "There is no column 'grape' ")


async def test_job_is_about_the_file_in_the_form(http: httpx.AsyncClient, services: Services):
    form = in_a_form(MACHINES.write_csv().encode(), "Pump data (1).csv")

    answer = await http.post("/train", **form, headers={"Prefer": "respond-async"})

    assert answer.json()["table"] == "Pump data (1).csv"
    *_, job = [now async for now in services.jobs.follow(answer.json()["id"])]
    assert job.table == "Pump data (1).csv, 40 rows × 6 columns"


async def test_train_that_is_cancelled_answers_with_a_conflict(http: httpx.AsyncClient, services: Services):
    slow = {"dataset": "machines", "estimator": "random_forest"}
    waiting = asyncio.create_task(http.post("/train", json=slow))
    await eventually(lambda: services.training.processes.pids)
    (running,) = [job for job in await services.jobs.jobs() if not job.finished_at]

    await services.jobs.cancel(running.id)

    assert problem_of(await waiting, 409)["detail"] == "The training was cancelled."
