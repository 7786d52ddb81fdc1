"""/jobs: trainings, whoever started them."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse

from mlapp.api.errors import problems
from mlapp.api.services import Jobs
from mlapp.schemas import Job, JobList

router = APIRouter(prefix="/jobs", tags=["training"])


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


@router.get("/{job_id}/events", response_class=EventSourceResponse, responses=problems(404))
async def follow_job(job: Annotated[Job, Depends(get_job)], jobs: Jobs) -> AsyncIterator[Job]:
    """Send a job as server-sent events: as it stands, and whenever that changes, until it has ended."""
    async for now in jobs.follow(job.id):
        yield now
