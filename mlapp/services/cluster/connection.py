"""Connection to a Dask cluster that may be lost at any time.

Nothing imports `distributed` without `MLAPP_DASK`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mlapp.errors import TrainingAborted, reason
from mlapp.services.cluster.task import REMEDY, check_environment, environment

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S, CLOSE_S = 10.0, 2.0
LOST_S = 20.0
"""How long the scheduler may not answer, or have no workers, until the cluster is lost."""
DEAD = "20s"
"""How long a machine may not answer until its connections count as closed."""
POLL_S = 1.0
"""Interval at which this is checked."""
LOGGERS = ("distributed", "distributed.client", "distributed.core")

T = TypeVar("T")


@dataclass
class Cluster:
    """A cluster that is connected."""

    client: "Client"
    address: str

    def check(self) -> None:
        """Wait for a worker, then check the environments of the scheduler and of all workers.

        Raises:
            TrainingAborted: there is no worker, or a process has another environment than this one.
        """
        for process, found in self.call(self._environments).items():
            if isinstance(found, BaseException):
                raise TrainingAborted(f"The Dask {process} cannot run the server's code ({reason(found)}): {REMEDY}.")
            check_environment(process, found, environment())

    def call(self, start: Callable[[], Awaitable[T]]) -> T:
        """Await something in the thread of the client.

        Raises:
            TrainingAborted: the cluster is lost.
        """
        if self.client.status != "running":
            raise self.lost("the scheduler has closed the connection")
        result: T = self.client.sync(self._unless_lost, start)
        return result

    def lost(self, what: str) -> TrainingAborted:
        """Return the error of a cluster that is lost."""
        return TrainingAborted(
            f"The Dask cluster at {self.address} (MLAPP_DASK) was lost: {what}; start its scheduler and workers, and "
            "train again."
        )

    async def _unless_lost(self, start: Callable[[], Awaitable[T]]) -> T:
        call, watch = asyncio.ensure_future(start()), asyncio.ensure_future(self._watch())
        try:
            await asyncio.wait({call, watch}, return_when=asyncio.FIRST_COMPLETED)
            if call.done():
                return call.result()
            raise self.lost(watch.result())
        except OSError as error:
            raise self.lost(reason(error)) from error
        finally:
            call.cancel()
            watch.cancel()

    async def _watch(self) -> str:
        """Return what is missing as soon as the cluster is lost."""
        clock = asyncio.get_running_loop().time
        seen_s = clock()
        while clock() - seen_s < LOST_S:
            try:
                if await asyncio.wait_for(self.client.scheduler.ncores(), LOST_S):
                    seen_s = clock()
            except OSError:
                return "the scheduler does not answer"
            await asyncio.sleep(POLL_S)
        return "it has no workers"

    async def _environments(self) -> dict[str, dict[str, str] | BaseException]:
        await self.client.wait_for_workers(1)
        try:
            workers = await asyncio.wait_for(self.client.run(environment, on_error="return"), LOST_S)
            scheduler = await self.client.run_on_scheduler(environment)
        except TimeoutError:
            raise self.lost("a worker does not answer") from None
        except ImportError as error:
            scheduler = error
        return {"scheduler": scheduler} | {f"worker at {address}": found for address, found in workers.items()}


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to a cluster. At the end, its scheduler drops what was submitted; fits that run are not interrupted.

    Raises:
        TrainingAborted: it cannot be reached.
    """
    import dask
    import distributed

    for name in LOGGERS:
        # What they would log is the error of the training.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with dask.config.set({"distributed.comm.timeouts.tcp": DEAD}):
        try:
            client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False, name="mlapp")
        # Without certificates it raises a TypeError, and a scheduler of another release may cause anything.
        except Exception as error:
            raise TrainingAborted(
                f"The Dask scheduler at {address} (MLAPP_DASK) cannot be reached: {reason(error)}; start it, or "
                "correct the address or Dask's TLS certificates, and train again."
            ) from error
        try:
            yield Cluster(client, address)
        finally:
            with suppress(OSError):
                client.close(timeout=CLOSE_S)
