"""A fitted model in memory: checked rows in, predictions out."""

import io
from dataclasses import dataclass
from functools import cached_property

import joblib
import numpy as np
import polars as pl
from sklearn.base import BaseEstimator

from mlapp.errors import Conflict
from mlapp.ml.data.signature import matrix
from mlapp.ml.data.validation import Checked, check
from mlapp.ml.evaluation.conformal import bounds
from mlapp.ml.inference.compiled_pipeline import Kernel, kernel_of
from mlapp.ml.inference.rows import RowReader
from mlapp.ml.library_versions import why_unusable
from mlapp.schemas import Answer, Model, Scalar, Task
from mlapp.tables.columns.types import spell
from mlapp.tables.table import Table

KERNEL_ROWS = 10_000
MAX_TRIALS = 30


@dataclass(frozen=True)
class FittedModel:
    """One version, ready to answer."""

    model: Model
    estimator: BaseEstimator

    @cached_property
    def kernel(self) -> Kernel:
        """What answers as the estimator does, in less time."""
        real = self.examples
        # Real rows, the first of them with a gap in one feature, and one that is nothing but gaps.
        gaps = np.where(np.eye(real.shape[1], dtype=bool)[:MAX_TRIALS], np.nan, real[0])
        trials = np.concatenate([real, gaps, np.full_like(real[:1], np.nan)])
        return kernel_of(self.estimator, len(self.model.classes or []) or None, trials)

    @cached_property
    def examples(self) -> np.ndarray:
        """Real rows of the training table, as the estimator takes them: (rows, features)."""
        rows = self.model.examples or [[feature.example for feature in self.model.features]]
        return RowReader(self.model.features).matrix([tuple(row) for row in rows])[0]

    def check(self, table: Table, *, strict: bool = False) -> Checked:
        """Check rows against the signature.

        Raises:
            Unacceptable: see `mlapp.ml.data.validation.check`.
        """
        return check(table, self.model.features, strict=strict)

    def answer(self, checked: Checked) -> Answer:
        """Predict checked rows, as the JSON answer has it."""
        predicted = self._predict(checked.frame)
        answer = Answer(version=self.model.version, predictions=[], warnings=checked.warnings)
        answer.warnings_total = checked.warnings_total or None
        if self.model.task is Task.REGRESSION:
            lower, upper = self.interval(predicted)
            answer.predictions = predicted.tolist()
            answer.lower, answer.upper, answer.coverage = lower.tolist(), upper.tolist(), self.model.coverage
        else:
            classes, names = self.classes()
            answer.predictions = [classes[place] for place in predicted.argmax(axis=1)]
            answer.probabilities = [dict(zip(names, row, strict=True)) for row in predicted.tolist()]
        return answer

    def column_names(self) -> list[str]:
        """Return the names of what `columns` returns."""
        if self.model.task is Task.REGRESSION:
            return ["prediction", "lower", "upper"]
        return ["prediction", *(f"probability_{name}" for name in self.classes()[1])]

    def columns(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Predict checked rows, as the columns that follow the rows in a file.

        `prediction`, and `lower` and `upper`, or one `probability_<class>` each.
        """
        predicted = self._predict(rows)
        if self.model.task is Task.REGRESSION:
            values: list[np.ndarray | list[Scalar]] = [predicted, *self.interval(predicted)]
        else:
            classes = self.classes()[0]
            values = [[classes[place] for place in predicted.argmax(axis=1)], *predicted.T]
        return pl.DataFrame([pl.Series(name, column) for name, column in zip(self.column_names(), values, strict=True)])

    def _predict(self, rows: pl.DataFrame) -> np.ndarray:
        found = matrix(rows, self.model.features)
        # A kernel's matrices may be many times as wide as the table.
        return np.concatenate([self.kernel(found[start:][:KERNEL_ROWS]) for start in range(0, len(found), KERNEL_ROWS)])

    def interval(self, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and upper ends of the intervals of predicted values, each (rows,)."""
        assert self.model.interval  # noqa: S101 - a regression has one
        return bounds(self.model.interval, predicted)

    def classes(self) -> tuple[list[Scalar], list[str]]:
        """Return the classes, and how a CSV spells them."""
        classes = self.model.classes or []
        return classes, spell(pl.Series(classes)).to_list()


def load_model(model: Model, file: bytes) -> FittedModel:
    """Make a stored version ready to answer; `file` must be the bytes that the record's hash vouches for.

    Raises:
        Conflict: it was trained under another Python or scikit-learn, or with code that is not here.
        Exception: whatever the code raises that unpickling runs.
    """
    if why := why_unusable(model.library_versions):
        raise Conflict(f"Model {model.version} cannot be loaded. {why}")
    try:
        return FittedModel(model, joblib.load(io.BytesIO(file)))
    except (ImportError, AttributeError) as error:
        raise Conflict(
            f"Model {model.version} cannot be loaded: it was trained with code that is not here ({error}); "
            "bring it back, or train again."
        ) from error
