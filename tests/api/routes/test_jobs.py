"""GET and DELETE /jobs."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mlapp.schemas import Job, JobList, JobStatus, Submission
from mlapp.services import Services
from tests.api.conftest import problem_of
from tests.services.conftest import eventually
from tests.services.misbehaving import misbehaving

pytestmark = pytest.mark.slow

NOBODY = ["0", "01", "１", "abc", "-1", "999999", "%2e%2e"]


@pytest.fixture
async def endless(services: Services) -> AsyncIterator[Job]:
    """A training that goes on until it is cancelled."""
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
    """The jobs that a stream of events tells about."""
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n") if line.startswith("data: ")]
    return [Job.model_validate_json(line) for line in lines]


async def test_jobs_are_listed_newest_first(http: httpx.AsyncClient, services: Services):
    job = await trained(services)

    listed = JobList.model_validate((await http.get("/jobs")).json()).jobs

    assert listed[0] == job
    assert [each.id for each in listed] == list(range(job.id, job.id - len(listed), -1))


async def test_job_tells_all_there_is_to_know(http: httpx.AsyncClient, services: Services):
    job = await trained(services)

    answer = (await http.get(f"/jobs/{job.id}")).json()

    assert (answer["id"], answer["status"], answer["stage"], answer["progress"]) == (job.id, "succeeded", "Done", 1)
    assert (answer["version"], answer["error"], answer["remaining_s"]) == (job.version, None, None)
    assert (answer["table"], answer["target"]) == ("wine, 178 rows × 14 columns", "cultivar")
    assert answer["created_at"] <= answer["started_at"] <= answer["finished_at"]


async def test_waiting_job_tells_its_place(http: httpx.AsyncClient, services: Services, endless: Job):
    waiting = await services.training.submit(Submission(dataset="wine", options={"estimator": "linear"}))

    answer = (await http.get(f"/jobs/{waiting.id}")).json()

    assert (answer["status"], answer["queue_position"], answer["started_at"]) == ("queued", 1, None)
    assert (await http.delete(f"/jobs/{waiting.id}")).json()["status"] == "cancelled"


@pytest.mark.parametrize("name", NOBODY)
@pytest.mark.parametrize("request_", ["GET /jobs/{}", "DELETE /jobs/{}", "GET /jobs/{}/events"])
async def test_job_that_is_not_there_is_not_found(http: httpx.AsyncClient, request_: str, name: str):
    method, path = request_.format(name).split()

    answer = await http.request(method, path)

    assert problem_of(answer, 404)["detail"] == "There is no such training; GET /jobs lists what is remembered."


async def test_cancel_ends_a_job_and_its_process(http: httpx.AsyncClient, services: Services, endless: Job):
    answer = await http.delete(f"/jobs/{endless.id}")

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert answer.json()["error"] == "The training was cancelled."
    assert answer.json() == (await http.get(f"/jobs/{endless.id}")).json()
    assert services.training.processes.pids == []


async def test_cancel_of_a_job_that_has_ended_is_a_conflict(http: httpx.AsyncClient, services: Services):
    job = await trained(services, target="grape")

    problem = problem_of(await http.delete(f"/jobs/{job.id}"), 409)

    assert problem["detail"] == f"Training {job.id} has ended already: it is failed."


async def test_events_tell_how_a_job_goes_until_it_ends(http: httpx.AsyncClient, services: Services):
    options = {"estimator": "hist_gradient_boosting"}
    job = await services.training.submit(Submission(dataset="wine", options=options))

    answer = await http.get(f"/jobs/{job.id}/events")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    told = events(answer)
    assert len(told) > 2
    assert [each.progress for each in told] == sorted(each.progress for each in told)
    assert [each for each in told if each.finished_at] == [await services.jobs.job(job.id)] == told[-1:]


async def test_events_of_a_job_that_is_cancelled_end(http: httpx.AsyncClient, endless: Job):
    watching = asyncio.create_task(http.get(f"/jobs/{endless.id}/events"))

    await http.delete(f"/jobs/{endless.id}")

    assert events(await watching)[-1].status is JobStatus.CANCELLED


async def test_events_of_a_job_that_has_ended_are_one(http: httpx.AsyncClient, services: Services):
    job = await trained(services)

    assert events(await http.get(f"/jobs/{job.id}/events")) == [job]


async def test_reconnect_after_the_last_event_is_answered_with_no_content(http: httpx.AsyncClient, services: Services):
    job = await trained(services)
    events = f"/jobs/{job.id}/events"
    (last,) = re.findall(r"^id: (.+)$", (await http.get(events)).text, flags=re.MULTILINE)

    again = await http.get(events, headers={"Last-Event-ID": last})
    other = await http.get(events, headers={"Last-Event-ID": "17"})

    assert (again.status_code, again.content) == (204, b"")
    assert (other.status_code, other.text.count("data: ")) == (200, 1)


async def test_reconnect_to_a_job_that_goes_on_is_told_the_rest(http: httpx.AsyncClient, endless: Job):
    watching = asyncio.create_task(http.get(f"/jobs/{endless.id}/events", headers={"Last-Event-ID": "ended"}))

    await http.delete(f"/jobs/{endless.id}")

    answer = await watching
    assert events(answer)[-1].status is JobStatus.CANCELLED
    assert answer.text.count("id: ") == 1


async def test_docs_describe_the_jobs(app: FastAPI):
    paths = app.openapi()["paths"]

    assert paths["/jobs"].keys() == {"get"}
    assert paths["/jobs/{job_id}"].keys() == {"get", "delete"}
    stream = paths["/jobs/{job_id}/events"]["get"]["responses"]["200"]["content"]
    assert stream.keys() == {"text/event-stream"}
    event = stream["text/event-stream"]["itemSchema"]["properties"]["data"]
    assert event["contentSchema"] == {"$ref": "#/components/schemas/Job"}
    assert "204" in paths["/jobs/{job_id}/events"]["get"]["responses"]
    assert "202" in paths["/train"]["post"]["responses"]
    assert "JobStatus" in json.dumps(app.openapi()["components"]["schemas"]["Job"])
