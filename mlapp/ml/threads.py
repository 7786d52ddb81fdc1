"""How many threads the libraries use.

OpenMP's threads spin while they wait for each other. On cores that are busy with something else, that costs
many times what it saves: gradient boosting on 2,000 rows took 1.3 s on one thread and 46 s on two beside two
busy processes, and as long on one as on two beside none.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from joblib import cpu_count
from threadpoolctl import threadpool_limits

ONE_THREAD_ROWS = 50_000
"""Tables up to here are trained on by one thread; on larger ones more save time."""
MANY_ROWS = 20_000
"""From here on, columns are looked at two at a time."""

T = TypeVar("T")
R = TypeVar("R")


def threads_for(rows: int) -> AbstractContextManager[object]:
    """Return the context in which a table of so many rows is trained on.

    joblib counts the cores that a container may use by its quota (cgroup), not those of the machine.
    """
    limits: AbstractContextManager[object] = threadpool_limits(1 if rows <= ONE_THREAD_ROWS else cpu_count())
    return limits


def use_one_thread() -> None:
    """Have the calling thread predict by itself from now on."""
    threadpool_limits(1)


def mapped(call: Callable[[T], R], items: Sequence[T], rows: int) -> Iterator[R]:
    """Do the same for all columns; of a large table for two at a time, since polars leaves most of a core idle."""
    if rows < MANY_ROWS:
        yield from map(call, items)
        return
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(call, items)
