"""PredictionService: the model in memory, and its answers."""

import asyncio
import logging
import time
import traceback
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from mlapp import ml
from mlapp.errors import Conflict, MlappError, Overloaded, Unavailable
from mlapp.schemas import Answer, Format, Model, Sample, WhatIf
from mlapp.services.admission import PREFETCH, Pool, Slots, prefetch
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.outages import Outage
from mlapp.services.prediction import responses
from mlapp.services.prediction.batching import Batches
from mlapp.services.prediction.loading import leave_to_stay, load_libraries, loading, use_one_thread
from mlapp.services.prediction.responses import Body
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore

__all__ = ["Body", "Predicted", "PredictionService"]

log = logging.getLogger(__name__)

T = TypeVar("T")

LOADING_S = 30.0
"""How long a request waits for what is still loading after a start."""
WATCH_S = 0.5
"""How often it looks whether another process activated a model."""
RETRY_S, MAX_RETRY_S = 5.0, 3_600.0
"""How long until it tries again to load an active model that cannot be loaded: twice as long each time, up to this."""
KEPT = 4
"""Versions that stay in memory."""
CHUNK_ROWS = 10_000
SMALL_BYTES = 100_000
"""Bodies beyond this queue up apart, so that single rows do not wait for them."""
SMALL_SLOTS = 1_000
"""Requests with small bodies that may be in flight. To reject one costs more than to answer a plain row: where 256
were admitted, 900 connections got 0.1 of what 64 got."""
LARGE_SLOTS = 5
"""Requests with larger ones: one that is predicted, and four that are on their way in or out."""
MOST_WAIT_S = 0.5
"""Where those with small bodies would wait longer than this for their turn, further ones are refused."""


@dataclass(frozen=True)
class Predicted:
    """Predictions on their way out."""

    version: int
    format: Format
    chunks: AsyncIterator[bytes]
    warnings_total: int


@dataclass
class PredictionService:
    """Answers from the active model, which is swapped whole when another one is activated.

    Where that one cannot be loaded, the model that answered before goes on.
    """

    store: ModelStore
    monitoring: MonitoringService
    _active: "ml.FittedModel | None" = None
    """The model that answers."""
    _kept: "dict[int, ml.Lane]" = field(default_factory=dict)
    _seen: int | None = None
    """The active version of the store when it was last looked at."""
    _problem: MlappError | None = None
    """Why that version cannot answer."""
    _retry_at: float = 0.0
    """When to try again to load it, by `time.monotonic`."""
    _pause_s: float = 0.0
    """How long it waits from one try to the next."""
    _told: set[int] = field(default_factory=set)
    """Versions that were asked for and cannot be loaded, as the log says."""
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)
    _loader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "load"))
    _small: Pool = field(default_factory=lambda: Pool("predict", 1, use_one_thread))
    _bulk: Pool = field(default_factory=lambda: Pool("predict-bulk", PREFETCH, use_one_thread))
    _small_slots: Slots = field(default_factory=lambda: Slots(SMALL_SLOTS, "predictions"))
    _large_slots: Slots = field(default_factory=lambda: Slots(LARGE_SLOTS, "predictions for tables"))
    _lane: "ml.Lane | None" = None
    """Of the active model."""
    _watcher: asyncio.Task[None] | None = None
    _warm: bool = False
    """Whether what predicts is loaded."""
    _outage: Outage = field(default_factory=lambda: Outage(log, "The store cannot be followed"))

    def __post_init__(self) -> None:
        self._batches = Batches(self._small, self.monitoring)

    async def start(self) -> None:
        """Begin to load the active model, and to follow what other processes activate."""
        self._watcher = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop following; requests under way are answered."""
        if self._watcher:
            self._watcher.cancel()
        self._loader.shutdown(wait=False)
        for pool in (self._small, self._bulk):
            pool.close()

    @property
    def active(self) -> Model | None:
        """The model that answers when no version is asked for."""
        return self._active.model if self._active else None

    @property
    def message(self) -> str:
        """What to expect of it, in a sentence."""
        if self._active and self._problem:
            return f"Model {self._active.model.version} answers in place of the active one. {self._problem.detail}"
        if self._active:
            return f"Model {self._active.model.version} answers."
        if not self._loaded.is_set():
            return "The model is still loading; try again in a few seconds."
        if self._outage.failures:
            return "The store cannot be read now, see the log; try again in a moment."
        return self._problem.detail if self._problem else "There is no model yet; train one: POST /train."

    @property
    def problem(self) -> str | None:
        """Why the version that is active in the store does not answer; None when it does, or when it is loading."""
        return self._problem.detail if self._problem else None

    @property
    def wanted(self) -> int | None:
        """The version that is active in the store, whether it answers here or not."""
        return self._seen

    async def refresh(self) -> None:
        """Take up the version that is active in the store; the old one answers until the new one is loaded."""
        await _run(self._loader, self._load_active)
        self._loaded.set()

    async def fitted(self, version: int | None = None) -> "ml.FittedModel":
        """Return a version ready to answer, the active one by default.

        Raises:
            NotFound: there is no such version.
            Conflict: it cannot be loaded.
            Unavailable: there is no active model that can answer.
        """
        if version is None or (self._active and self._active.model.version == version):
            return await self._ready()
        try:
            return (await _run(self._loader, lambda: self._load(version))).fitted
        except Conflict as error:
            if error.__cause__ and version not in self._told:
                self._told.add(version)
                log.error("%s", error.detail, extra=_trace(error))  # noqa: TRY400 - with the trace of its cause
            raise

    def admit(self, size: int | None) -> Slots:
        """Acquire a slot for a request by the size of its body in bytes (None: unknown); the caller releases it.

        Raises:
            Overloaded: too many are in flight to be answered in time.
        """
        with self.monitoring.refusals():
            if size is None or size > SMALL_BYTES:
                return self._large_slots.acquire()
            if self._small.wait_s(self._batches.calls) > MOST_WAIT_S:
                raise Overloaded("More is asked than can be predicted in time; try again in a moment.")
            return self._small_slots.acquire()

    async def answer(self, body: Body, version: int | None = None, *, strict: bool = False) -> Answer:
        """Predict rows.

        Raises:
            MlappError: the version cannot answer, or the body is not rows that it can predict.
        """
        with self.monitoring.request():
            fitted = await self.fitted(version)
            note = self.monitoring.note
            answer = await self._pool(body).run(lambda: responses.answer(fitted, body, note, strict=strict))
            self.monitoring.warned(answer.warnings_total or 0)
            return answer

    async def quick(self, body: bytes) -> tuple[int, bytes] | None:
        """Answer a JSON body of a few plain rows by the active model, or None when it takes `predict` to do so.

        Returns the version, and the same JSON that `predict` gives.
        """
        began, lane = time.perf_counter(), self._lane
        rows = lane.read(body) if lane else None
        if lane is None or rows is None:
            return None
        answer = await self._batches.ask(lane, rows)
        if answer is None:
            return None
        self.monitoring.answered(began)
        return lane.model.version, answer

    async def predict(
        self, body: Body, wanted: Format, version: int | None = None, *, strict: bool = False
    ) -> Predicted:
        """Predict rows, and write them down with their predictions in the wanted format.

        The body is checked to its end before the first byte is written.

        Raises:
            MlappError: the version cannot answer, or the body is not rows that it can predict.
        """
        with self.monitoring.request():
            predicted = await self._predict(body, wanted, version, strict=strict)
            self.monitoring.warned(predicted.warnings_total)
            return predicted

    async def _predict(self, body: Body, wanted: Format, version: int | None, *, strict: bool) -> Predicted:
        fitted = await self.fitted(version)
        pool, note = self._pool(body), self.monitoring.note
        if wanted is Format.JSON:
            data, total = await pool.run(lambda: responses.answer_json(fitted, body, note, strict=strict))
            return Predicted(fitted.model.version, wanted, _each(data), total)
        table, checked = await pool.run(lambda: responses.check_file(fitted, body, strict=strict))
        # Parquet has its index at the end: it is written in one piece.
        size = table.frame.height if wanted is Format.PARQUET else CHUNK_ROWS

        slices = [slice(start, start + size) for start in range(0, table.frame.height, size)]
        calls = (partial(responses.write, fitted, table, checked.frame, wanted, rows, note) for rows in slices)
        return Predicted(fitted.model.version, wanted, prefetch(pool, calls), checked.warnings_total)

    async def sample(self, body: Body, version: int | None = None, rows: int = 10) -> Sample:
        """Show how the file that answers a table begins; the table is checked to its end, as `predict` does.

        Raises:
            MlappError: the version cannot answer, or the body is not rows that it can predict.
        """
        fitted = await self.fitted(version)
        return await self._pool(body).run(lambda: responses.sample(fitted, body, rows))

    async def what_if(self, record: dict[str, Any], feature: str, version: int | None = None) -> WhatIf:
        """Predict a row, given as JSON values, once more for each of the values that training saw in a feature.

        Raises:
            MlappError: the version cannot answer, it has no such feature, or it cannot predict the row.
        """
        fitted = await self.fitted(version)
        return await self._small.run(lambda: responses.what_if(fitted, record, feature))

    def _pool(self, body: Body) -> Pool:
        return self._small if len(body.data) <= SMALL_BYTES else self._bulk

    async def _ready(self) -> "ml.FittedModel":
        with suppress(TimeoutError):
            await asyncio.wait_for(self._loaded.wait(), LOADING_S)
        if self._active is None:
            raise Unavailable(self.message)
        return self._active

    async def _watch(self) -> None:
        while True:
            with self._outage.endure():
                await self._follow()
            # Where nothing answers because of an outage, nobody should wait for it.
            self._loaded.set()
            await asyncio.sleep(WATCH_S)

    async def _follow(self) -> None:
        """Take up what another process activated; the first model there is brings the libraries with it."""
        active = await asyncio.to_thread(self.store.active)
        if active != self._seen:
            if self._active is None:
                self._loaded.clear()
            await self.refresh()
        elif self._problem and time.monotonic() >= self._retry_at:
            await self.refresh()
        self._loaded.set()
        # The libraries take 80 MB, which a server without a model can do without.
        if self._active and not self._warm:
            ml.use_one_thread()
            await _run(self._loader, leave_to_stay)
            self._warm = True

    def _load_active(self) -> None:
        seen = self.store.active()
        if seen is None:
            self._seen, self._active, self._lane, self._problem = None, None, None, None
            return
        try:
            lane = self._load(seen)
        except Unavailable:
            # The store cannot be read now: what answered until now goes on.
            raise
        except MlappError as error:
            self._note_problem(seen, error)
            return
        if self._problem:
            log.info("Model %s answers from now on.", seen)
        self._seen, self._active, self._lane, self._problem = seen, lane.fitted, lane, None

    def _note_problem(self, seen: int, problem: MlappError) -> None:
        """Note why the active version cannot answer, for what answered before to go on, and when to try again."""
        again = self._problem if seen == self._seen else None
        self._pause_s = min(2 * self._pause_s, MAX_RETRY_S) if again else RETRY_S
        self._retry_at = time.monotonic() + self._pause_s
        self._seen, self._problem = seen, problem
        if again is None or again.detail != problem.detail:
            self._told.add(seen)
            answering = self._active.model.version if self._active else None
            fields = {"wanted_version": seen, "answering_version": answering} | _trace(problem)
            log.error("The active model cannot answer: %s", problem.detail, extra=fields)

    def _load(self, version: int) -> "ml.Lane":
        model = describe(self.store, version)
        if version in self._kept:
            return self._kept[version]
        with loading(version):
            load_libraries()
            # With its lane, which asks it for predictions: one that cannot predict is not taken for loaded.
            lane = ml.Lane(ml.load_model(model, self.store.file(version)))
        self._told.discard(version)
        self._kept[version] = lane
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return lane


def _trace(error: MlappError) -> dict[str, str]:
    """Return the field of a log line that holds the trace of an error's cause, where it has one."""
    return {"trace": "".join(traceback.format_exception(error.__cause__))} if error.__cause__ else {}


async def _run(pool: ThreadPoolExecutor, call: Callable[[], T]) -> T:
    # With the context, so that log lines name the request.
    return await asyncio.get_running_loop().run_in_executor(pool, copy_context().run, call)


async def _each(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
