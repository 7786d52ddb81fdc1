"""Thread limits of BLAS, OpenMP and polars.

OpenMP threads spin while they wait for each other. On busy cores this costs many times what it saves: beside two busy
processes, gradient boosting on 2,000 rows took 1.3 s on one thread and 46 s on two. On idle cores, both took the same
time.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TypeVar

from joblib import cpu_count
from threadpoolctl import ThreadpoolController

ONE_THREAD_ROWS = 50_000
"""Tables of up to this many rows are fitted on one thread; on larger ones, more threads save time."""
PARALLEL_ROWS = 20_000
"""Tables of at least this many rows have two columns processed in parallel."""

T = TypeVar("T")
R = TypeVar("R")


def threads_for(rows: int) -> AbstractContextManager[object]:
    """Return a context that limits the threads of a fit on this many rows.

    BLAS always gets one: its sums depend on the number of threads in their last digits, those of boosting do not.
    joblib counts the cores in the CPU quota of the container (cgroup), not those of the machine.
    """
    openmp = 1 if rows <= ONE_THREAD_ROWS else cpu_count()
    limits: AbstractContextManager[object] = _libraries(len(sys.modules)).limit(limits={"blas": 1, "openmp": openmp})
    return limits


def use_one_thread() -> None:
    """Limit the calling thread to one thread from now on."""
    _libraries(len(sys.modules)).limit(limits=1)


@lru_cache(maxsize=1)
def _libraries(_modules: int) -> ThreadpoolController:
    """Find the loaded BLAS and OpenMP libraries, again when further modules are loaded: a search takes 3 ms."""
    return ThreadpoolController()


def map_columns(call: Callable[[T], R], items: Sequence[T], rows: int) -> Iterator[R]:
    """Map a function over columns; over those of large tables in two threads, as polars leaves most of a core idle."""
    if rows < PARALLEL_ROWS:
        yield from map(call, items)
        return
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(call, items)
