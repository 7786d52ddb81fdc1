"""Admission control and thread pools."""

import asyncio
import gc
import threading
import time
import weakref
from contextlib import suppress
from functools import partial

import pytest

from mlapp.errors import Overloaded, Unavailable
from mlapp.services.admission import Pool, Slots
from mlapp.services.prediction.limits import Limits


def test_requests_beyond_the_limit_are_rejected_until_a_slot_is_released():
    slots = Slots(2, "predictions")
    slots.acquire()
    release = slots.acquire()

    with pytest.raises(Overloaded, match="2 predictions"):
        slots.acquire()
    release()
    slots.acquire()

    assert slots.in_use == 2


def test_model_takes_its_share_of_the_slots_only():
    slots = Slots(3, "predictions", share=2)
    releases = [slots.acquire("a"), slots.acquire("a")]

    with pytest.raises(Overloaded, match="2 predictions"):
        slots.acquire("a")
    releases.append(slots.acquire("b"))
    with pytest.raises(Overloaded, match="3 predictions"):
        slots.acquire("c")

    for release in releases:
        release()
    assert (slots.in_use, slots._by_model) == (0, {})


async def test_pool_serves_models_in_turn():
    pool, order, going = Pool("test", 1, lambda: None), list[str](), threading.Event()
    first = asyncio.create_task(pool.run(going.wait))
    calls = [
        asyncio.create_task(pool.run(partial(order.append, model), model)) for model in ["a"] * 4 + ["b"] * 2 + ["c"]
    ]
    await asyncio.sleep(0)
    waits = [pool.wait_s(model) for model in ("a", "d")]

    going.set()
    await asyncio.gather(first, *calls)
    pool.close()

    # The first call of `a` was handed over before the others came.
    assert order == ["a", "a", "b", "c", "a", "b", "a"]
    assert waits == [0, 0]


async def test_wait_of_a_model_does_not_grow_with_the_calls_of_another():
    pool, going = Pool("test", 1, lambda: None), threading.Event()
    await pool.run(lambda: time.sleep(0.05))
    calls = [asyncio.create_task(pool.run(going.wait, "busy")) for _ in range(50)]
    await asyncio.sleep(0)

    busy, other = pool.wait_s("busy"), pool.wait_s("other")
    going.set()
    await asyncio.gather(*calls)
    pool.close()

    assert busy > 10 * other > 0


async def test_cancelled_call_that_is_running_frees_its_thread():
    pool, going = Pool("test", 1, lambda: None), threading.Event()
    running = asyncio.create_task(pool.run(going.wait))
    await asyncio.sleep(0)
    running.cancel()
    going.set()

    assert await pool.run(lambda: 7) == 7
    assert pool.idle
    pool.close()


async def test_cancelled_call_is_not_made():
    pool, going, made = Pool("test", 1, lambda: None), threading.Event(), list[int]()
    calls = [asyncio.create_task(pool.run(going.wait)) for _ in range(2)]
    cancelled = asyncio.create_task(pool.run(lambda: made.append(1)))
    await asyncio.sleep(0)
    cancelled.cancel()
    going.set()
    await asyncio.gather(*calls, return_exceptions=True)

    await pool.run(lambda: None)

    assert (made, pool.idle) == ([], True)
    pool.close()


async def test_pool_estimates_the_wait_of_a_new_call():
    pool, going = Pool("test", 1, lambda: None), threading.Event()
    await pool.run(lambda: time.sleep(0.05))
    idle, after_others = pool.wait_s(""), pool.wait_s("", calls=10)
    calls = [asyncio.create_task(pool.run(going.wait)) for _ in range(4)]
    await asyncio.sleep(0)
    busy = pool.wait_s("")

    going.set()
    await asyncio.gather(*calls)
    pool.close()

    assert idle == 0
    # The first call took 0.05 s, and its weight is a fifth.
    assert 4 * 0.01 <= busy < after_others < 4


async def test_small_request_is_rejected_if_its_calls_would_wait_too_long():
    limits, going = Limits(), threading.Event()
    # The average is a fifth of it: ten calls wait for 0.2 s, and a request makes three of them.
    await limits.small.run(lambda: time.sleep(0.1))
    calls = [asyncio.create_task(limits.small.run(going.wait, "churn")) for _ in range(10)]
    await asyncio.sleep(0)

    with pytest.raises(Overloaded, match="More predictions are requested than can be made in time"):
        limits.admit(100, "churn", 0)

    going.set()
    await asyncio.gather(*calls)
    limits.admit(100, "churn", 0)()
    limits.close()


async def test_closed_pool_completes_the_calls_that_wait():
    pool, going = Pool("test", 1, lambda: None), threading.Event()
    calls = [asyncio.create_task(pool.run(partial(going.wait, 60), model)) for model in ("a", "a", "b", "a")]
    await asyncio.sleep(0)

    pool.close()
    going.set()

    async with asyncio.timeout(30):
        assert await asyncio.gather(*calls) == [True] * 4


async def test_closed_pool_rejects_calls():
    pool = Pool("test", 1, lambda: None)
    pool.close()

    with pytest.raises(Unavailable, match="The server is shutting down"):
        await pool.run(lambda: None)


async def test_failed_call_is_no_longer_pending():
    pool = Pool("test", 1, lambda: None)

    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 / 0)

    assert pool.wait_s("") == 0
    pool.close()


async def test_body_of_a_rejected_request_is_freed_without_garbage_collection():
    class Body:
        """A body of up to 100 MB."""

        def read(self) -> None:
            raise Overloaded("No.")

    pool, body = Pool("test", 1, lambda: None), Body()
    freed = weakref.ref(body)
    gc.disable()
    try:
        with suppress(Overloaded):
            await pool.run(body.read)
        del body
        # The thread drops its references when it gets the next call.
        await pool.run(lambda: None)

        assert freed() is None
    finally:
        gc.enable()
        pool.close()
