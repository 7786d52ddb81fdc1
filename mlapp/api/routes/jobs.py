"""/jobs: training jobs of the API and the pages."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from mlapp.api.dependencies import Jobs
from mlapp.api.problems import problem_responses
from mlapp.schemas import Job, JobList

router = APIRouter(prefix="/jobs", tags=["training"])

LAST_EVENT = "ended"
"""Id of the last event, sent when the job has ended."""
NO_CONTENT: dict[int | str, dict[str, Any]] = {
    204: {"description": "The job has ended and the client has received the last event; do not reconnect."}
}


@router.get("")
async def list_jobs(jobs: Jobs) -> JobList:
    """List all stored jobs, newest first."""
    return JobList(jobs=await jobs.jobs())


@router.get("/{job_id}", responses=problem_responses(404))
async def get_job(job_id: str, jobs: Jobs) -> Job:
    """Return the current state of a job."""
    return await jobs.job(job_id)


@router.delete("/{job_id}", responses=problem_responses(404, 409, 503))
async def cancel_job(job_id: str, jobs: Jobs) -> Job:
    """Cancel a job. Its process is killed, and no model is stored."""
    return await jobs.cancel(job_id)


async def _received_last_event(
    job: Annotated[Job, Depends(get_job)],
    response: Response,
    last_event_id: Annotated[str | None, Header(description="The `id` of the last received event.")] = None,
) -> bool:
    received = last_event_id == LAST_EVENT and job.finished_at is not None
    if received:
        response.status_code = 204
    return received


@router.get("/{job_id}/events", response_class=EventSourceResponse, responses=NO_CONTENT | problem_responses(404))
async def follow_job(
    job: Annotated[Job, Depends(get_job)], jobs: Jobs, received: Annotated[bool, Depends(_received_last_event)]
) -> AsyncIterator[Job]:
    """Stream a job as server-sent events: its current state, and every change until it has ended.

    The last event has the id `ended`. A client that reconnects with this id, as `EventSource` does, receives 204.
    """
    if received:
        return
    async for now in jobs.follow(job.id):
        # FastAPI takes the schema of the event data from the annotation.
        yield ServerSentEvent(data=now, id=LAST_EVENT if now.finished_at else None)  # type: ignore[misc]
