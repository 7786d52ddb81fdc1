"""/jobs: trainings, whoever started them."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from mlapp.api.dependencies import Jobs
from mlapp.api.problems import problems
from mlapp.schemas import Job, JobList

router = APIRouter(prefix="/jobs", tags=["training"])

LAST_EVENT = "ended"
"""The id of the event that tells how a job ended."""
NO_MORE: dict[int | str, dict[str, Any]] = {
    204: {"description": "The job has ended, and the client has received that event: it should not reconnect."}
}


@router.get("")
async def list_jobs(jobs: Jobs) -> JobList:
    """List the jobs that are remembered, newest first."""
    return JobList(jobs=await jobs.jobs())


@router.get("/{job_id}", responses=problems(404))
async def get_job(job_id: str, jobs: Jobs) -> Job:
    """Return a job as it stands now."""
    return await jobs.job(job_id)


@router.delete("/{job_id}", responses=problems(404, 409, 503))
async def cancel_job(job_id: str, jobs: Jobs) -> Job:
    """Cancel a job: its process is ended, and nothing is stored."""
    return await jobs.cancel(job_id)


async def _has_seen_the_end(
    job: Annotated[Job, Depends(get_job)],
    response: Response,
    last_event_id: Annotated[str | None, Header(description="The `id` of the last event that was received.")] = None,
) -> bool:
    seen = last_event_id == LAST_EVENT and job.finished_at is not None
    if seen:
        response.status_code = 204
    return seen


@router.get("/{job_id}/events", response_class=EventSourceResponse, responses=NO_MORE | problems(404))
async def follow_job(
    job: Annotated[Job, Depends(get_job)], jobs: Jobs, seen: Annotated[bool, Depends(_has_seen_the_end)]
) -> AsyncIterator[Job]:
    """Send a job as server-sent events: as it stands, and whenever that changes, until it has ended.

    The last event has the id `ended`. A client that reconnects with it, as `EventSource` does, is answered with 204.
    """
    if seen:
        return
    async for now in jobs.follow(job.id):
        # The annotation is what FastAPI documents as the data of an event.
        yield ServerSentEvent(data=now, id=LAST_EVENT if now.finished_at else None)  # type: ignore[misc]
