"""A fitted model in memory: encoded rows in, predictions out."""

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import joblib
import numpy as np
import polars as pl
from sklearn.base import BaseEstimator

from mlapp.errors import Conflict
from mlapp.ml.data.encoding import Encoder, known_only
from mlapp.ml.data.validation import NONE, Validator, Warnings
from mlapp.ml.evaluation.conformal import bounds
from mlapp.ml.inference.compiled_pipeline import Kernel, compile_pipeline
from mlapp.ml.library_versions import unusable_reason
from mlapp.schemas import Model, PredictResponse, Scalar, Task
from mlapp.tables.columns.types import format_values
from mlapp.tables.table import Table

KERNEL_ROWS = 10_000
MAX_TRIALS = 30
BATCH_ROWS = 64
FAST_S = 2e-3
"""A model that predicts `BATCH_ROWS` rows within this time may do so on the event loop."""


class Batch(NamedTuple):
    """Rows of several requests that were predicted together."""

    x: np.ndarray
    """Encoded, (rows, features)."""
    predicted: np.ndarray
    """See `FittedModel.predict`."""
    unusual: np.ndarray
    """Which rows have a value that training did not see, (rows,)."""


@dataclass(frozen=True, eq=False)
class FittedModel:
    """One version, ready to predict."""

    model: Model
    estimator: BaseEstimator

    @cached_property
    def encoder(self) -> Encoder:
        """Encodes tables as the estimator takes them."""
        return Encoder(self.model.features)

    @cached_property
    def validator(self) -> Validator:
        """Compares encoded rows with what training saw."""
        return Validator(self.model.features)

    @cached_property
    def kernel(self) -> Kernel:
        """What answers as the estimator does, in less time."""
        real = self.examples
        # Real rows, the first of them with one value missing, and one with all of them missing.
        missing = np.where(np.eye(real.shape[1], dtype=bool)[:MAX_TRIALS], np.nan, real[0])
        trials = np.concatenate([real, missing, np.full_like(real[:1], np.nan)])
        return compile_pipeline(self.estimator, len(self.model.classes or []) or None, trials)

    @cached_property
    def examples(self) -> np.ndarray:
        """Real rows of the training table, encoded: (rows, features)."""
        names = [feature.name for feature in self.model.features]
        rows = self.model.examples or [[feature.example for feature in self.model.features]]
        columns = map(list, zip(*rows, strict=True))
        return known_only(self.encoder.encode(Table(values=dict(zip(names, columns, strict=True)))))

    @cached_property
    def is_fast(self) -> bool:
        """Whether a batch takes so little time that the event loop can wait for it."""
        rows = np.resize(self.examples, (BATCH_ROWS, len(self.model.features)))
        times = []
        for _ in range(3):
            began = time.perf_counter()
            self.kernel(rows)
            times.append(time.perf_counter() - began)
        return min(times) <= FAST_S

    @cached_property
    def classes(self) -> tuple[list[Scalar], list[str]]:
        """The classes, and how a CSV spells them."""
        classes = self.model.classes or []
        return classes, format_values(pl.Series(classes)).to_list()

    @cached_property
    def column_names(self) -> list[str]:
        """Names of what `columns` returns."""
        if self.model.task is Task.REGRESSION:
            return ["prediction", "lower", "upper"]
        return ["prediction", *(f"probability_{name}" for name in self.classes[1])]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Predict encoded rows, (rows, features).

        Returns for a regression (rows, 3): the predicted value and the ends of its interval; for a classification the
        probabilities, (rows, classes).
        """
        x = known_only(x)
        # A kernel's matrices may be many times as wide as the table.
        parts = [self.kernel(x[start:][:KERNEL_ROWS]) for start in range(0, len(x), KERNEL_ROWS)]
        found = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if self.model.task is Task.CLASSIFICATION:
            return found
        assert self.model.interval  # noqa: S101 - a regression has one
        return np.column_stack([found, *bounds(self.model.interval, found)])

    def predict_batch(self, requests: Sequence[np.ndarray]) -> Batch:
        """Predict the rows of several requests; together they cost little more than one."""
        # Some formats know no sign on zero, so there is none here.
        x = np.concatenate(requests) + 0.0
        return Batch(x, self.predict(x), self.validator.unusual(x))

    def answer(self, predicted: np.ndarray, warnings: Warnings = NONE) -> PredictResponse:
        """Return predictions as JSON has them."""
        version, first, total = self.model.version, warnings.first, warnings.total or None
        if self.model.task is Task.REGRESSION:
            values, lower, upper = predicted.T.tolist()
            return PredictResponse(
                version=version,
                predictions=values,
                lower=lower,
                upper=upper,
                coverage=self.model.coverage,
                warnings=first,
                warnings_total=total,
            )
        classes, names = self.classes
        return PredictResponse(
            version=version,
            predictions=[classes[place] for place in predicted.argmax(axis=1).tolist()],
            probabilities=[dict(zip(names, row, strict=True)) for row in predicted.tolist()],
            warnings=first,
            warnings_total=total,
        )

    def columns(self, predicted: np.ndarray) -> pl.DataFrame:
        """Return predictions as the columns that follow the rows in a file.

        `prediction`, and `lower` and `upper`, or one `probability_<class>` each.
        """
        values: list[np.ndarray | list[Scalar]] = [*predicted.T]
        if self.model.task is Task.CLASSIFICATION:
            values = [[self.classes[0][place] for place in predicted.argmax(axis=1)], *values]
        return pl.DataFrame([pl.Series(name, column) for name, column in zip(self.column_names, values, strict=True)])


def load_model(model: Model, file: bytes) -> FittedModel:
    """Make a stored version ready to answer; `file` must be the bytes that the record's hash vouches for.

    Raises:
        Conflict: it was trained under another Python or scikit-learn, or with code that is not here.
        Exception: whatever the code raises that unpickling runs, or that prepares its predictions.
    """
    if why := unusable_reason(model.library_versions):
        raise Conflict(f"Model {model.version} cannot be loaded. {why}")
    try:
        fitted = FittedModel(model, joblib.load(io.BytesIO(file)))
    except (ImportError, AttributeError) as error:
        raise Conflict(
            f"Model {model.version} cannot be loaded: it was trained with code that is not here ({error}); "
            "bring it back, or train again."
        ) from error
    # What cannot predict is not taken for loaded; and all that requests need is ready.
    _ = fitted.is_fast, fitted.validator, fitted.column_names
    return fitted
