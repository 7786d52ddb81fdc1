"""PredictionService: predicts rows with the active version or another one, for API and pages."""

import asyncio
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from mlapp import ml, tables
from mlapp.errors import Overloaded
from mlapp.schemas import Format, PredictionPreview, PredictOptions, PredictResponse, VersionInfo, WhatIf
from mlapp.services.admission import PREFETCH, Pool, Slots, prefetch
from mlapp.services.jobs.runner import Processes
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction import reading, responses
from mlapp.services.prediction.active_version import ActiveVersion
from mlapp.services.prediction.batching import Batcher
from mlapp.services.prediction.model_cache import ModelCache, use_one_thread
from mlapp.services.prediction.preview import preview
from mlapp.services.prediction.reading import PACKED, Body
from mlapp.services.prediction.responses import AS_SENT, Formats, PredictionResult, iterate
from mlapp.services.prediction.table_reader import TableReader
from mlapp.services.stored_versions import version_number
from mlapp.store import ModelStore

if TYPE_CHECKING:
    import numpy as np

    from mlapp.ml.data.validation import Warnings
    from mlapp.tables import JsonRows

__all__ = ["AS_SENT", "Body", "PredictionResult", "PredictionService"]

BATCHED_BYTES = 16_000
"""Smaller JSON bodies are parsed on the event loop, and predicted in batches with other requests."""
SMALL_BYTES = 100_000
"""Larger bodies have their own pool, so that single rows do not wait for them."""
SMALL_SLOTS = 1_000
"""Maximum number of small requests in flight. Rejecting one costs more than answering it: with a limit of 256, 900
connections had a tenth of the throughput of 64."""
LARGE_SLOTS = 5
"""Maximum number of large requests in flight: one is predicted, and four are received or sent."""
MAX_WAIT_S = 0.5
"""Small requests are rejected if they would wait longer than this for a thread."""


@dataclass
class PredictionService:
    """Predicts rows: small requests in batches, tables in chunks."""

    store: ModelStore
    recorder: TrafficRecorder
    processes: Processes = field(default_factory=Processes)
    _small: Pool = field(default_factory=lambda: Pool("predict", 1, use_one_thread))
    _bulk: Pool = field(default_factory=lambda: Pool("predict-bulk", PREFETCH, use_one_thread))
    _small_slots: Slots = field(default_factory=lambda: Slots(SMALL_SLOTS, "predictions"))
    _large_slots: Slots = field(default_factory=lambda: Slots(LARGE_SLOTS, "predictions for tables"))

    def __post_init__(self) -> None:
        self._cache = ModelCache(self.store)
        self._active = ActiveVersion(self.store, self._cache)
        self._batcher = Batcher(self._small, self.recorder.add_rows)
        self._reader = TableReader(self.processes)

    async def start(self) -> None:
        """Start loading the active version and following activations by other processes."""
        self._active.start()

    async def close(self) -> None:
        """Stop following activations; requests in flight are completed."""
        self._active.close()
        self._cache.close()
        for pool in (self._small, self._bulk):
            pool.close()

    @property
    def active(self) -> VersionInfo | None:
        """The version that predicts by default; None if none is loaded."""
        return self._active.fitted.info if self._active.fitted else None

    @property
    def message(self) -> str:
        """The state of the active version in a sentence, for clients."""
        return self._active.message

    @property
    def problem(self) -> str | None:
        """Why the active version of the store is not loaded; None if it is loaded or loading."""
        return self._active.problem

    @property
    def wanted(self) -> int | None:
        """The active version of the store, whether or not it is loaded."""
        return self._active.wanted

    async def refresh(self) -> None:
        """Load the active version of the store; the previous one answers until then."""
        await self._active.refresh()

    async def fitted(self, version: int | None = None) -> "ml.FittedVersion":
        """Return a loaded version, the active one by default.

        Raises:
            NotFound: the version does not exist.
            Conflict: the version cannot be loaded.
            Unavailable: no active version is loaded.
        """
        active = self._active.fitted
        if active and version in (None, active.info.version):
            return active
        return await (self._active.get() if version is None else self._cache.get(version))

    def admit(self, size: int | None) -> Slots:
        """Acquire a slot for a request by the size of its body in bytes (None: unknown); the caller releases it.

        Raises:
            Overloaded: too many requests are in flight.
        """
        with self.recorder.rejections():
            if size is None or size > SMALL_BYTES:
                return self._large_slots.acquire()
            if self._small.wait_s(self._batcher.calls) > MAX_WAIT_S:
                raise Overloaded("More predictions are requested than can be made in time; try again in a moment.")
            return self._small_slots.acquire()

    async def predict(
        self, body: Body, formats: Formats = AS_SENT, version: int | None = None, *, strict: bool = False
    ) -> PredictionResult:
        """Predict rows, and return the response in the format that belongs to the one of the body.

        The whole body is validated before the first byte is returned. `version` overrules the option.

        Raises:
            MlappError: the version is not available, or the rows cannot be read or predicted.
        """
        with self.recorder.request():
            # Avoids a coroutine if the active version is loaded.
            fitted = None if version or body.options else self._active.fitted
            fitted = fitted or await self._requested(body.options.get("version"), version)
            if _is_small(body) and formats[Format.JSON] is Format.JSON:
                rows, keys = reading.read_json(body.data)
                if not keys:
                    predicted, warnings = await self._predict_rows(fitted, rows, strict=strict)
                    data = fitted.answer_json(predicted, warnings)
                    return PredictionResult(fitted.info.version, Format.JSON, warnings.total, data)
            result = await self._predict_table(fitted, body, formats, strict=strict)
            self.recorder.add_warnings(result.warnings_total)
            return result

    async def answer(self, records: list[dict[str, Any]], version: int | None = None) -> PredictResponse:
        """Predict records of JSON scalars.

        Raises:
            MlappError: the version is not available, or the records cannot be predicted.
        """
        with self.recorder.request():
            fitted = await self.fitted(version)
            return fitted.answer(*await self._predict_rows(fitted, tables.JsonRows(records)))

    async def preview(self, body: Body, version: int | None = None, rows: int = 10) -> PredictionPreview:
        """Return the first rows of the response to a table; the whole table is validated, as by `predict`.

        Raises:
            MlappError: the version is not available, or the rows cannot be read or predicted.
        """
        fitted, pool = await self.fitted(version), self._pool(body)
        table, options = await self._reader.read(body, pool)
        return await pool.run(lambda: preview(fitted, table, options, rows))

    async def what_if(self, record: dict[str, Any], feature: str, version: int | None = None) -> WhatIf:
        """Predict a record of JSON scalars over the values of one feature.

        Raises:
            MlappError: the version is not available or has no such feature, or the record cannot be predicted.
        """
        fitted = await self.fitted(version)
        return await self._small.run(lambda: ml.what_if(fitted, record, feature))

    async def _predict_rows(
        self, fitted: "ml.FittedVersion", rows: "JsonRows", *, strict: bool = False
    ) -> "tuple[np.ndarray, Warnings]":
        """Predict a few rows in a batch with other requests."""
        x = fitted.encoder.encode_plain(rows)
        if x is None or strict:
            return await self._predict_records(fitted, rows, strict=strict)
        predicted, unusual = await self._batcher.predict(fitted, x)
        if not unusual:
            return predicted, fitted.no_warnings
        if not fitted.encoder.is_exact(x):
            await self._small.run(lambda: fitted.encoder.encode(rows.table()))
        # The table is made once, and only for the text of unknown categories.
        table = cache(rows.table)
        warnings = fitted.validator.warnings(x, lambda row, name: table().text(row, name))
        self.recorder.add_warnings(warnings.total)
        return predicted, warnings

    async def _predict_records(
        self, fitted: "ml.FittedVersion", rows: "JsonRows", *, strict: bool
    ) -> "tuple[np.ndarray, Warnings]":
        """Predict a few rows that need conversion, or whose warnings are errors."""

        def encode() -> reading.EncodedTable:
            return reading.encode_table(fitted, rows.table(), PredictOptions(), strict=strict)

        encoded = await self._small.run(encode)
        predicted, _ = await self._batcher.predict(fitted, encoded.x)
        self.recorder.add_warnings(encoded.warnings.total)
        return predicted, encoded.warnings

    async def _requested(self, name: int | str | None, version: int | None = None) -> "ml.FittedVersion":
        """Return the loaded version that an option names, the active one by default."""
        if version is None and name is not None and name != "active":
            version = await asyncio.to_thread(version_number, self.store, str(name))
        return await self.fitted(version)

    async def _predict_table(
        self, fitted: "ml.FittedVersion", body: Body, formats: Formats, *, strict: bool
    ) -> PredictionResult:
        pool, add_rows = self._pool(body), self.recorder.add_rows
        table, options = await self._reader.read(body, pool)
        if options.version is not None and "version" not in body.options:
            fitted = await self._requested(options.version)
        format_, version = formats[table.format], fitted.info.version
        encoded = await pool.run(lambda: reading.encode_table(fitted, table, options, strict=strict))
        if format_ is Format.JSON:
            pieces = await pool.run(lambda: responses.write_json(fitted, encoded, add_rows))
            return PredictionResult(version, format_, encoded.warnings.total, iterate(pieces))
        responses.check_file(fitted, encoded)
        parts = responses.parts_of(encoded, format_)
        calls = (partial(responses.write_file, fitted, encoded, format_, part, add_rows) for part in parts)
        encoding = responses.encoding_of(fitted, encoded, format_)
        return PredictionResult(version, format_, encoded.warnings.total, prefetch(pool, calls), encoding)

    def _pool(self, body: Body) -> Pool:
        is_small = len(body.data) <= SMALL_BYTES and not body.data.startswith(PACKED)
        return self._small if is_small else self._bulk


def _is_small(body: Body) -> bool:
    """Return whether a body is JSON that is parsed on the event loop."""
    return body.format is Format.JSON and len(body.data) <= BATCHED_BYTES and body.options.keys() <= {"version"}
