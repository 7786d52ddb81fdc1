"""RowPredictor: predicts a few rows, in a batch with those of other requests."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mlapp import ml
from mlapp.schemas import PredictOptions
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction import reading
from mlapp.services.prediction.batching import BatchedRows, Batcher
from mlapp.services.prediction.limits import Limits

if TYPE_CHECKING:
    import numpy as np

    from mlapp.ml.data.validation import Warnings
    from mlapp.tables import JsonRows

NO_OPTIONS = PredictOptions()


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
        found = await self.batcher.predict(fitted, x)
        added = _additions(fitted, x, found)
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
        return PredictedRows(found.predicted, encoded.warnings, _additions(fitted, x, found))


def _additions(fitted: "ml.FittedVersion", x: "np.ndarray", found: BatchedRows) -> "ml.Additions":
    if found.reliable is None:
        return fitted.no_additions
    return ml.additions(fitted, x, found.predicted, NO_OPTIONS, found.reliable)
