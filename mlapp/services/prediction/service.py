"""PredictionService: predictions of rows, for programs and pages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from mlapp import ml, tables
from mlapp.errors import Overloaded
from mlapp.schemas import Format, Model, PredictionPreview, PredictResponse, WhatIf
from mlapp.services.admission import PREFETCH, Pool, Slots, prefetch
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction import responses
from mlapp.services.prediction.active_version import ActiveVersion
from mlapp.services.prediction.batching import Batcher
from mlapp.services.prediction.model_cache import ModelCache, use_one_thread
from mlapp.services.prediction.responses import Body
from mlapp.store import ModelStore

if TYPE_CHECKING:
    from mlapp.tables import JsonRows

__all__ = ["Body", "Predicted", "PredictionService"]

CHUNK_ROWS = 10_000
BATCHED_BYTES = 16_000
"""JSON bodies up to here are read on the event loop, and predicted together with others."""
SMALL_BYTES = 100_000
"""Bodies beyond this queue up apart, so that single rows do not wait for them."""
SMALL_SLOTS = 1_000
"""Requests with small bodies in flight. To reject one costs more than to answer it: where 256 were admitted, 900
connections got 0.1 of what 64 got."""
LARGE_SLOTS = 5
"""Requests with larger bodies in flight: one that is predicted, and four that are on their way in or out."""
MAX_WAIT_S = 0.5
"""Where small bodies would wait longer than this for their turn, further ones are rejected."""


class Predicted(NamedTuple):
    """Predictions on their way out."""

    version: int
    format: Format
    warnings_total: int
    body: bytes | AsyncIterator[bytes]
    """As a whole where that is little, else in chunks."""

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """The body in chunks."""
        return _each([self.body]) if isinstance(self.body, bytes) else self.body


@dataclass
class PredictionService:
    """Answers from the active version, or from any other one."""

    store: ModelStore
    recorder: TrafficRecorder
    _small: Pool = field(default_factory=lambda: Pool("predict", 1, use_one_thread))
    _bulk: Pool = field(default_factory=lambda: Pool("predict-bulk", PREFETCH, use_one_thread))
    _small_slots: Slots = field(default_factory=lambda: Slots(SMALL_SLOTS, "predictions"))
    _large_slots: Slots = field(default_factory=lambda: Slots(LARGE_SLOTS, "predictions for tables"))

    def __post_init__(self) -> None:
        self._cache = ModelCache(self.store)
        self._active = ActiveVersion(self.store, self._cache)
        self._batcher = Batcher(self._small, self.recorder.add_rows)

    async def start(self) -> None:
        """Begin to load the active version, and to follow what other processes activate."""
        self._active.start()

    async def close(self) -> None:
        """Stop following; requests in flight are answered."""
        self._active.close()
        self._cache.close()
        for pool in (self._small, self._bulk):
            pool.close()

    @property
    def active(self) -> Model | None:
        """The model that answers when no version is asked for."""
        return self._active.fitted.model if self._active.fitted else None

    @property
    def message(self) -> str:
        """What to expect of it, in a sentence."""
        return self._active.message

    @property
    def problem(self) -> str | None:
        """Why the version that is active in the store does not answer; None when it does, or when it is loading."""
        return self._active.problem

    @property
    def wanted(self) -> int | None:
        """The version that is active in the store, whether it answers here or not."""
        return self._active.wanted

    async def refresh(self) -> None:
        """Take up the version that is active in the store; the old one answers until the new one is loaded."""
        await self._active.refresh()

    async def fitted(self, version: int | None = None) -> "ml.FittedModel":
        """Return a version ready to answer, the active one by default.

        Raises:
            NotFound: there is no such version.
            Conflict: it cannot be loaded.
            Unavailable: there is no active version that can answer.
        """
        active = self._active.fitted
        if active and version in (None, active.model.version):
            return active
        return await (self._active.get() if version is None else self._cache.get(version))

    def admit(self, size: int | None) -> Slots:
        """Acquire a slot for a request by the size of its body in bytes (None: unknown); the caller releases it.

        Raises:
            Overloaded: too many are in flight to be answered in time.
        """
        with self.recorder.rejections():
            if size is None or size > SMALL_BYTES:
                return self._large_slots.acquire()
            if self._small.wait_s(self._batcher.calls) > MAX_WAIT_S:
                raise Overloaded("More is asked than can be predicted in time; try again in a moment.")
            return self._small_slots.acquire()

    async def predict(
        self, body: Body, wanted: Format, version: int | None = None, *, strict: bool = False
    ) -> Predicted:
        """Predict rows, and write them with their predictions in the wanted format.

        The body is validated to its end before the first byte is written.

        Raises:
            MlappError: the version cannot answer, or the body is not rows that it can predict.
        """
        with self.recorder.request():
            # Without a coroutine of its own where that can be.
            fitted = self._active.fitted if version is None else None
            fitted = fitted or await self.fitted(version)
            if wanted is body.format is Format.JSON and len(body.data) <= BATCHED_BYTES:
                answer = await self._answer(fitted, responses.read_json(body.data), strict=strict)
                return Predicted(fitted.model.version, wanted, answer.warnings_total or 0, responses.to_json(answer))
            predicted = await self._predict_table(fitted, body, wanted, strict=strict)
            self.recorder.add_warnings(predicted.warnings_total)
            return predicted

    async def answer(self, records: list[dict[str, Any]], version: int | None = None) -> PredictResponse:
        """Predict records of JSON scalars.

        Raises:
            MlappError: the version cannot answer, or the records are not rows that it can predict.
        """
        with self.recorder.request():
            return await self._answer(await self.fitted(version), tables.JsonRows(records))

    async def sample(self, body: Body, version: int | None = None, rows: int = 10) -> PredictionPreview:
        """Show how the file that answers a table begins; the table is validated to its end, as `predict` does.

        Raises:
            MlappError: the version cannot answer, or the body is not rows that it can predict.
        """
        fitted = await self.fitted(version)
        return await self._pool(body).run(lambda: responses.sample(fitted, body, rows))

    async def what_if(self, record: dict[str, Any], feature: str, version: int | None = None) -> WhatIf:
        """Predict a record of JSON scalars again with each of the values that training saw in a feature.

        Raises:
            MlappError: the version cannot answer, it has no such feature, or it cannot predict the record.
        """
        fitted = await self.fitted(version)
        return await self._small.run(lambda: ml.what_if(fitted, record, feature))

    async def _answer(self, fitted: "ml.FittedModel", sent: "JsonRows", *, strict: bool = False) -> PredictResponse:
        """Predict a few rows, together with those of other requests."""
        x = fitted.encoder.encode_plain(sent)
        if x is None:
            x = await self._small.run(lambda: fitted.encoder.encode(sent.table()))
        if strict:
            fitted.validator.refuse_unusual(sent.table(), x)
        predicted, unusual = await self._batcher.predict(fitted, x)
        if not unusual:
            return fitted.answer(predicted)
        if not fitted.encoder.is_exact(x):
            x = await self._small.run(lambda: fitted.encoder.encode(sent.table()))
        warnings = fitted.validator.warnings(sent.table(), x)
        self.recorder.add_warnings(warnings.total)
        return fitted.answer(predicted, warnings)

    async def _predict_table(self, fitted: "ml.FittedModel", body: Body, wanted: Format, *, strict: bool) -> Predicted:
        pool, note, version = self._pool(body), self.recorder.add_rows, fitted.model.version
        if wanted is Format.JSON:
            rows = await pool.run(lambda: responses.read_rows(fitted, body, strict=strict))
            pieces = await pool.run(lambda: responses.write_json(fitted, rows, note))
            return Predicted(version, wanted, rows.warnings.total, _each(pieces))
        rows = await pool.run(lambda: responses.read_file_rows(fitted, body, strict=strict))
        # Parquet has its index at the end: it is written in one piece.
        size = len(rows.x) if wanted is Format.PARQUET else CHUNK_ROWS
        parts = [slice(start, start + size) for start in range(0, len(rows.x), size)]
        calls = (partial(responses.write_file, fitted, rows, wanted, part, note) for part in parts)
        return Predicted(version, wanted, rows.warnings.total, prefetch(pool, calls))

    def _pool(self, body: Body) -> Pool:
        return self._small if len(body.data) <= SMALL_BYTES else self._bulk


async def _each(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
