"""Target encoding: categories as the mean of their target, for columns with many of them."""

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

FOLDS = 5
"""Training rows are encoded in as many parts, each by the means of the others."""


class TargetMeans(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """All columns, with some columns of categories replaced by the smoothed mean of the target.

    With more than two classes, it is the rate of the first class; those of the other classes follow all columns.
    Training rows are encoded by the means of other rows, as their own target would give itself away.

    Args:
        columns: Indices of the columns of codes.
        classes: Number of classes of the target; 0 for regression.
        random_state: Seed of the folds by which training rows are encoded.

    Attributes:
        encoder_: The fitted encoder; missing values are a category of their own where there are some.

    Source: Micci-Barreca, A Preprocessing Scheme for High-Cardinality Categorical Attributes in Classification and
    Prediction Problems (SIGKDD Explorations 2001).
    """

    def __init__(self, columns: Sequence[int], classes: int = 0, random_state: int = 0) -> None:
        self.columns = columns
        self.classes = classes
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Find the means."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Find the means, and return the columns of the training rows."""
        # Of three classes, a fold may have two.
        many = self.classes > 2 and len(np.unique(y)) > 2
        kind = "multiclass" if many else "binary" if self.classes else "continuous"
        folds = KFold(FOLDS, shuffle=True, random_state=self.random_state)
        self.encoder_ = TargetEncoder(target_type=kind, cv=folds)
        return self._with_means(X, self.encoder_.fit_transform(X[:, self.columns], y))

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the columns, (rows, columns + further classes)."""
        return self._with_means(X, self.encoder_.transform(X[:, self.columns]))

    def _with_means(self, X: np.ndarray, means: np.ndarray) -> np.ndarray:
        """Return columns with means, (rows, own columns × classes), in their place."""
        by_class = means.reshape(len(X), len(self.columns), -1)
        result = np.hstack([X, by_class[:, :, 1:].reshape(len(X), -1)])
        result[:, self.columns] = by_class[:, :, 0]
        return result

    def means(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield for each column its codes, (codes,), and means of the codes, an unknown and a missing one.

        Means are (codes + 2, 1), or (codes + 2, classes).
        """
        outputs = len(self.encoder_.encodings_) // len(self.columns)
        rates = np.atleast_1d(self.encoder_.target_mean_)
        for index, codes in enumerate(self.encoder_.categories_):
            encodings = self.encoder_.encodings_[index * outputs : (index + 1) * outputs]
            means = np.vstack([np.stack(encodings, axis=1), rates])
            # The category of missing values is the last one, if there are some.
            known = len(codes) - int(np.isnan(codes[-1]))
            missing = means[known]
            yield codes[:known], np.vstack([means[:known], rates, missing])
