"""A fitted model in memory: checked rows in, predictions out."""

import io
from dataclasses import dataclass

import joblib
import numpy as np
import polars as pl
from sklearn.base import BaseEstimator

from mlapp.errors import Conflict
from mlapp.ml.checking import Checked, check
from mlapp.ml.evaluation import predict
from mlapp.ml.intervals import bounds
from mlapp.ml.signature import matrix
from mlapp.ml.versions import why_unusable
from mlapp.schemas import Answer, Model, Scalar, Task
from mlapp.tables.columns import spell
from mlapp.tables.table import Table


@dataclass(frozen=True)
class FittedModel:
    """One version, ready to answer."""

    model: Model
    estimator: BaseEstimator

    def check(self, table: Table, *, strict: bool = False) -> Checked:
        """Check rows against the signature.

        Raises:
            Unacceptable: see `mlapp.ml.checking.check`.
        """
        return check(table, self.model.features, strict=strict)

    def answer(self, checked: Checked) -> Answer:
        """Predict checked rows, as the JSON answer has it."""
        predicted = self._predict(checked.frame)
        answer = Answer(version=self.model.version, predictions=[], warnings=checked.warnings)
        answer.warnings_total = checked.warnings_total or None
        if self.model.task is Task.REGRESSION:
            lower, upper = self._interval(predicted)
            answer.predictions = predicted.tolist()
            answer.lower, answer.upper, answer.coverage = lower.tolist(), upper.tolist(), self.model.coverage
        else:
            classes, names = self._classes()
            answer.predictions = [classes[place] for place in predicted.argmax(axis=1)]
            answer.probabilities = [dict(zip(names, row, strict=True)) for row in predicted.tolist()]
        return answer

    def column_names(self) -> list[str]:
        """Return the names of what `columns` returns."""
        if self.model.task is Task.REGRESSION:
            return ["prediction", "lower", "upper"]
        return ["prediction", *(f"probability_{name}" for name in self._classes()[1])]

    def columns(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Predict checked rows, as the columns that follow the rows in a file.

        `prediction`, and `lower` and `upper`, or one `probability_<class>` each.
        """
        predicted = self._predict(rows)
        if self.model.task is Task.REGRESSION:
            values: list[np.ndarray | list[Scalar]] = [predicted, *self._interval(predicted)]
        else:
            classes = self._classes()[0]
            values = [[classes[place] for place in predicted.argmax(axis=1)], *predicted.T]
        return pl.DataFrame([pl.Series(name, column) for name, column in zip(self.column_names(), values, strict=True)])

    def _predict(self, rows: pl.DataFrame) -> np.ndarray:
        return predict(self.estimator, matrix(rows, self.model.features), len(self.model.classes or []) or None)

    def _interval(self, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self.model.interval  # noqa: S101 - a regression has one
        return bounds(self.model.interval, predicted)

    def _classes(self) -> tuple[list[Scalar], list[str]]:
        classes = self.model.classes or []
        return classes, spell(pl.Series(classes)).to_list()


def load_model(model: Model, file: bytes) -> FittedModel:
    """Make a stored version ready to answer; `file` must be the bytes that the record's hash vouches for.

    Raises:
        Conflict: it was trained under another Python or scikit-learn, or with code that is not here.
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
