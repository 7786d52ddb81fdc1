"""How much may be under way."""

import asyncio
import threading
import time

import pytest

from mlapp.errors import Overloaded
from mlapp.services.admission import Places, Pool


def test_places_are_as_many_as_there_are():
    places = Places(2, "predictions")
    places.take()
    taken = places.take()

    with pytest.raises(Overloaded, match="2 predictions are under way, as many as may be; try again in a moment."):
        places.take()
    taken.free()

    assert places.take() is places


async def test_a_pool_says_how_long_whoever_comes_now_will_wait():
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
    # A call took 0.05 s, which counts for a fifth where nothing was known before.
    assert 4 * 0.01 <= busy < after_others < 4


async def test_a_call_that_fails_makes_room_too():
    pool = Pool("test", 1, lambda: None)

    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 / 0)

    assert pool.wait_s() == 0
    pool.close()
