"""Additive: sources of sums that add up a term of each feature, as those of linear models and splines do."""

import numpy as np

from mlapp.ml.inference.compiled.functions import ArrayFunction

CHUNK_ROWS = 2_000
"""Rows that are evaluated at a time."""
TOLERANCE = 1e-9
"""Maximum difference of an additive source from the sum of its terms, relative to the largest value."""


class AdditiveSource:
    """The terms of a source, found by changing a background row one feature at a time."""

    def __init__(self, source: ArrayFunction, owner: np.ndarray, background: np.ndarray) -> None:
        """`owner` has the feature of each column, and `background` is (rows, columns)."""
        self._source, self._first = source, background[:1]
        self._of_feature = owner == np.arange(owner.max() + 1)[:, None]
        self._reference = source(self._first)
        self._background = self._of(background)
        self.is_exact = self._adds_up(self._background, background)

    def _of(self, x: np.ndarray) -> np.ndarray:
        """Return the terms of rows, (rows, features, sums)."""
        features, columns = self._of_feature.shape
        size, found = max(1, CHUNK_ROWS // features), []
        for start in range(0, len(x), size):
            changed = np.where(self._of_feature, x[start:][:size, None, :], self._first)
            found.append(self._source(changed.reshape(-1, columns)))
        return np.concatenate(found).reshape(len(x), features, -1) - self._reference

    def _adds_up(self, terms: np.ndarray, x: np.ndarray) -> bool:
        expected = self._source(x)
        atol = TOLERANCE * np.abs(expected).max(initial=1e-300)
        return np.allclose(self._reference + terms.sum(axis=1), expected, rtol=0, atol=atol)

    def of_row(self, x: np.ndarray) -> "AdditiveRow | None":
        """Return the terms of a row, (1, columns); None if they do not add up."""
        terms = self._of(x)
        return AdditiveRow(terms[0], self._background, self._reference) if self._adds_up(terms, x) else None


class AdditiveRow:
    """What the features of a row add, and those of each background row."""

    def __init__(self, own: np.ndarray, background: np.ndarray, reference: np.ndarray) -> None:
        """`own` is (features, sums), `background` (rows, features, sums), and `reference` (1, sums)."""
        self._own, self._background, self._reference = own, background, reference

    def contributions(self, weights: np.ndarray) -> np.ndarray:
        """Return what each feature contributes to the weighted sum of all sums, (features,)."""
        found: np.ndarray = (self._own - self._background.mean(axis=0)) @ weights
        return found

    def mixed(self, coalitions: np.ndarray, games: slice) -> np.ndarray:
        """Return the sums of mixtures with some background rows, (games × coalitions, sums).

        `coalitions` says which values are those of the row, (games, coalitions, features).
        """
        others = self._background[games]
        base = self._reference + others.sum(axis=1)
        sums = base[:, None, :] + coalitions.astype(float) @ (self._own - others)
        found: np.ndarray = sums.reshape(-1, sums.shape[2])
        return found
