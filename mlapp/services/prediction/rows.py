"""RowPredictor: predicts a few rows, in a batch with those of other requests."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mlapp.schemas import PredictOptions
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction import reading
from mlapp.services.prediction.batching import Batcher
from mlapp.services.prediction.limits import Limits

if TYPE_CHECKING:
    import numpy as np

    from mlapp import ml
    from mlapp.ml.data.validation import Warnings
    from mlapp.tables import JsonRows


@dataclass
class RowPredictor:
    """Encodes, validates and predicts the rows of small requests."""

    recorder: TrafficRecorder
    limits: Limits
    batcher: Batcher

    async def predict(
        self, fitted: "ml.FittedVersion", rows: "JsonRows", *, strict: bool = False
    ) -> "tuple[np.ndarray, Warnings]":
        """Predict a few rows in a batch with other requests."""
        x = fitted.encoder.encode_plain(rows)
        if x is None or strict:
            return await self._predict_converted(fitted, rows, strict=strict)
        predicted, unusual = await self.batcher.predict(fitted, x)
        if not unusual:
            return predicted, fitted.no_warnings
        if not fitted.encoder.is_exact(x):
            await self.limits.small.run(lambda: fitted.encoder.encode(rows.table()), fitted.info.model)
        # The table is made once, and only for the text of unknown categories.
        table = cache(rows.table)
        warnings = fitted.validator.warnings(x, lambda row, name: table().text(row, name))
        self.recorder.add_warnings(fitted.info.model, warnings.total)
        return predicted, warnings

    async def _predict_converted(
        self, fitted: "ml.FittedVersion", rows: "JsonRows", *, strict: bool
    ) -> "tuple[np.ndarray, Warnings]":
        """Predict a few rows that need conversion, or whose warnings are errors."""

        def encode() -> reading.EncodedTable:
            return reading.encode_table(fitted, rows.table(), PredictOptions(), strict=strict)

        encoded = await self.limits.small.run(encode, fitted.info.model)
        predicted, _ = await self.batcher.predict(fitted, fitted.encoder.matrix(encoded.rows))
        self.recorder.add_warnings(fitted.info.model, encoded.warnings.total)
        return predicted, encoded.warnings
