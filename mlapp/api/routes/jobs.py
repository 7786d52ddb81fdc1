"""/jobs: lists, cancels and streams training jobs, as server-sent events; POST /train starts them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from mlapp.api.dependencies import AppServices
from mlapp.api.problems import problem_responses
from mlapp.schemas import Job, JobList, Ticket

router = APIRouter(prefix="/jobs", tags=["training"])

LAST_EVENT = "ended"
"""Id of the last event, sent when the job has ended."""
NO_CONTENT: dict[int | str, dict[str, Any]] = {
    204: {"description": "The job has ended and the client has received the last event; do not reconnect."}
}


@router.get("")
async def list_jobs(services: AppServices) -> JobList:
    """List all stored jobs, newest first."""
    return JobList(jobs=await services.jobs.jobs())


@router.get("/{job_id}", responses=problem_responses(404))
async def get_job(job_id: str, services: AppServices) -> Job:
    """Return the current state of a job."""
    return await services.jobs.job(job_id)


@router.delete("/{job_id}", responses=problem_responses(404, 409, 503))
async def cancel_job(job_id: str, services: AppServices) -> Job:
    """Cancel a job. Its process is killed, and no version is stored."""
    return await services.jobs.cancel(job_id)


@router.post("/{job_id}/tickets", status_code=201, responses=problem_responses(404, 503))
async def create_ticket(job_id: str, services: AppServices) -> Ticket:
    """Return a ticket for the events of a job, for the `EventSource` of a browser, which cannot send a key.

    It is good for one request, within 60 seconds.
    """
    job = await services.jobs.job(job_id)
    path = f"/jobs/{job.id}/events"
    ticket = await asyncio.to_thread(services.access.tickets.issue, path)
    return Ticket(ticket=ticket, events=f"{path}?ticket={ticket}", expires_in_s=services.access.tickets.lifetime_s)


async def _job_to_follow(
    job_id: str,
    services: AppServices,
    response: Response,
    last_event_id: Annotated[str | None, Header(description="The `id` of the last received event.")] = None,
) -> Job | None:
    """Return the job; None, with the status 204, if the client has received the last event."""
    job = await services.jobs.job(job_id)
    if last_event_id == LAST_EVENT and job.finished_at:
        response.status_code = 204
        return None
    return job


@router.get("/{job_id}/events", response_class=EventSourceResponse, responses=NO_CONTENT | problem_responses(404))
async def follow_job(job: Annotated[Job | None, Depends(_job_to_follow)], services: AppServices) -> AsyncIterator[Job]:
    """Stream a job as server-sent events: its current state, and every change until it has ended.

    The last event has the id `ended`. A client that reconnects with this id, as `EventSource` does, receives 204.
    """
    if job is None:
        return
    async for now in services.jobs.follow(job.id):
        # FastAPI takes the schema of the event data from the annotation.
        yield ServerSentEvent(data=now, id=LAST_EVENT if now.finished_at else None)  # type: ignore[misc]
