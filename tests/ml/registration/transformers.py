"""Functions and transformers that pipelines of tests import."""

from typing import Any, ClassVar

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin


def first_letters(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the first letter of each text."""
    return frame.select(pl.all().str.slice(0, 1))


class Centered(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Subtracts the mean of the rows that are predicted, so that each answer depends on the others."""

    def fit(self, X: Any, y: None = None) -> "Centered":
        self.fitted_ = True
        return self

    def transform(self, X: Any) -> np.ndarray:
        values = np.asarray(X, dtype=float)
        return np.asarray(values - values.mean(axis=0))


class Fussy(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Takes frames with the types of the columns that it was fitted on, and of texts none that is loud."""

    def fit(self, X: Any, y: None = None) -> "Fussy":
        self.dtypes_ = [str(dtype) for dtype in X.dtypes]
        return self

    def transform(self, X: Any) -> np.ndarray:
        found = [str(dtype) for dtype in X.dtypes]
        if found != self.dtypes_:
            raise ValueError(f"{found} instead of {self.dtypes_}")
        cells = [_code(value) for value in X[X.columns[0]]]
        return np.array(cells, dtype=float).reshape(-1, 1)


class Doubling:
    """An estimator with no more than the interface of scikit-learn's: it predicts the first column twice."""

    def predict(self, X: Any) -> np.ndarray:
        return np.asarray(np.asarray(X, dtype=float)[:, 0] * 2)


class Halving(Doubling):
    """A classifier with its classes as a list."""

    classes_: ClassVar = ["no", "yes"]

    def predict(self, X: Any) -> np.ndarray:
        return np.asarray(np.array(self.classes_)[self.predict_proba(X).argmax(axis=1)])

    def predict_proba(self, X: Any) -> np.ndarray:
        share = np.clip(np.asarray(X, dtype=float)[:, 0] / 100, 0, 1)
        return np.column_stack([1 - share, share])


class Lost(Doubling):
    """An estimator that cannot be loaded again."""

    def __init__(self) -> None:
        self.connection = "open"

    def __setstate__(self, state: dict[str, Any]) -> None:
        raise LookupError("no connection")


def _code(value: Any) -> float:
    if isinstance(value, str) and value.startswith("LOUD"):
        raise LookupError(f"{value} is loud")
    shown = "missing" if value is None or str(value) in ("nan", "<NA>", "NaT") else str(value)
    return float(sum(map(ord, f"{type(value).__name__} {shown}")) % 97)


class FirstOfArray(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Takes arrays, and of these a text and a whole number."""

    def fit(self, X: np.ndarray, y: None = None) -> "FirstOfArray":
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        return np.array([[_code(text), number + isinstance(number, int)] for text, number in X], dtype=float)


class OfPandas(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Takes frames of pandas only."""

    def fit(self, X: Any, y: None = None) -> "OfPandas":
        self.fitted_ = True
        return self

    def transform(self, X: Any) -> np.ndarray:
        return np.array([[_code(text), is_on] for text, is_on in X.loc[:, ["it", "on"]].itertuples(index=False)], float)


class Plain:
    """An estimator without scikit-learn; it remembers the mean."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails

    def fit(self, X: Any, y: Any) -> "Plain":
        self.mean = float(np.mean(np.asarray(y)))
        return self

    def predict(self, X: Any) -> np.ndarray:
        if self.fails:
            raise OSError("the disk is full")
        return np.full(len(X), self.mean)


class FittedOnce(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Predicts the mean, and cannot be fitted on fewer than 24 rows."""

    def fit(self, X: Any, y: Any) -> "FittedOnce":
        if len(X) < 24:
            raise RuntimeError("too few rows.")
        self.mean_ = float(np.mean(np.asarray(y)))
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.full(len(X), self.mean_)
