"""GET and DELETE /jobs."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mlapp.schemas import Job, JobList, JobStatus, Submission
from mlapp.services import Services
from tests.api.conftest import problem_of
from tests.services.conftest import eventually
from tests.services.misbehaving import misbehaving

pytestmark = pytest.mark.slow

UNKNOWN_IDS = ["0", "01", "１", "abc", "-1", "999999", "%2e%2e"]


@pytest.fixture
async def endless(services: Services) -> AsyncIterator[Job]:
    """A training that runs until it is cancelled."""
    job = await services.training.submit(misbehaving("endless"))
    await eventually(lambda: job.stage.startswith("Evaluating endless"))
    yield job
    if not job.finished_at:
        await services.jobs.cancel(job.id)


async def trained(services: Services, **options: Any) -> Job:
    job = await services.training.submit(Submission(dataset="wine", options={"estimator": "linear"} | options))
    *_, last = [now async for now in services.jobs.follow(job.id)]
    return last


def events(answer: httpx.Response) -> list[Job]:
    """Return the jobs in a stream of events."""
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n") if line.startswith("data: ")]
    return [Job.model_validate_json(line) for line in lines]


async def test_jobs_are_listed_newest_first(http: httpx.AsyncClient, services: Services):
    job = await trained(services)

    listed = JobList.model_validate((await http.get("/jobs")).json()).jobs

    assert listed[0] == job
    assert [each.id for each in listed] == list(range(job.id, job.id - len(listed), -1))


async def test_finished_job_has_all_fields(http: httpx.AsyncClient, services: Services):
    job = await trained(services)

    answer = (await http.get(f"/jobs/{job.id}")).json()

    assert (answer["id"], answer["status"], answer["stage"], answer["progress"]) == (job.id, "succeeded", "Done", 1)
    assert (answer["model"], answer["version"]) == ("wine", job.version)
    assert (answer["error"], answer["remaining_s"]) == (None, None)
    assert (answer["table"], answer["target"]) == ("wine, 178 rows × 14 columns", "cultivar")
    assert answer["created_at"] <= answer["started_at"] <= answer["finished_at"]


async def test_waiting_job_has_its_queue_position(http: httpx.AsyncClient, services: Services, endless: Job):
    waiting = await services.training.submit(Submission(dataset="wine", options={"estimator": "linear"}))

    answer = (await http.get(f"/jobs/{waiting.id}")).json()

    assert (answer["status"], answer["queue_position"], answer["started_at"]) == ("queued", 1, None)
    assert (answer["model"], answer["version"]) == ("wine", None)
    assert (await http.delete(f"/jobs/{waiting.id}")).json()["status"] == "cancelled"


@pytest.mark.parametrize("name", UNKNOWN_IDS)
@pytest.mark.parametrize("request_", ["GET /jobs/{}", "DELETE /jobs/{}", "GET /jobs/{}/events"])
async def test_unknown_job_is_not_found(http: httpx.AsyncClient, request_: str, name: str):
    method, path = request_.format(name).split()

    answer = await http.request(method, path)

    assert "GET /jobs" in problem_of(answer, 404)["detail"]


async def test_cancel_ends_the_job_and_its_process(http: httpx.AsyncClient, services: Services, endless: Job):
    answer = await http.delete(f"/jobs/{endless.id}")

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert "cancelled" in answer.json()["error"]
    assert answer.json() == (await http.get(f"/jobs/{endless.id}")).json()
    assert services.training.processes.pids == []


async def test_cancel_of_a_finished_job_is_a_conflict(http: httpx.AsyncClient, services: Services):
    job = await trained(services, target="grape")

    problem = problem_of(await http.delete(f"/jobs/{job.id}"), 409)

    assert f"Training {job.id}" in problem["detail"]


async def test_events_report_progress_until_the_end(http: httpx.AsyncClient, services: Services):
    options = {"estimator": "hist_gradient_boosting"}
    job = await services.training.submit(Submission(dataset="wine", options=options))

    answer = await http.get(f"/jobs/{job.id}/events")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    received = events(answer)
    assert len(received) > 2
    assert [each.progress for each in received] == sorted(each.progress for each in received)
    assert [each for each in received if each.finished_at] == [await services.jobs.job(job.id)] == received[-1:]


async def test_events_end_when_the_job_is_cancelled(http: httpx.AsyncClient, endless: Job):
    watching = asyncio.create_task(http.get(f"/jobs/{endless.id}/events"))

    await http.delete(f"/jobs/{endless.id}")

    assert events(await watching)[-1].status is JobStatus.CANCELLED


async def test_finished_job_has_one_event(http: httpx.AsyncClient, services: Services):
    job = await trained(services)

    assert events(await http.get(f"/jobs/{job.id}/events")) == [job]


async def test_reconnect_after_the_last_event_gets_204(http: httpx.AsyncClient, services: Services):
    job = await trained(services)
    events = f"/jobs/{job.id}/events"
    (last,) = re.findall(r"^id: (.+)$", (await http.get(events)).text, flags=re.MULTILINE)

    again = await http.get(events, headers={"Last-Event-ID": last})
    other = await http.get(events, headers={"Last-Event-ID": "17"})

    assert (again.status_code, again.content) == (204, b"")
    assert (other.status_code, other.text.count("data: ")) == (200, 1)


async def test_reconnect_to_a_running_job_gets_the_remaining_events(http: httpx.AsyncClient, endless: Job):
    watching = asyncio.create_task(http.get(f"/jobs/{endless.id}/events", headers={"Last-Event-ID": "ended"}))

    await http.delete(f"/jobs/{endless.id}")

    answer = await watching
    assert events(answer)[-1].status is JobStatus.CANCELLED
    assert answer.text.count("id: ") == 1


async def test_openapi_describes_jobs_and_events(http: httpx.AsyncClient):
    document = (await http.get("/openapi.json")).json()
    paths = document["paths"]

    assert paths["/jobs"].keys() == {"get"}
    assert paths["/jobs/{job_id}"].keys() == {"get", "delete"}
    stream = paths["/jobs/{job_id}/events"]["get"]["responses"]["200"]["content"]
    assert stream.keys() == {"text/event-stream"}
    event = stream["text/event-stream"]["itemSchema"]["properties"]["data"]
    assert event["contentSchema"] == {"$ref": "#/components/schemas/Job"}
    assert "204" in paths["/jobs/{job_id}/events"]["get"]["responses"]
    assert "202" in paths["/train"]["post"]["responses"]
    assert "JobStatus" in json.dumps(document["components"]["schemas"]["Job"])
