"""Fits on a Dask cluster: each is a task, and the table is sent once."""

import hashlib
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mlapp.errors import TrainingFailed
from mlapp.ml.evaluation.out_of_fold import FitResult, Fits, Pending, Samples, Submit
from mlapp.ml.progress import ProgressCallback
from mlapp.services.cluster.connection import Cluster, connected
from mlapp.services.cluster.task import environment, fit_task

if TYPE_CHECKING:
    from distributed import Future

MAX_SENT = 4
"""How often a fit is sent, as the only worker that holds its rows may be lost."""


def cluster_fits(address: str) -> Fits:
    """Return fits that are made on the Dask cluster whose scheduler has this address.

    They raise `TrainingAborted` if the cluster cannot be reached, is lost or has another environment, and
    `TrainingFailed` if a fit ends the workers that make it.
    """

    @contextmanager
    def fits(samples: Samples, clock: Callable[[], float]) -> Iterator[Submit]:
        with connected(address) as cluster:
            cluster.check()
            # Without what no fit needs.
            yield _ClusterFits(cluster, replace(samples, folds=[], groups=None), clock).submit

    return fits


@dataclass(eq=False)
class _Fit:
    """A fit that is pending."""

    estimator: bytes
    train: np.ndarray
    test: np.ndarray
    future: "Future"
    sent: int = 1


@dataclass
class _ClusterFits:
    """Makes fits on samples."""

    cluster: Cluster
    samples: Samples
    clock: Callable[[], float]
    _pending: list[_Fit] = field(default_factory=list)
    _scattered: dict[bytes, "Future"] = field(default_factory=dict)
    """What workers hold: the samples, and arrays of row numbers by their hash."""

    def submit(self, make: Callable[[], object], train: np.ndarray, test: np.ndarray) -> Pending:
        pickled = pickle.dumps(make())
        fit = _Fit(pickled, train, test, self._send(pickled, train, test))
        self._pending.append(fit)
        return partial(self._await, fit)

    def _send(self, estimator: bytes, train: np.ndarray, test: np.ndarray) -> "Future":
        async def start() -> "Future":
            rows = [await self._scatter(hashlib.sha256(each.data).digest(), each) for each in (train, test)]
            samples = await self._scatter(b"samples", self.samples)
            arguments = (samples, estimator, *rows, self.clock, environment())
            return self.cluster.client.submit(fit_task, *arguments, pure=False)

        return self.cluster.call(start)

    async def _scatter(self, key: bytes, value: object) -> "Future":
        """Send a value to a worker, from which the others fetch it, unless one of them holds it."""
        if key not in self._scattered or self._scattered[key].cancelled():
            # Without workers, scattering fails sooner than the cluster counts as lost.
            await self.cluster.client.wait_for_workers(1)
            self._scattered[key] = await self.cluster.client.scatter(value, hash=False)
        return self._scattered[key]

    def _await(self, fit: _Fit, on_progress: ProgressCallback) -> FitResult:
        from distributed.scheduler import KilledWorker

        while isinstance(outcome := self.cluster.call(partial(_outcome, fit.future)), CancelledError):
            self._send_again()
        # The worker may forget it.
        self._pending.remove(fit)
        del fit.future
        if isinstance(outcome, KilledWorker):
            raise TrainingFailed(
                "The Dask workers that made a fit were killed, most likely for lack of memory; send fewer rows or "
                "columns, or give workers more memory."
            ) from outcome
        if isinstance(outcome, BaseException):
            raise outcome
        on_progress(1.0)
        return outcome

    def _send_again(self) -> None:
        """Send all fits again that were cancelled, as the only worker with their rows was lost."""
        for fit in [each for each in self._pending if each.future.cancelled()]:
            if fit.sent == MAX_SENT:
                raise self.cluster.lost(f"so were {fit.sent} workers with the rows of a fit")
            fit.sent += 1
            fit.future = self._send(fit.estimator, fit.train, fit.test)


async def _outcome(future: "Future") -> FitResult | BaseException:
    """Return the result of a fit, or the exception that it has raised or that cancelled it."""
    try:
        error: BaseException | None = await future.exception()
        result: FitResult | BaseException = await future.result() if error is None else error
    except CancelledError as cancelled:
        return cancelled
    return result
