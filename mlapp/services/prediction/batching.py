"""Micro-batching: rows of concurrent requests are predicted in one call, without delaying a single request."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mlapp.errors import Unacceptable

if TYPE_CHECKING:
    import numpy as np

    from mlapp import ml
    from mlapp.services.admission import Pool
    from mlapp.services.prediction.responses import AddRows

MAX_BATCH_ROWS = 64
"""Maximum number of rows of a batch of several requests."""


class BatchedRows(NamedTuple):
    """The predicted rows of a request."""

    predicted: "np.ndarray"
    """As `FittedVersion.predict` returns them."""
    unusual: bool
    """Whether any row has a value outside the training data."""
    reliable: "np.ndarray | None"
    """Whether each row is like those of the training table, (rows,); None if all are."""


class _QueuedRequest(NamedTuple):
    x: "np.ndarray"
    predicted: "asyncio.Future[BatchedRows]"


@dataclass
class Batcher:
    """Collects requests for two iterations of the event loop, or while a batch of the same version is in the pool."""

    pool: "Pool"
    add_rows: "AddRows"
    _queued: "dict[ml.FittedVersion, list[_QueuedRequest]]" = field(default_factory=dict)
    _scheduled: bool = False
    """Whether `_start_all` will run."""
    _busy: "set[ml.FittedVersion]" = field(default_factory=set)
    """Versions with a batch in the pool."""

    def calls(self, fitted: "ml.FittedVersion | None") -> float:
        """Return the number of batches of a version that are queued, estimated."""
        return len(self._queued.get(fitted, ())) / MAX_BATCH_ROWS if fitted else 0.0

    def predict(self, fitted: "ml.FittedVersion", x: "np.ndarray") -> "asyncio.Future[BatchedRows]":
        """Predict encoded rows.

        Raises:
            Unacceptable: a pipeline that was fitted elsewhere cannot predict the rows.
            Exception: any other error of the estimator, also for another request of the batch.
        """
        loop = asyncio.get_running_loop()
        request = _QueuedRequest(x, loop.create_future())
        if fitted in self._queued:
            self._queued[fitted].append(request)
        else:
            self._queued[fitted] = [request]
        if not self._scheduled:
            self._scheduled = True
            # In the iteration after the next one, as sockets are read in between. With 64 connections, batches have 64
            # requests instead of 1 or 60: 1.6 times the throughput, for microseconds of latency of a single request.
            loop.call_soon(loop.call_soon, self._start_all)
        return request.predicted

    def _start_all(self) -> None:
        """Predict a batch of each version that has none in the pool."""
        self._scheduled = False
        for fitted in [*self._queued]:
            self._start(fitted)

    def _start(self, fitted: "ml.FittedVersion") -> None:
        """Predict a batch, unless one is in the pool: its callback starts the next one."""
        if fitted in self._busy or fitted not in self._queued:
            return
        queued = self._queued.pop(fitted)
        count = _batch_size(queued)
        if count < len(queued):
            self._queued[fitted] = queued[count:]
            asyncio.get_running_loop().call_soon(self._start, fitted)
        batch = queued[:count]
        # A single request may have more rows than a batch.
        if not fitted.is_fast or len(batch[0].x) > MAX_BATCH_ROWS:
            self._busy.add(fitted)
            call = partial(fitted.predict_batch, [request.x for request in batch])
            pooled = asyncio.ensure_future(self.pool.run(call, fitted.info.model))
            pooled.add_done_callback(partial(self._on_done, fitted, batch))
            return
        try:
            self._deliver(fitted, batch, fitted.predict_batch([request.x for request in batch]))
        except Exception as error:  # noqa: BLE001 - raised by each request
            self._fail(fitted, batch, error)

    def _on_done(
        self, fitted: "ml.FittedVersion", batch: list[_QueuedRequest], call: "asyncio.Future[ml.Batch]"
    ) -> None:
        self._busy.remove(fitted)
        if error := call.exception():
            self._fail(fitted, batch, error)
        else:
            self._deliver(fitted, batch, call.result())
        self._start(fitted)

    def _deliver(self, fitted: "ml.FittedVersion", batch: list[_QueuedRequest], predicted: "ml.Batch") -> None:
        self.add_rows(fitted.info, predicted.x, predicted.predicted)
        start, unusual, is_reliable = 0, predicted.unusual.tolist(), predicted.reliable.tolist()
        for request in batch:
            end = start + len(request.x)
            # Done if the client has disconnected.
            if not request.predicted.done():
                reliable = None if all(is_reliable[start:end]) else predicted.reliable[start:end]
                rows = BatchedRows(predicted.predicted[start:end], any(unusual[start:end]), reliable)
                request.predicted.set_result(rows)
            start = end

    def _fail(self, fitted: "ml.FittedVersion", batch: list[_QueuedRequest], error: BaseException) -> None:
        """Raise an error in the request of a batch; of several, each is predicted alone if one cannot be predicted."""
        if isinstance(error, Unacceptable) and len(batch) > 1:
            for request in batch:
                call = partial(fitted.predict_batch, [request.x])
                pooled = asyncio.ensure_future(self.pool.run(call, fitted.info.model))
                pooled.add_done_callback(partial(self._on_alone, fitted, request))
            return
        for request in batch:
            if not request.predicted.done():
                request.predicted.set_exception(error)

    def _on_alone(self, fitted: "ml.FittedVersion", request: _QueuedRequest, call: "asyncio.Future[ml.Batch]") -> None:
        if error := call.exception():
            self._fail(fitted, [request], error)
        else:
            self._deliver(fitted, [request], call.result())


def _batch_size(queued: list[_QueuedRequest]) -> int:
    """Return the number of requests in the next batch, at least 1."""
    if len(queued) == 1:
        return 1
    rows = 0
    for count, request in enumerate(queued):
        rows += len(request.x)
        if count and rows > MAX_BATCH_ROWS:
            return count
    return len(queued)
