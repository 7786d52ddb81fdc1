"""Trainings in several browsers: cancelled or killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
import pytest
from playwright.async_api import Browser, Page, expect

from tests.servers import PATIENCE_S, Running, address
from tests.services.conftest import eventually

ROWS = "a,b,c,y\n" + "".join(f"{n * 37 % 1009},{n * 91 % 997},{n % 13},{n * 53 % 1013}\n" for n in range(40_000))
TARGET = "/train?target=y&estimator=random_forest"


@dataclass(frozen=True)
class Server:
    process: psutil.Process
    http: httpx.Client

    def start(self) -> dict[str, Any]:
        """Start a training of about a minute."""
        headers = {"Prefer": "respond-async", "Content-Type": "text/csv"}
        answer = self.http.post(TARGET, content=ROWS, headers=headers)
        assert (answer.status_code, answer.headers["Location"]) == (202, f"/jobs/{answer.json()['id']}")
        job: dict[str, Any] = answer.json()
        return job

    def workers(self) -> list[psutil.Process]:
        """Return the training processes, which are forked from a child with scikit-learn loaded."""
        with suppress(psutil.NoSuchProcess):
            return [grandchild for child in self.process.children() for grandchild in child.children()]
        return self.workers()


@pytest.fixture
async def watched(running: Running) -> AsyncIterator[Server]:
    """The server, without processes that others have started; trainings that a failed test leaves are cancelled."""
    process, http = running
    server = Server(psutil.Process(process.pid), http)
    await eventually(lambda: not server.workers())
    yield server
    for job in http.get("/jobs").json()["jobs"]:
        if not job["finished_at"]:
            http.delete(f"/jobs/{job['id']}")


@asynccontextmanager
async def two_browsers(browser: Browser, server: Server, *paths: str) -> AsyncIterator[list[Page]]:
    contexts = [await browser.new_context(base_url=address(server.http)) for _ in paths]
    pages = [await context.new_page() for context in contexts]
    for page, path in zip(pages, paths, strict=True):
        await page.goto(path)
        await expect(page.get_by_text("Evaluating Random forest").first).to_be_visible()
    yield pages
    for context in contexts:
        await context.close()


@asynccontextmanager
async def predicting(server: Server) -> AsyncIterator[list[int]]:
    """Send predictions during the block; yields the list of response statuses."""
    info = server.http.get("/models/machines").json()["active_version"]
    body = {"records": [{feature["name"]: feature["example"] for feature in info["features"]}]}
    statuses: list[int] = []

    async def predict() -> None:
        async with httpx.AsyncClient(base_url=address(server.http), timeout=PATIENCE_S) as client:
            while True:
                statuses.append((await client.post("/models/machines/predict", json=body)).status_code)
                await asyncio.sleep(0.02)

    task = asyncio.create_task(predict())
    await eventually(lambda: statuses)
    yield statuses
    task.cancel()


async def test_training_open_in_two_browsers_is_cancelled_from_one(browser: Browser, watched: Server):
    job = watched.start()
    paths = ("/ui/jobs", f"/ui/train?job={job['id']}")
    async with two_browsers(browser, watched, *paths) as pages, predicting(watched) as statuses:
        assert len(watched.workers()) == 1
        await pages[0].get_by_role("button", name="Cancel").first.click()
        await pages[0].get_by_role("button", name="Cancel training", exact=True).click()

        for page in pages:
            await expect(page.get_by_text("The training was cancelled.").first).to_be_visible()

    assert watched.http.get(f"/jobs/{job['id']}").json()["status"] == "cancelled"
    await eventually(lambda: not watched.workers())
    assert set(statuses) == {200}


async def test_killed_training_shows_the_reason_and_the_next_one_works(browser: Browser, watched: Server):
    job = watched.start()
    paths = (f"/ui/jobs/{job['id']}", "/ui/jobs")
    async with two_browsers(browser, watched, *paths) as pages, predicting(watched) as statuses:
        (worker,) = watched.workers()
        os.kill(worker.pid, signal.SIGKILL)

        for page in pages:
            await expect(page.get_by_text("The training was killed (signal 9: Killed)").first).to_be_visible()

    assert watched.http.get(f"/jobs/{job['id']}").json()["status"] == "failed"
    assert watched.http.post("/train", json={"dataset": "wine", "estimator": "linear"}).status_code == 201
    assert set(statuses) == {200}
