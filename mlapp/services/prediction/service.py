"""PredictionService: predicts rows with the active or another version of a model, for API and pages."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from mlapp.schemas import Format, Record, VersionInfo, VersionKey
from mlapp.services.admission import Release
from mlapp.services.jobs.runner import Processes
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction import reading
from mlapp.services.prediction.batching import Batcher
from mlapp.services.prediction.limits import Limits
from mlapp.services.prediction.reading import Body, Signature
from mlapp.services.prediction.responses import AS_SENT, Formats, PredictionResult
from mlapp.services.prediction.rows import ColumnPredictor, PredictedColumns, RowExplainer, RowPredictor, TablePredictor
from mlapp.services.prediction.table_reader import TableReader
from mlapp.services.prediction.trials import Trials
from mlapp.services.prediction.versions.active_versions import ActiveVersions
from mlapp.services.prediction.versions.version_cache import LOADED_BYTES, VersionCache
from mlapp.services.stored_versions import version_number
from mlapp.store import ModelStore

if TYPE_CHECKING:
    from mlapp import ml

__all__ = ["AS_SENT", "Body", "PredictedColumns", "PredictionResult", "PredictionService", "Signature"]

T = TypeVar("T")


@dataclass
class PredictionService:
    """Predicts rows: small requests in batches, tables in chunks."""

    store: ModelStore
    recorder: TrafficRecorder
    processes: Processes = field(default_factory=Processes)
    loaded_bytes: int = LOADED_BYTES
    """Limit on the size of the files of loaded versions, except the active one of the default model."""

    def __post_init__(self) -> None:
        self._cache = VersionCache(self.store, self.loaded_bytes)
        self._active = ActiveVersions(self.store, self._cache)
        self._limits = Limits()
        self._batcher = Batcher(self._limits.small, self.recorder.add_rows)
        self._rows = RowPredictor(self.recorder, self._limits, self._batcher)
        self._explainer = RowExplainer(self._limits)
        self._tables = TablePredictor(self._limits, self._explainer, self.recorder.add_rows)
        self._columns = ColumnPredictor(self._rows, self._limits, self.recorder)
        self._reader = TableReader(self.processes)
        # What pages show of rows that somebody tries out.
        self.trials = Trials(self.fitted, self._limits, self._reader, self._explainer)

    async def start(self) -> None:
        """Start loading the active version of the default model and following changes by other processes."""
        self._active.start()

    async def close(self) -> None:
        """Stop following changes; requests in flight are completed."""
        self._active.close()
        self._cache.close()
        self._limits.close()

    @property
    def default(self) -> str | None:
        """The default model; None if there is none."""
        return self._active.default

    def active(self, model: str | None = None) -> VersionInfo | None:
        """Return the loaded version that answers for a model, by default the default one; None if none is loaded."""
        fitted = self._active.peek(model)
        return fitted.info if fitted else None

    @property
    def message(self) -> str:
        """The state of the default model in a sentence, for clients."""
        return self._active.message()

    def problem(self, model: str | None = None) -> str | None:
        """Return why the active version of a model cannot be loaded; None if it is loaded, or was not asked."""
        return self._active.problem(model)

    @property
    def wanted(self) -> int | None:
        """The active version of the default model in the store, whether or not it is loaded."""
        return self._active.wanted(None)

    @property
    def loaded_sizes(self) -> dict[VersionKey, int]:
        """The size of the file of each loaded version in bytes, except the active one of the default model."""
        return self._cache.sizes()

    async def check(self, record: Record, file: bytes) -> None:
        """Load a model file that is not stored yet.

        Raises:
            TrainingFailed: it cannot be loaded.
        """
        await self._cache.check(record, file)

    async def refresh(self, model: str) -> None:
        """Load the active version of a model if it is in use or the default one; the previous one answers until then.

        Notices if the model was deleted, and if another one is the default now.
        """
        await self._active.refresh(model)

    async def fitted(self, model: str | None = None, version: int | None = None) -> "ml.FittedVersion":
        """Return a loaded version, by default the active one of the default model.

        Raises:
            NotFound: the model or version does not exist.
            Conflict: the version cannot be loaded.
            Unavailable: no active version can be loaded.
        """
        if version is not None:
            key = VersionKey(await self._name(model), version)
            # Also of a loaded one, which may have been deleted.
            await asyncio.to_thread(self.store.record, *key)
            return await self._cache.load_requested(key)
        return self._active.loaded(model) or await self._active.get(model)

    def admit(self, size: int | None, model: str | None = None) -> Release:
        """Acquire a slot for a request by the size of its body in bytes (None: unknown), and return its release.

        Raises:
            Overloaded: too many requests are in flight, to all models or to this one.
        """
        name = model or self.default
        with self.recorder.rejections(name):
            return self._limits.admit(size, name, self._batcher.calls(self._active.peek(name)))

    def admit_message(self, size: int | None) -> Release:
        """Acquire a slot for a message that names its model inside, until it has been read; see `admit`.

        Raises:
            Overloaded: too many requests are in flight.
        """
        return self._limits.admit(size, None, 0)

    async def predict(
        self,
        body: Body,
        formats: Formats = AS_SENT,
        model: str | None = None,
        version: int | None = None,
        *,
        strict: bool = False,
    ) -> PredictionResult:
        """Predict rows, and return the response in the format that belongs to the one of the body.

        The whole body is validated before the first byte is returned. `version` overrules the option.

        Raises:
            MlappError: the version is not available, or the rows cannot be read or predicted.
        """
        # Avoids a coroutine if the active version is loaded.
        fitted = None if version or body.options else self._active.loaded(model)
        with self.recorder.request(model or self.default):
            fitted = fitted or await self._requested(model, body.options.get("version"), version)
            if reading.is_small(body) and formats[Format.JSON] is Format.JSON:
                rows, keys = reading.read_json(body, fitted)
                if not keys:
                    found = await self._rows.predict(fitted, rows, strict=strict)
                    data = fitted.answers.json(*found)
                    return PredictionResult(*fitted.key, Format.JSON, found.warnings.total, data)
            result = await self._predict_table(fitted, body, formats, strict=strict)
            self.recorder.add_warnings(result.model, result.warnings_total)
            return result

    async def predict_columns(
        self, body: Body, write: Callable[[PredictedColumns], T], model: str, *, strict: bool = False
    ) -> T:
        """Predict the rows of a request in another protocol, and return the response that `write` makes of columns.

        Raises:
            MlappError: the version is not available, or the rows cannot be read or predicted.
        """
        with self.recorder.request(model):
            fitted = await self._requested(model, body.options.get("version"))
            return await self._columns.predict(fitted, body, write, strict=strict)

    async def signature(self, model: str, version: str | None = None) -> Signature:
        """Return what a version expects and returns, by default the active one; it is loaded if it is not yet.

        Raises:
            MlappError: the version is not available.
        """
        return reading.signature_of(await self._requested(model, version))

    async def _name(self, model: str | None) -> str:
        """Return the name of a model, by default that of the default one.

        Raises:
            Unavailable: there is no default model.
        """
        return model or self.default or (await self._active.get(None)).info.model

    async def _requested(
        self, model: str | None, option: int | str | None, version: int | None = None
    ) -> "ml.FittedVersion":
        """Return the loaded version that an option names, the active one by default."""
        if version is None and option is not None and option != "active":
            name = await self._name(model)
            version = await asyncio.to_thread(version_number, self.store, name, str(option))
        return await self.fitted(model, version)

    async def _predict_table(
        self, fitted: "ml.FittedVersion", body: Body, formats: Formats, *, strict: bool
    ) -> PredictionResult:
        pool = self._limits.pool(body)
        if body.translate:
            table, options = await pool.run(lambda: reading.read_translated(body, fitted), fitted.info.model)
        else:
            table, options = await self._reader.read(body, pool, fitted.info.model)
        if options.version is not None and "version" not in body.options:
            fitted = await self._requested(fitted.info.model, options.version)
        encoded = await pool.run(lambda: reading.encode_table(fitted, table, options, strict=strict), fitted.info.model)
        return await self._tables.predict(fitted, encoded, formats[table.format], pool)
