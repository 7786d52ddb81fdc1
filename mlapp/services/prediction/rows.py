"""Prediction of rows: RowPredictor in batches with those of other requests, TablePredictor in chunks.

ColumnPredictor predicts them for other protocols, which have predictions as columns.

RowExplainer explains them.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mlapp import ml, tables
from mlapp.errors import Unacceptable
from mlapp.schemas import Explanation, Format, PredictOptions, Scalar, VersionInfo
from mlapp.services.admission import Pool, prefetch
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction import reading, responses
from mlapp.services.prediction.batching import BatchedRows, Batcher
from mlapp.services.prediction.limits import Limits
from mlapp.services.prediction.responses import PredictionResult, explain_rows, parts_of, write_file, write_json

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from mlapp.ml.data.validation import Warnings
    from mlapp.services.prediction.responses import AddRows
    from mlapp.tables import JsonRows

T = TypeVar("T")

CALL_ROWS = 5
"""Rows that are explained in one call: other requests have their turn after about a tenth of a second."""
NO_OPTIONS = PredictOptions()


class PredictedColumns(NamedTuple):
    """The predictions for the rows of a request, as columns of response files."""

    info: VersionInfo
    rows: int
    warnings: "Warnings"
    parts: "Iterable[pl.DataFrame]"
    """The columns by some rows at a time; `reliable` is among them where a row is not like those in training."""


class PredictedRows(NamedTuple):
    """What `Answers` makes a response of."""

    predicted: "np.ndarray"
    warnings: "Warnings"
    additions: "ml.Additions"


@dataclass
class RowPredictor:
    """Encodes, validates and predicts the rows of small requests."""

    recorder: TrafficRecorder
    limits: Limits
    batcher: Batcher

    async def predict(self, fitted: "ml.FittedVersion", rows: "JsonRows", *, strict: bool = False) -> PredictedRows:
        """Predict a few rows in a batch with other requests."""
        x = fitted.encoder.encode_plain(rows)
        if x is None or strict:
            return await self._predict_converted(fitted, rows, strict=strict)
        try:
            found = await self.batcher.predict(fitted, x)
        except Unacceptable:
            # Names the rows that a registered pipeline cannot predict.
            return await self._predict_converted(fitted, rows, strict=False)
        added = _additions(fitted, found)
        if not found.unusual:
            return PredictedRows(found.predicted, fitted.no_warnings, added)
        if not fitted.encoder.is_exact(x):
            await self.limits.small.run(lambda: fitted.encoder.encode(rows.table()), fitted.info.model)
        # The table is made once, and only for the text of unknown categories.
        table = cache(rows.table)
        warnings = fitted.validator.warnings(x, lambda row, name: table().text(row, name))
        self.recorder.add_warnings(fitted.info.model, warnings.total)
        return PredictedRows(found.predicted, warnings, added)

    async def _predict_converted(self, fitted: "ml.FittedVersion", rows: "JsonRows", *, strict: bool) -> PredictedRows:
        """Predict a few rows that need conversion, or whose warnings are errors."""

        def encode() -> reading.EncodedTable:
            return reading.encode_table(fitted, rows.table(), NO_OPTIONS, strict=strict)

        encoded = await self.limits.small.run(encode, fitted.info.model)
        x = fitted.encoder.matrix(encoded.rows)
        found = await self.batcher.predict(fitted, x)
        self.recorder.add_warnings(fitted.info.model, encoded.warnings.total)
        return PredictedRows(found.predicted, encoded.warnings, _additions(fitted, found))


def _additions(fitted: "ml.FittedVersion", found: BatchedRows) -> "ml.Additions":
    if found.reliable is None:
        return fitted.no_additions
    return ml.additions(fitted, found.predicted, NO_OPTIONS, found.reliable)


@dataclass
class RowExplainer:
    """Explains rows, a few at a time in a thread of their own, so that predictions do not wait for them."""

    limits: Limits

    async def chunks(
        self,
        fitted: "ml.FittedVersion",
        encoded: reading.EncodedTable,
        format_: Format,
        pool: Pool,
        add_rows: "AddRows",
    ) -> AsyncIterator[bytes]:
        """Explain and predict rows, and yield the response; nothing more is explained once the client has left."""
        found: list[Explanation] = []
        encoded = encoded._replace(explanations=found)
        parts = [slice(0, encoded.height)] if format_ is Format.JSON else parts_of(encoded, format_)
        for part in parts:
            start, stop, _ = part.indices(encoded.height)
            for first in range(start, stop, CALL_ROWS):
                rows = slice(first, min(first + CALL_ROWS, stop))
                found += await self.limits.explain.run(partial(explain_rows, fitted, encoded, rows), fitted.info.model)
            if format_ is not Format.JSON:
                write = partial(write_file, fitted, encoded, format_, part, add_rows)
                yield await pool.run(write, fitted.info.model)
        if format_ is Format.JSON:
            for piece in await pool.run(lambda: write_json(fitted, encoded, add_rows), fitted.info.model):
                yield piece

    async def explain_record(
        self, fitted: "ml.FittedVersion", record: dict[str, Any], outcome: Scalar | None
    ) -> Explanation:
        """Explain the prediction for a record of JSON scalars, or the probability of the class `outcome`.

        Raises:
            Unacceptable: the record cannot be predicted, or the version has no such class.
            Overloaded: too many explanations are in flight.
        """

        def explain() -> Explanation:
            encoded = reading.encode_table(fitted, tables.JsonRows([record]).table(), NO_OPTIONS)
            return explain_rows(fitted, encoded, outcome=outcome)[0]

        self.limits.admit_explanation(fitted.info.model)
        return await self.limits.explain.run(explain, fitted.info.model)


@dataclass
class TablePredictor:
    """Predicts the rows of a table in chunks, and explains them if asked to."""

    limits: Limits
    explainer: RowExplainer
    add_rows: "AddRows"

    async def predict(
        self, fitted: "ml.FittedVersion", encoded: reading.EncodedTable, format_: Format, pool: Pool
    ) -> PredictionResult:
        """Return the response in a format.

        Raises:
            Unacceptable: the table cannot be answered in this format.
            Overloaded: too many explanations are in flight.
        """
        responses.check_response(fitted, encoded, format_)
        model, version = fitted.key
        if encoded.options.explain:
            self.limits.admit_explanation(model)
            chunks = self.explainer.chunks(fitted, encoded, format_, pool, self.add_rows)
        elif format_ is Format.JSON:
            pieces = await pool.run(lambda: write_json(fitted, encoded, self.add_rows), model)
            chunks = responses.iterate(pieces)
        else:
            chunks = prefetch(pool, model, responses.file_calls(fitted, encoded, format_, self.add_rows))
        encoding = responses.encoding_of(fitted, encoded, format_)
        return PredictionResult(model, version, format_, encoded.warnings.total, chunks, encoding)


@dataclass
class ColumnPredictor:
    """Predicts rows for other protocols: small requests as `RowPredictor` does, others in chunks."""

    rows: RowPredictor
    limits: Limits
    recorder: TrafficRecorder

    async def predict(
        self, fitted: "ml.FittedVersion", body: reading.Body, write: Callable[[PredictedColumns], T], *, strict: bool
    ) -> T:
        """Return the response that `write` makes of the predictions.

        Raises:
            MlappError: the rows cannot be read or predicted.
        """
        if reading.is_small(body):
            rows, _ = reading.read_json(body, fitted)
            found = await self.rows.predict(fitted, rows, strict=strict)
            columns = fitted.answers.columns(found.predicted, found.additions)
            return write(PredictedColumns(fitted.info, columns.height, found.warnings, [columns]))
        pool, model = self.limits.pool(body), fitted.info.model

        def read() -> reading.EncodedTable:
            table, options = reading.read_translated(body, fitted)
            return reading.encode_table(fitted, table, options, strict=strict)

        encoded = await pool.run(read, model)
        self.recorder.add_warnings(model, encoded.warnings.total)
        parts = self._parts(fitted, encoded)
        return await pool.run(
            lambda: write(PredictedColumns(fitted.info, encoded.height, encoded.warnings, parts)), model
        )

    def _parts(self, fitted: "ml.FittedVersion", encoded: reading.EncodedTable) -> "Iterator[pl.DataFrame]":
        for part in parts_of(encoded, Format.CSV):
            predicted = fitted.predict_rows(encoded.rows, part)
            self.recorder.add_rows(fitted.info, encoded.rows.x[part], predicted)
            yield responses.added_columns(fitted, encoded, part, predicted)
