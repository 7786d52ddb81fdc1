"""POST /train and /models/{model}/train."""

import asyncio
import io
from typing import Any

import httpx
import pytest

from mlapp.schemas import JobStatus, VersionInfo
from mlapp.services import Services
from tests.api.conftest import CSV, MACHINES, NDJSON, PARQUET, make_default
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


CSV_BODY: dict[str, Any] = {"content": MACHINES.write_csv(), "headers": {"Content-Type": CSV}}
BODIES: dict[str, dict[str, Any]] = {
    "csv": as_body(MACHINES.write_csv(), CSV),
    "csv with BOM and semicolons": as_body("\ufeff" + MACHINES.write_csv(separator=";"), f"{CSV}; charset=utf-8"),
    "parquet": as_body(parquet(), PARQUET),
    "ndjson": as_body(MACHINES.write_ndjson(), NDJSON),
    "columns": {"json": {"columns": MACHINES.to_dict(as_series=False)} | OPTIONS},
    "csv in a form": in_a_form(MACHINES.write_csv().encode()),
    "parquet in a form": in_a_form(parquet(), "machines.parquet"),
}


async def test_train_returns_the_version_and_its_location(http: httpx.AsyncClient):
    answer = await http.post("/train", json={"dataset": "wine", "estimator": "linear", "note": "first", "seed": 3})

    info = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/models/wine/versions/{info['version']}")
    assert info == (await http.get(answer.headers["location"])).json()
    assert info == (await http.get("/models/wine")).json()["active_version"]
    assert (info["target"], info["task"], info["rows"]) == ("cultivar", "classification", 178)
    assert (info["note"], info["seed"], info["usable"], info["breaking"]) == ("first", 3, True, [])


@pytest.mark.parametrize(
    ("path", "request_", "model"),
    [
        ("/train", {"json": {"dataset": "wine"}}, "wine"),
        ("/train", {"json": {"dataset": "wine", "model": "grapes"}}, "grapes"),
        ("/train?model=grapes", {"json": {"dataset": "wine"}}, "grapes"),
        ("/train", {"files": {"file": ("Q3 pumps.csv", MACHINES.write_csv())}, "data": {"target": "days"}}, "q3-pumps"),
        ("/train", {"content": MACHINES.write_csv(), "params": {"target": "days"}}, "days"),
        ("/models/grapes/train", {"json": {"dataset": "wine"}}, "grapes"),
        ("/models/grapes/train", {"json": {"dataset": "wine", "model": "grapes"}}, "grapes"),
        (
            "/models/pumps/train?model=pumps",
            {"files": {"file": ("a.csv", MACHINES.write_csv())}, "data": {"target": "days", "model": "pumps"}},
            "pumps",
        ),
    ],
)
async def test_model_is_named_by_path_option_or_table(
    http: httpx.AsyncClient, path: str, request_: dict[str, Any], model: str
):
    if "json" in request_:
        request_ = {"json": request_["json"] | {"estimator": "linear"}}
    else:
        path += ("&" if "?" in path else "?") + "estimator=linear"

    answer = await http.post(path, **request_)

    assert (answer.status_code, answer.json()["model"]) == (201, model), answer.text
    assert answer.headers["location"] == f"/models/{model}/versions/{answer.json()['version']}"
    assert (await http.get(f"/models/{model}")).json()["active"] == answer.json()["version"]


async def test_training_does_not_change_the_default_model(http: httpx.AsyncClient, classification: VersionInfo):
    await make_default(http, classification)

    other = (await http.post("/models/grapes/train", json={"dataset": "wine", "estimator": "linear"})).json()

    assert (other["active"], other["default"], other["predict_path"]) == (True, False, "/models/grapes/predict")
    assert (await http.get("/models")).json()["default"] == "wine"


async def test_version_that_would_break_callers_is_stored_and_not_activated(http: httpx.AsyncClient):
    first = (await http.post("/models/pumps/train", params=OPTIONS | {"features": ["age"]}, **CSV_BODY)).json()

    broken = (await http.post("/models/pumps/train", params=OPTIONS | {"features": ["type"]}, **CSV_BODY)).json()

    assert broken["active"] is False
    assert broken["breaking"] == [f"needs 'type', which version {first['version']} does not"]
    assert (await http.get("/models/pumps")).json()["active"] == first["version"]
    always = await http.post(
        "/models/pumps/train", params=OPTIONS | {"features": ["type"], "activate": "always"}, **CSV_BODY
    )
    assert always.json()["active"] is True
    await http.delete("/models/pumps")


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
async def test_version_has_the_source_of_its_table(
    http: httpx.AsyncClient, body: dict[str, Any], source: dict[str, Any] | None
):
    info = (await http.post("/models/grapes/train", **body)).json()

    listed = (await http.get("/models/grapes/versions")).json()["versions"][0]
    assert (info["source"], listed["source"]) == (source, source)


@pytest.mark.parametrize("body", BODIES)
async def test_same_table_gives_the_same_version_in_every_format(
    http: httpx.AsyncClient, machines: VersionInfo, body: str
):
    rows = {"columns": MACHINES.drop("days").to_dict(as_series=False)}

    answer = await http.post("/models/machines/train", **BODIES[body])

    info = answer.json()
    assert answer.status_code == 201, info
    assert (info["data_sha256"], info["model_sha256"]) == (machines.data_sha256, machines.model_sha256)
    assert (info["table_sha256"], info["active"]) == (machines.table_sha256, True)
    assert info["features"] == machines.model_dump(mode="json")["features"]
    first, second = [
        (await http.post("/models/machines/predict", params={"version": version}, json=rows)).json()["predictions"]
        for version in (info["version"], machines.version)
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


@pytest.mark.parametrize(("activate", "active"), [("never", False), ("always", True), ("auto", True)])
async def test_activate_decides_whether_the_version_becomes_active(
    http: httpx.AsyncClient, classification: VersionInfo, activate: str, *, active: bool
):
    await make_default(http, classification)

    info = (await http.post("/train", json={"dataset": "wine", "estimator": "linear", "activate": activate})).json()

    assert info["active"] is active
    assert (await http.get("/models/wine")).json()["active"] == (info if active else vars(classification))["version"]


async def test_training_continues_after_a_disconnect(services: Services, http: httpx.AsyncClient):
    client = asyncio.create_task(http.post("/train", json={"dataset": "wine", "estimator": "linear"}))
    await eventually(lambda: services.training.processes.pids)
    (running,) = [job for job in await services.jobs.jobs() if not job.finished_at]

    client.cancel()

    *_, job = [now async for now in services.jobs.follow(running.id)]
    assert (await http.get(f"/models/{job.model}/versions/{job.version}")).status_code == 200


async def test_train_with_respond_async_returns_the_job(http: httpx.AsyncClient, services: Services):
    body = {"dataset": "wine", "estimator": "linear"}

    answer = await http.post("/train", json=body, headers={"Prefer": "respond-async"})

    job = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/jobs/{job['id']}")
    assert answer.headers["preference-applied"] == "respond-async"
    assert job["status"] in {"queued", "running"}
    *_, last = [now async for now in services.jobs.follow(job["id"])]
    assert (await http.get(answer.headers["location"])).json() == last.model_dump(mode="json")
    assert (last.model, job["version"]) == ("wine", None)
    assert (await http.get(f"/models/{last.model}/versions/{last.version}")).status_code == 200


@pytest.mark.parametrize(
    ("preference", "status"),
    [
        ("respond-async; wait=5", 202),
        ("wait=1, RESPOND-ASYNC", 202),
        ('handling="lenient",respond-async', 202),
        ("wait=5", 422),
        ("respond", 422),
        ("x=respond-async", 422),
        ("", 422),
    ],
)
async def test_train_waits_without_respond_async(
    http: httpx.AsyncClient, services: Services, preference: str, status: int
):
    # It fails, which takes a fraction of the time of a training.
    answer = await http.post("/train", json={"dataset": "wine", "target": "grape"}, headers={"Prefer": preference})

    assert (answer.status_code, "preference-applied" in answer.headers) == (status, status == 202)
    *_, last = [now async for now in services.jobs.follow((await services.jobs.jobs())[0].id)]
    assert last.status is JobStatus.FAILED


async def test_job_names_the_uploaded_file(http: httpx.AsyncClient, services: Services):
    form = in_a_form(MACHINES.write_csv().encode(), "Pump data (1).csv")

    answer = await http.post("/train", **form, headers={"Prefer": "respond-async"})

    assert answer.json()["table"] == "Pump data (1).csv"
    *_, job = [now async for now in services.jobs.follow(answer.json()["id"])]
    assert job.table == "Pump data (1).csv, 40 rows × 6 columns"
