"""Load shedding: rejected requests get 503 before their body is read, and slots are released."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack

import httpx
import pytest

from mlapp.schemas import VersionInfo
from mlapp.services import Services
from mlapp.services.prediction.limits import LARGE_SHARE, SMALL_SHARE
from tests.api.conftest import CSV, make_default, problem_of, row_of, unread


@pytest.mark.parametrize(
    ("path", "size", "number"), [("/predict", None, LARGE_SHARE), ("/predict", 100, SMALL_SHARE), ("/train", None, 18)]
)
async def test_requests_beyond_the_slots_are_rejected_unread(
    http: httpx.AsyncClient, services: Services, path: str, size: int | None, number: int
):
    admit = services.prediction.admit if path == "/predict" else services.training.admit
    headers = {"Content-Type": CSV} | ({"Content-Length": str(size)} if size else {})
    with ExitStack() as held:
        for _ in range(number):
            held.callback(admit(size))
        answer = await http.post(path, content=unread(), headers=headers)

    assert "try again" in problem_of(answer, 503)["detail"]
    assert answer.headers["retry-after"] == "1"


async def test_slots_are_released_when_requests_have_ended(
    http: httpx.AsyncClient, services: Services, regression: VersionInfo
):
    good, bad = {"records": [row_of(regression)]}, {"records": "none"}
    for _ in range(LARGE_SHARE + 1):
        rejected = await http.post("/predict", content=chunks(), headers={"Content-Type": CSV})
        assert rejected.status_code == 422

    assert (await http.post("/predict", json=bad)).status_code == 422
    assert (await http.post(f"/models/{regression.model}/predict", json=good)).status_code == 200
    limits = services.prediction._limits
    assert (limits.small_slots.in_use, limits.large_slots.in_use) == (0, 0)


async def chunks() -> AsyncIterator[bytes]:
    yield b"a,b\n"
    yield b"1,2\n"


async def test_small_requests_are_rejected_when_the_estimated_wait_is_too_long(
    http: httpx.AsyncClient, services: Services, regression: VersionInfo
):
    pool, finish = services.prediction._limits.small, threading.Event()
    pool._call_s = 0.03
    calls = [asyncio.create_task(pool.run(finish.wait, regression.model)) for _ in range(20)]
    await asyncio.sleep(0)
    body = {"records": [row_of(regression)]}
    answer = await http.post(f"/models/{regression.model}/predict", json=body)
    finish.set()
    await asyncio.gather(*calls)

    assert "try again" in problem_of(answer, 503)["detail"]


async def test_model_that_takes_all_it_may_does_not_keep_others_from_answering(
    http: httpx.AsyncClient, services: Services, regression: VersionInfo, classification: VersionInfo
):
    finish = threading.Event()
    await make_default(http, regression)
    # Earlier calls, some of which wait, would count.
    services.prediction._limits.small._call_s = 0.03
    with ExitStack() as held:
        for size, share in ((100, SMALL_SHARE), (None, LARGE_SHARE)):
            for _ in range(share):
                held.callback(services.prediction.admit(size))
        calls = [
            asyncio.create_task(services.prediction._limits.small.run(finish.wait, regression.model)) for _ in range(20)
        ]
        await asyncio.sleep(0)
        path, body = f"/models/{classification.model}/predict", {"records": [row_of(classification)]}

        rejected = await http.post("/predict", json={"records": [row_of(regression)]})
        answers = [await http.post(path, json=body)]
        finish.set()
        answers.append(await http.post(path, content=chunks(), headers={"Content-Type": CSV}))

    await asyncio.gather(*calls)
    assert [rejected.status_code, *(answer.status_code for answer in answers)] == [503, 200, 422]
