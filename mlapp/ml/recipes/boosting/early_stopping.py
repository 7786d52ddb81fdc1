"""Gradient boosting that finds its number of iterations on some of the rows."""

from typing import Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

VALIDATION_SHARE = 0.1
"""Share of the rows that show when to stop."""
MORE_ITERATIONS = 1.1
"""Iterations on all rows, relative to those that were best on the other ones."""


class _EarlyStopping:
    """Finds the best number of iterations on some rows, and is fitted with it on all rows.

    scikit-learn keeps the fit that does without these rows, with the last iterations, which brought nothing; its
    validation rows have all classes, which fails for classes with a single row.
    """

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Fit twice; parameters stay as they are."""
        limits = {"early_stopping": self.early_stopping, "max_iter": self.max_iter}  # type: ignore[attr-defined]
        shown = validation_rows(y, self.random_state, each_class=is_classifier(self))  # type: ignore[attr-defined]
        train, validation = ((X[rows], y[rows], _of(sample_weight, rows)) for rows in (~shown, shown))
        more = dict(zip(("X_val", "y_val", "sample_weight_val"), validation, strict=True))
        try:
            best = self.max_iter  # type: ignore[attr-defined]
            if shown.any():
                super().fit(*train, **more)  # type: ignore[misc]
                best = 1 + int(np.argmax(self.validation_score_[1:]))  # type: ignore[attr-defined]
            self.set_params(early_stopping=False, max_iter=round(best * MORE_ITERATIONS))  # type: ignore[attr-defined]
            super().fit(X, y, sample_weight)  # type: ignore[misc]
        finally:
            self.set_params(**limits)  # type: ignore[attr-defined]
        return self


def validation_rows(y: np.ndarray, seed: int, *, each_class: bool) -> np.ndarray:
    """Return whether each row shows when to stop: random ones, but with `each_class` not the first one of a class."""
    shown = np.zeros(len(y), dtype=bool)
    random = np.random.default_rng(seed)
    shown[random.permutation(len(y))[: max(1, round(len(y) * VALIDATION_SHARE))]] = True
    if each_class:
        shown[np.unique(y, return_index=True)[1]] = False
    return shown


def _of(weights: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if weights is None else weights[rows]


class EarlyStoppingRegressor(_EarlyStopping, HistGradientBoostingRegressor):  # type: ignore[misc]
    """Gradient boosting of numbers, with as many iterations as were best on some rows."""


class EarlyStoppingClassifier(_EarlyStopping, HistGradientBoostingClassifier):  # type: ignore[misc]
    """Gradient boosting of classes, with as many iterations as were best on some rows."""
