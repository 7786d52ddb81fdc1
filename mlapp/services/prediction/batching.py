"""Micro-batching: rows of requests that arrive together are predicted together, and a lone request does not wait."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    from mlapp import ml
    from mlapp.services.admission import Pool
    from mlapp.services.prediction.responses import Note

MAX_ROWS = 64
"""Rows that are predicted in one call, where several requests make them up."""


class _Waiting(NamedTuple):
    x: "np.ndarray"
    predicted: "asyncio.Future[tuple[np.ndarray, bool]]"


@dataclass
class Batcher:
    """Collects what arrives in two iterations of the event loop, or during a call in the pool."""

    pool: "Pool"
    note: "Note"
    _waiting: "dict[ml.FittedModel, list[_Waiting]]" = field(default_factory=dict)
    _busy: "set[ml.FittedModel]" = field(default_factory=set)
    """Models with a call in the pool."""

    @property
    def calls(self) -> float:
        """About how many calls will be made for what waits."""
        return sum(map(len, self._waiting.values())) / MAX_ROWS

    def predict(self, fitted: "ml.FittedModel", x: "np.ndarray") -> "asyncio.Future[tuple[np.ndarray, bool]]":
        """Return the predictions for encoded rows, and whether any of these has a value that training did not see.

        Raises:
            Exception: whatever the estimator raises, also for another request of the batch.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(x, loop.create_future())
        if fitted in self._waiting:
            self._waiting[fitted].append(waiting)
        else:
            self._waiting[fitted] = [waiting]
            # Not in the next iteration but the one after: sockets are read in between. On 64 connections, batches of 64
            # came of it where there had been some of 1 and some of 60: 1.6 x the throughput, for some microseconds of
            # latency where nobody else asks.
            loop.call_soon(loop.call_soon, self._start, fitted)
        return waiting.predicted

    def _start(self, fitted: "ml.FittedModel") -> None:
        """Predict what waits, unless a call is in the pool: its end comes back here."""
        if fitted in self._busy or fitted not in self._waiting:
            return
        waiting = self._waiting.pop(fitted)
        count = _first(waiting)
        if count < len(waiting):
            self._waiting[fitted] = waiting[count:]
            asyncio.get_running_loop().call_soon(self._start, fitted)
        batch = waiting[:count]
        call = partial(fitted.predict_batch, [each.x for each in batch])
        if not fitted.is_fast:
            self._busy.add(fitted)
            pooled = asyncio.ensure_future(self.pool.run(call))
            pooled.add_done_callback(partial(self._came, fitted, batch))
            return
        try:
            self._settle(fitted, batch, call())
        except Exception as error:  # noqa: BLE001 - each request answers for it
            _fail(batch, error)

    def _came(self, fitted: "ml.FittedModel", batch: list[_Waiting], call: "asyncio.Future[ml.Batch]") -> None:
        self._busy.remove(fitted)
        if error := call.exception():
            _fail(batch, error)
        else:
            self._settle(fitted, batch, call.result())
        self._start(fitted)

    def _settle(self, fitted: "ml.FittedModel", batch: list[_Waiting], found: "ml.Batch") -> None:
        self.note(fitted.model, found.x, found.predicted)
        start, unusual = 0, found.unusual.tolist()
        for each in batch:
            end = start + len(each.x)
            # The client may have gone.
            if not each.predicted.done():
                each.predicted.set_result((found.predicted[start:end], any(unusual[start:end])))
            start = end


def _fail(batch: list[_Waiting], error: BaseException) -> None:
    for each in batch:
        if not each.predicted.done():
            each.predicted.set_exception(error)


def _first(waiting: list[_Waiting]) -> int:
    """Return how many of the requests make up a batch: one at least."""
    rows = 0
    for count, each in enumerate(waiting):
        rows += len(each.x)
        if count and rows > MAX_ROWS:
            return count
    return len(waiting)
