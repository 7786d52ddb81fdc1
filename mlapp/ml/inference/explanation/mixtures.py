"""Mixtures: predictions for rows with some values of the row to explain, and all others of the background."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from mlapp.ml.inference.compiled.program import Parts

CHUNK_ROWS = 2_000
"""Rows that are predicted at a time."""
TOLERANCE = 1e-9
"""Maximum difference of an additive source from the sum of its terms, relative to the largest value."""


class _Terms:
    """A source that adds up a term of each feature, found by changing a background row one feature at a time."""

    def __init__(self, mixtures: "Mixtures", number: int) -> None:
        self._source, self._mixtures = mixtures.parts.sources[number], mixtures
        background = mixtures.background
        self._reference = self._source(background[:1])
        self.background = self._of(background)
        self.is_exact = self._adds_up(self.background, background)

    def _of(self, x: np.ndarray) -> np.ndarray:
        """Return the terms of rows, (rows, features, sums)."""
        features = self._mixtures.features
        size = max(1, CHUNK_ROWS // features)
        found = [self._source(self._mixtures.changed(x[start:][:size])) for start in range(0, len(x), size)]
        return np.concatenate(found).reshape(len(x), features, -1) - self._reference

    def _adds_up(self, terms: np.ndarray, x: np.ndarray) -> bool:
        expected = self._source(x)
        atol = TOLERANCE * np.abs(expected).max(initial=1e-300)
        return np.allclose(self._reference + terms.sum(axis=1), expected, rtol=0, atol=atol)

    def of_row(self, x: np.ndarray) -> np.ndarray | None:
        """Return the terms of a row, (features, sums); None if they do not add up."""
        terms = self._of(x)
        return terms[0] if self._adds_up(terms, x) else None

    def mixed(self, own: np.ndarray, coalitions: np.ndarray, games: slice) -> np.ndarray:
        """Return the sums of mixtures of a row with these terms, (games × coalitions, sums)."""
        others = self.background[games]
        base = self._reference + others.sum(axis=1)
        sums = base[:, None, :] + coalitions.astype(float) @ (own - others)
        found: np.ndarray = sums.reshape(-1, sums.shape[2])
        return found


class Mixtures:
    """Predicts mixtures of rows; of linear models by looking up what each feature adds."""

    def __init__(self, parts: Parts, background: np.ndarray, blocks: Sequence[Sequence[int]]) -> None:
        """`background` is (rows, columns), and `blocks` has the columns of each feature."""
        self.parts, self.background, self.features = parts, background, len(blocks)
        self._owner = np.empty(background.shape[1], dtype=np.intp)
        for feature, columns in enumerate(blocks):
            self._owner[list(columns)] = feature

    @cached_property
    def base(self) -> np.ndarray:
        """The predictions for the background rows, (rows, outputs)."""
        return self.parts.many(self.background)

    @cached_property
    def _terms(self) -> dict[int, _Terms]:
        """The additive sources by number."""
        terms = {number: _Terms(self, number) for number in sorted(self.parts.products)}
        return {number: found for number, found in terms.items() if found.is_exact}

    def changed(self, x: np.ndarray) -> np.ndarray:
        """Return the first background row with each feature of each row in turn, (rows × features, columns)."""
        of_feature = self._owner == np.arange(self.features)[:, None]
        return np.where(of_feature, x[:, None, :], self.background[0]).reshape(-1, x.shape[1])

    def of_row(self, x: np.ndarray) -> "RowMixtures":
        """Return the mixtures of a row, (1, columns)."""
        own = {number: terms.of_row(x) for number, terms in self._terms.items()}
        known = {number: (self._terms[number], terms) for number, terms in own.items() if terms is not None}
        return RowMixtures(self, x, known)

    def rows(self, x: np.ndarray, coalitions: np.ndarray, games: slice) -> np.ndarray:
        """Return mixtures of a row, (1, columns), as rows: (games × coalitions, columns)."""
        mixed = np.where(coalitions[:, :, self._owner], x[0], self.background[games, None, :])
        return mixed.reshape(-1, x.shape[1])


class RowMixtures:
    """Predicts the mixtures of a row with each background row."""

    def __init__(self, mixtures: Mixtures, x: np.ndarray, terms: dict[int, tuple[_Terms, np.ndarray]]) -> None:
        self._mixtures, self._x, self._terms = mixtures, x, terms

    def predict(self, coalitions: np.ndarray, games: slice) -> np.ndarray:
        """Return the predictions for mixtures with some background rows, (games, coalitions, outputs).

        `coalitions` says which values are those of the row, (games, coalitions, features).
        """
        parts, size = self._mixtures.parts, max(1, CHUNK_ROWS // coalitions.shape[1])
        first, found = games.start or 0, []
        for start in range(0, len(coalitions), size):
            some, rows = coalitions[start:][:size], None
            own = slice(first + start, first + start + len(some))
            sums = []
            for number, source in enumerate(parts.sources):
                if number in self._terms:
                    terms, values = self._terms[number]
                    sums.append(terms.mixed(values, some, own))
                    continue
                rows = self._mixtures.rows(self._x, some, own) if rows is None else rows
                sums.append(source(rows))
            found.append(parts.last(sums))
        return np.concatenate(found).reshape(*coalitions.shape[:2], -1)
