"""Requests that arrive together are predicted together; one that is alone does not wait for others."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlapp.ml.inference.lane import Answered, Lane
    from mlapp.ml.inference.rows import Row
    from mlapp.services.admission import Pool
    from mlapp.services.monitoring.service import MonitoringService

    Waiting = list[tuple[list[Row], asyncio.Future[bytes | None]]]

MOST_ROWS = 64
"""Rows that are predicted in one call, where several requests make them up."""


@dataclass
class Batches:
    """Collects what arrives in two turns of the event loop, or while a slower call is under way."""

    pool: "Pool"
    monitoring: "MonitoringService"
    _waiting: "dict[Lane, Waiting]" = field(default_factory=dict)
    _busy: "set[Lane]" = field(default_factory=set)
    """Lanes with a call in the pool."""

    @property
    def calls(self) -> float:
        """About how many calls will be made for what waits."""
        return sum(map(len, self._waiting.values())) / MOST_ROWS

    def ask(self, lane: "Lane", rows: "list[Row]") -> "asyncio.Future[bytes | None]":
        """Return what will be the body of the answer; None where the rows are not for a lane to answer."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes | None] = loop.create_future()
        if lane in self._waiting:
            self._waiting[lane].append((rows, future))
        else:
            self._waiting[lane] = [(rows, future)]
            # Not in the next turn but the one after: sockets are read in between, and on 64 connections batches of 64
            # came of it where there had been some of 1 and some of 60: 1.6 x as many requests a second, for a turn of
            # some microseconds where nobody else asks.
            loop.call_soon(loop.call_soon, self._go, lane)
        return future

    def _go(self, lane: "Lane") -> None:
        """Predict what waits, unless a call is under way: its end comes back here."""
        if lane in self._busy or lane not in self._waiting:
            return
        waiting = self._waiting.pop(lane)
        count = _first(waiting)
        if count < len(waiting):
            self._waiting[lane] = waiting[count:]
            asyncio.get_running_loop().call_soon(self._go, lane)
        now = waiting[:count]
        requests = [rows for rows, _ in now]
        if lane.quick:
            self._settle(lane, now, lane.answer(requests))
            return
        self._busy.add(lane)
        call = asyncio.ensure_future(self.pool.run(partial(lane.answer, requests)))
        call.add_done_callback(partial(self._came, lane, now))

    def _came(self, lane: "Lane", now: "Waiting", call: "asyncio.Future[Answered]") -> None:
        self._busy.remove(lane)
        self._settle(lane, now, call.result())
        self._go(lane)

    def _settle(self, lane: "Lane", now: "Waiting", answered: "Answered") -> None:
        for (_, future), body in zip(now, answered.bodies, strict=True):
            # Whoever asked may have gone.
            if not future.done():
                future.set_result(body)
        if answered.rows:
            self.monitoring.note_rows(lane.model, answered.rows, answered.predictions)


def _first(waiting: "Waiting") -> int:
    """Return how many of the requests make up a call: one at least."""
    rows = 0
    for count, (asked, _) in enumerate(waiting):
        rows += len(asked)
        if count and rows > MOST_ROWS:
            return count
    return len(waiting)
