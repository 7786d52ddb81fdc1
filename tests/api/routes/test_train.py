"""POST /train."""

import asyncio
import io
from typing import Any

import httpx
import pytest

from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.api.conftest import CSV, MACHINES, NDJSON, PARQUET, make_default, path_of
from tests.services.conftest import eventually

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
async def test_same_table_gives_the_same_model_in_every_format(
    http: httpx.AsyncClient, machines: VersionInfo, body: str
):
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


async def test_train_without_activation_leaves_the_active_model(http: httpx.AsyncClient, classification: VersionInfo):
    await make_default(http, classification)

    model = (await http.post("/train", json={"dataset": "wine", "estimator": "linear", "activate": False})).json()

    assert not model["active"]
    assert (await http.get("/models/active")).json()["version"] == classification.version


async def test_training_continues_after_a_disconnect(services: Services, http: httpx.AsyncClient):
    client = asyncio.create_task(http.post("/train", json={"dataset": "wine", "estimator": "linear"}))
    await eventually(lambda: services.training.processes.pids)
    (running,) = [job for job in await services.jobs.jobs() if not job.finished_at]

    client.cancel()

    *_, job = [now async for now in services.jobs.follow(running.id)]
    assert (await http.get(path_of(job))).status_code == 200


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


async def test_job_names_the_uploaded_file(http: httpx.AsyncClient, services: Services):
    form = in_a_form(MACHINES.write_csv().encode(), "Pump data (1).csv")

    answer = await http.post("/train", **form, headers={"Prefer": "respond-async"})

    assert answer.json()["table"] == "Pump data (1).csv"
    *_, job = [now async for now in services.jobs.follow(answer.json()["id"])]
    assert job.table == "Pump data (1).csv, 40 rows × 6 columns"
