"""FittedVersion: a loaded version that encodes, validates and predicts rows."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np

from mlapp.errors import Conflict
from mlapp.ml.data.encoding import EncodedRows, Encoder, known_only
from mlapp.ml.data.validation import NO_WARNINGS, Validator, Warnings
from mlapp.ml.decisions.rules import find_threshold
from mlapp.ml.evaluation.conformal import bounds, bounds_of
from mlapp.ml.inference.answers import NO_ADDITIONS, Additions, Answers
from mlapp.ml.inference.compiled.functions import Compiled, RowFunction
from mlapp.ml.inference.compiled.pipeline import compile_pipeline
from mlapp.ml.inference.explanation.explainer import Explainer, make_explainer
from mlapp.ml.inference.model_file import ModelFile
from mlapp.ml.inference.tried_rows import CHUNK_ROWS, try_rows
from mlapp.ml.library_versions import unusable_reason
from mlapp.ml.pipelines.raw_texts import feature_values, without_negative_zero
from mlapp.schemas import Decision, Explanation, Scalar, VersionInfo, VersionKey
from mlapp.tables.table import Table

MAX_MISSING_ROWS = 30
"""Rows with one missing value on which the compiled pipeline is tested."""


USUAL = np.zeros(1, dtype=bool)
"""`Batch.unusual` of a single row without a warning."""
RELIABLE, UNRELIABLE = np.ones(1, dtype=bool), np.zeros(1, dtype=bool)
"""`Batch.reliable` of a single row like those of the training table."""


class Batch(NamedTuple):
    """Predicted rows of several requests."""

    x: np.ndarray
    """Encoded values of the features, (rows, features)."""
    predicted: np.ndarray
    """As `FittedVersion.predict` returns them."""
    unusual: np.ndarray
    """Whether a row has a value outside the training data, (rows,)."""
    reliable: np.ndarray
    """Whether a row is like those of the training table, (rows,)."""


@dataclass(eq=False)
class FittedVersion:
    """A version that is ready to predict."""

    info: VersionInfo
    parts: ModelFile
    """What predicts."""
    file_bytes: int = 0
    """Size of the model file."""
    no_warnings: ClassVar[Warnings] = NO_WARNINGS
    no_additions: ClassVar[Additions] = NO_ADDITIONS
    is_fast: bool = False
    """Whether the event loop can wait for a batch; measured when the version is loaded."""

    @cached_property
    def key(self) -> VersionKey:
        """Name of the model and number of the version."""
        return VersionKey(self.info.model, self.info.version)

    @cached_property
    def encoder(self) -> Encoder:
        """Encodes tables for the estimator."""
        return Encoder(self.info.features, self.parts.texts, self.parts.rejected)

    @cached_property
    def validator(self) -> Validator:
        """Validates encoded rows against the signature."""
        return Validator(self.info.features)

    @cached_property
    def compiled(self) -> Compiled:
        """The compiled pipeline, or the estimator's own if it cannot be compiled.

        If the scale of intervals is learned, its factor is compiled with it, as a second column of values.
        """
        return compile_pipeline(
            self.parts.estimator, len(self.info.classes or []) or None, self._tested, self.parts.scale
        )

    @cached_property
    def _tested(self) -> np.ndarray:
        """Rows that compiled pipelines are tested on, (rows, columns)."""
        real, features = self.examples, len(self.info.features)
        if real.dtype == object:
            # Pipelines that read texts are not compiled.
            return real
        # Real rows, the first one with each value missing in turn, and a row of missing values.
        one = np.where(np.eye(features, real.shape[1], dtype=bool)[:MAX_MISSING_ROWS], np.nan, real[0])
        none = np.zeros_like(real[:1])
        none[:, :features] = np.nan
        rows = np.concatenate([real, one, none])
        rejected = self.parts.rejected
        return rows if rejected is None else np.array([row for row in rows if not rejected.any(row[None, :])])

    @cached_property
    def _one(self) -> RowFunction | None:
        """Return the function of a row: probabilities, or value, lower and upper end of the interval."""
        predict, interval = self.compiled.one, self.info.interval
        if predict is None or interval is None:
            return predict
        return lambda row: [(found := predict(row))[0], *bounds_of(interval, *found)]

    @cached_property
    def examples(self) -> np.ndarray:
        """Encoded rows of the training table, with made-up texts, (rows, columns)."""
        names = [feature.name for feature in self.info.features]
        rows = self.info.examples or [[feature.example for feature in self.info.features]]
        columns = map(list, zip(*rows, strict=True))
        return known_only(self.encoder.encode(Table(values=dict(zip(names, columns, strict=True)))))

    @cached_property
    def answers(self) -> Answers:
        """Makes responses of predictions."""
        return Answers(self.info)

    @cached_property
    def explainer(self) -> Explainer:
        """Explains predictions; made for the first one, as it takes as long as loading the version."""
        return make_explainer(self.info, self.parts, self._tested)

    def explain(self, x: np.ndarray, predicted: np.ndarray, outcome: Scalar | None = None) -> list[Explanation]:
        """Explain the predictions for encoded rows, (rows, columns), or the probability of the class `outcome`.

        Raises:
            Unacceptable: the version has no such class.
        """
        return self.explainer.explain(known_only(x), self.answers.explained(predicted, outcome))

    def deciding_by(self, decision: Decision | None) -> "FittedVersion":
        """Return a version that follows another decision, and shares all parts with this one."""
        other = copy(self)
        # Requests that are being answered keep theirs.
        vars(other).pop("answers", None)
        threshold = find_threshold(self.info, decision)
        other.info = self.info.model_copy(update={"decision": decision, "threshold": threshold})
        return other

    def encode_rows(self, table: Table) -> EncodedRows:
        """Encode a table; rows that a pipeline which was fitted elsewhere cannot predict have invalid cells.

        Raises:
            Unacceptable: as `Encoder.encode_rows`.
        """
        rows = self.encoder.encode_rows(table)
        return try_rows(self.info, self.encoder, self.predict, rows) if self.info.registered else rows

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Predict encoded rows, (rows, columns).

        Returns:
            Regression: value, lower and upper end of the interval, (rows, 3); the value alone, (rows, 1), without
            intervals. Classification: probabilities, (rows, classes).
        """
        x = known_only(x)
        return np.concatenate([self._predict_chunk(x[start:][:CHUNK_ROWS]) for start in range(0, len(x), CHUNK_ROWS)])

    def predict_rows(self, rows: EncodedRows, part: slice = slice(None)) -> np.ndarray:
        """Return what `predict` returns for some of the rows of a table, whose texts are embedded in chunks."""
        if rows.predicted is not None:
            return rows.predicted[part]
        start, stop, _ = part.indices(len(rows.x))
        chunks = [slice(first, min(first + CHUNK_ROWS, stop)) for first in range(start, stop, CHUNK_ROWS)]
        return np.concatenate([self.predict(self.encoder.matrix(rows, chunk)) for chunk in chunks])

    def _predict_chunk(self, x: np.ndarray) -> np.ndarray:
        predicted, interval = self.compiled.many(x), self.info.interval
        if interval is None:
            return predicted.reshape(len(x), -1)
        values = predicted.reshape(len(x), -1).T
        return np.column_stack([values[0], *bounds(interval, *values)])

    def predict_batch(self, requests: Sequence[np.ndarray]) -> Batch:
        """Predict encoded rows of several requests in one call, which takes little longer than one request."""
        x = requests[0] if len(requests) == 1 else np.concatenate(requests)
        if len(x) == 1 and (predicted := self._predict_row(x)) is not None:
            return Batch(
                x[:, : len(self.info.features)],
                predicted,
                USUAL,
                RELIABLE if self.parts.novelty.is_near(x[0]) else UNRELIABLE,
            )
        x = without_negative_zero(x)
        found = feature_values(x, len(self.info.features))
        return Batch(found, self.predict(x), self.validator.unusual(x), self.is_reliable(x))

    def is_reliable(self, x: np.ndarray) -> np.ndarray:
        """Return whether encoded rows, (rows, columns), are like those of the training table, (rows,)."""
        return ~self.parts.novelty.is_novel(x)

    def _predict_row(self, x: np.ndarray) -> np.ndarray | None:
        """Return what `predict` returns for a row, (1, features), in a fraction of the time.

        None if the row has a missing value or a warning, or the pipeline has no function for single rows.
        """
        one, row = self._one, x[0].tolist()
        if one is None or not self.validator.is_usual(row):
            return None
        return np.array([one(row)])


def load_version(info: VersionInfo, file: bytes) -> FittedVersion:
    """Load a stored version; `file` must have been verified by its hash, as unpickling runs code.

    Raises:
        Conflict: the version requires another Python or scikit-learn, or code that is missing.
        Exception: any error of the code that unpickling runs, or of the estimator.
    """
    if why := unusable_reason(info.library_versions, info.registered):
        raise Conflict(f"{_name(info)} cannot be loaded. {why}")
    try:
        fitted = FittedVersion(info, ModelFile.from_bytes(file), len(file))
    except (ImportError, AttributeError) as error:
        raise Conflict(
            f"{_name(info)} cannot be loaded: it was trained with code that is not here ({error}); "
            "bring it back, or train again."
        ) from error
    # Tests that it can predict, and prepares all that requests need.
    fitted.predict_batch([fitted.examples])
    fitted.answers.json(fitted.predict(fitted.examples))
    return fitted


def _name(info: VersionInfo) -> str:
    return f"Version {info.version} of {info.model}"
