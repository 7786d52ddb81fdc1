"""Admission control and thread pools."""

import asyncio
import threading
import time

import pytest

from mlapp.errors import Overloaded
from mlapp.services.admission import Pool, Slots


def test_requests_beyond_the_limit_are_rejected_until_a_slot_is_released():
    slots = Slots(2, "predictions")
    slots.acquire()
    acquired = slots.acquire()

    with pytest.raises(Overloaded, match="2 predictions"):
        slots.acquire()
    acquired.release()

    assert slots.acquire() is slots


async def test_pool_estimates_the_wait_of_a_new_call():
    pool, going = Pool("test", 1, lambda: None), threading.Event()
    await pool.run(lambda: time.sleep(0.05))
    idle, after_others = pool.wait_s(), pool.wait_s(calls=10)
    calls = [asyncio.create_task(pool.run(going.wait)) for _ in range(4)]
    await asyncio.sleep(0)
    busy = pool.wait_s()

    going.set()
    await asyncio.gather(*calls)
    pool.close()

    assert idle == 0
    # The first call took 0.05 s, and its weight is a fifth.
    assert 4 * 0.01 <= busy < after_others < 4


async def test_failed_call_is_no_longer_pending():
    pool = Pool("test", 1, lambda: None)

    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 / 0)

    assert pool.wait_s() == 0
    pool.close()
