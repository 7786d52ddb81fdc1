"""Pipelines that were fitted elsewhere, as estimators of encoded rows: served as they were fitted."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from sklearn.base import BaseEstimator

from mlapp.errors import Unacceptable, reason
from mlapp.ml.pipelines.frames import Frames
from mlapp.ml.pipelines.raw_texts import feature_values


class FittedPipeline(BaseEstimator):  # type: ignore[misc]
    """Predicts encoded rows by a pipeline, which gets what it was fitted on."""

    def __init__(self, pipeline: Any, frames: Frames, labels: Sequence[Any] = (), *, is_matrix: bool = False) -> None:
        """`labels` are the classes as the pipeline spells them, in the order of the class indices.

        With `is_matrix`, the pipeline predicts alike from the encoded rows themselves, so that it can be compiled.
        """
        self.pipeline, self.frames, self.labels, self.is_matrix = pipeline, frames, labels, is_matrix

    def fit(self, X: np.ndarray, y: np.ndarray) -> "FittedPipeline":
        """Fit the pipeline on encoded rows, and values or class indices."""
        self.pipeline.fit(self.frames.make(X), self._targets(y))
        return self

    def _targets(self, y: np.ndarray) -> np.ndarray:
        return y

    def _call(self, method: str, X: np.ndarray) -> np.ndarray:
        """Return what a method of the pipeline returns.

        Raises:
            Unacceptable: it raises an error.
        """
        try:
            return np.asarray(getattr(self.pipeline, method)(self.frames.make(X)), dtype=float)
        except Exception as error:
            raise Unacceptable(f"The pipeline raises {reason(error)}") from error


class FittedRegressor(FittedPipeline):
    """Predicts values."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the value of each row, (rows,)."""
        values = self._call("predict", X)
        if values.size != len(X):
            raise Unacceptable("The pipeline predicts several values for each row; register one for each of them.")
        return values.reshape(len(X))


class FittedClassifier(FittedPipeline):
    """Predicts probabilities."""

    @property
    def classes_(self) -> np.ndarray:
        """Index of each class that the pipeline was fitted on, in the order of its probabilities."""
        return np.array([list(self.labels).index(label) for label in classes_of(self.pipeline)])

    def _targets(self, y: np.ndarray) -> np.ndarray:
        return np.asarray(np.array(self.labels)[y])

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class that the pipeline was fitted on, (rows, classes)."""
        return self._call("predict_proba", X)


def classes_of(pipeline: Any) -> list[Any]:
    """Return the classes that a pipeline predicts, as it spells them.

    Raises:
        Unacceptable: it predicts several targets.
    """
    classes = [*pipeline.classes_]
    if any(np.ndim(label) for label in classes):
        raise Unacceptable("The pipeline predicts several values for each row; register one for each of them.")
    return cast("list[Any]", np.asarray(pipeline.classes_).tolist())


class FeaturesOnly(BaseEstimator):  # type: ignore[misc]
    """An estimator that reads the encoded features of a matrix, without the texts that follow them."""

    def __init__(self, estimator: BaseEstimator, features: int) -> None:
        self.estimator, self.features = estimator, features

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return what the estimator predicts, (rows,)."""
        return np.asarray(self.estimator.predict(feature_values(X, self.features)))
