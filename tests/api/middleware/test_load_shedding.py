"""Load shedding: rejected requests get 503 before their body is read, and slots are released."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack

import httpx
import pytest

from mlapp.schemas import VersionInfo
from mlapp.services import Services
from mlapp.services.prediction.service import LARGE_SLOTS, SMALL_SLOTS
from tests.api.conftest import CSV, problem_of, row_of, unread


@pytest.mark.parametrize(
    ("path", "size", "number"), [("/predict", None, LARGE_SLOTS), ("/predict", 100, SMALL_SLOTS), ("/train", None, 18)]
)
async def test_requests_beyond_the_slots_are_rejected_unread(
    http: httpx.AsyncClient, services: Services, path: str, size: int | None, number: int
):
    admit = services.prediction.admit if path == "/predict" else services.training.admit
    headers = {"Content-Type": CSV} | ({"Content-Length": str(size)} if size else {})
    with ExitStack() as held:
        for _ in range(number):
            held.callback(admit(size).release)
        answer = await http.post(path, content=unread(), headers=headers)

    assert "try again" in problem_of(answer, 503)["detail"]
    assert answer.headers["retry-after"] == "1"


async def test_slots_are_released_when_requests_have_ended(
    http: httpx.AsyncClient, services: Services, regression: VersionInfo
):
    good, bad = {"records": [row_of(regression)]}, {"records": "none"}
    for _ in range(LARGE_SLOTS + 1):
        rejected = await http.post("/predict", content=chunks(), headers={"Content-Type": CSV})
        assert rejected.status_code == 422

    assert (await http.post("/predict", json=bad)).status_code == 422
    assert (await http.post(f"/models/{regression.model}/predict", json=good)).status_code == 200
    assert (services.prediction._small_slots.in_use, services.prediction._large_slots.in_use) == (0, 0)


async def chunks() -> AsyncIterator[bytes]:
    yield b"a,b\n"
    yield b"1,2\n"


async def test_small_requests_are_rejected_when_the_estimated_wait_is_too_long(
    http: httpx.AsyncClient, services: Services, regression: VersionInfo
):
    pool, finish = services.prediction._small, threading.Event()
    await pool.run(lambda: time.sleep(0.3))
    calls = [asyncio.create_task(pool.run(finish.wait)) for _ in range(20)]
    await asyncio.sleep(0)
    answer = await http.post("/predict", json={"records": [row_of(regression)]})
    finish.set()
    await asyncio.gather(*calls)

    assert "try again" in problem_of(answer, 503)["detail"]
