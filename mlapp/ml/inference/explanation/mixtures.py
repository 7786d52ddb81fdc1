"""Mixtures: sums of rows with some values of the row to explain, and all others of a background row."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

import numpy as np

from mlapp.ml.inference.compiled.program import Parts
from mlapp.ml.inference.explanation.additive import CHUNK_ROWS, TOLERANCE, AdditiveRow, AdditiveSource
from mlapp.ml.inference.explanation.tree_games import TreeGames

Sums = Mapping[int, np.ndarray]
"""The sums of each source by its number, (rows, sums)."""
ReadSums = Callable[[Sums], np.ndarray]
"""Computes values of sums, (rows, values)."""


class Mixtures:
    """The sources of a version: which can be explained exactly, and what they add up for mixtures of rows."""

    def __init__(self, parts: Parts, background: np.ndarray, blocks: Sequence[Sequence[int]]) -> None:
        """`background` is (rows, columns), and `blocks` has the columns of each feature."""
        self.parts, self.background, self.features = parts, background, len(blocks)
        self.owner = np.empty(background.shape[1], dtype=np.intp)
        for feature, columns in enumerate(blocks):
            self.owner[list(columns)] = feature

    def sums(self, x: np.ndarray) -> Sums:
        """Return the sums of rows, (rows, columns)."""
        return {number: source(x) for number, source in enumerate(self.parts.sources)}

    @cached_property
    def background_sums(self) -> Sums:
        """The sums of the background rows."""
        return self.sums(self.background)

    @cached_property
    def base(self) -> np.ndarray:
        """The predictions for the background rows, (rows, outputs)."""
        return self.parts.last([*self.background_sums.values()])

    @cached_property
    def _additive(self) -> dict[int, AdditiveSource]:
        """The sources that add up a term of each feature, by number."""
        found = {
            number: AdditiveSource(self.parts.sources[number], self.owner, self.background)
            for number in sorted(self.parts.products)
        }
        return {number: source for number, source in found.items() if source.is_exact}

    @cached_property
    def _trees(self) -> dict[int, TreeGames]:
        """The sources that add up trees, by number."""
        found = {number: self._games(number) for number in self.parts.trees}
        return {number: games for number, games in found.items() if games}

    def _games(self, number: int) -> TreeGames | None:
        """Return the games of a source's trees; None if they do not add up to what the source does."""
        expected = self.background_sums[number]
        try:
            games = TreeGames(self.parts.trees[number], self.owner, self.background)
            sums = games.sums(self.background, expected.shape[1])
        except Exception:  # noqa: BLE001 - private attributes of scikit-learn's trees may change
            return None
        # The first row's stand for the constants.
        difference = (sums - sums[0]) - (expected - expected[0])
        return games if np.abs(difference).max() <= TOLERANCE * max(1.0, np.abs(expected).max()) else None

    def of_row(self, x: np.ndarray) -> "RowMixtures":
        """Return the mixtures of a row, (1, columns)."""
        terms = {number: source.of_row(x) for number, source in self._additive.items()}
        return RowMixtures(self, x, {number: own for number, own in terms.items() if own}, self._trees)


class RowMixtures:
    """The mixtures of a row with each background row."""

    def __init__(
        self, mixtures: Mixtures, x: np.ndarray, additive: dict[int, AdditiveRow], trees: dict[int, TreeGames]
    ) -> None:
        self.mixtures, self._x, self._additive, self._trees = mixtures, x, additive, trees
        self.sums = mixtures.sums(x)

    @property
    def exact(self) -> list[int]:
        """The numbers of the sources whose contributions are exact."""
        return sorted([*self._additive, *self._trees])

    def contributions(self, weights: Sums) -> np.ndarray:
        """Return what each feature contributes to the weighted sum of sources that are exact, (features,).

        `weights` has those of each source's sums, (sums,).
        """
        found = np.zeros(self.mixtures.features)
        for number, own in weights.items():
            if number in self._additive:
                found += self._additive[number].contributions(own)
            else:
                found += self._trees[number].contributions(self._x, own)
        return found

    def evaluate(self, coalitions: np.ndarray, games: slice, sources: Collection[int], read: ReadSums) -> np.ndarray:
        """Return what `read` computes of the sums of some sources, (games, coalitions, values).

        `coalitions` says which values are those of the row, (games, coalitions, features); `games` are the background
        rows of the other ones.
        """
        size = max(1, CHUNK_ROWS // coalitions.shape[1])
        first, found = games.start or 0, []
        for start in range(0, len(coalitions), size):
            some = coalitions[start:][:size]
            rows = slice(first + start, first + start + len(some))
            found.append(read(self._mixed(some, rows, sources)))
        return np.concatenate(found).reshape(*coalitions.shape[:2], -1)

    def _mixed(self, coalitions: np.ndarray, games: slice, sources: Collection[int]) -> Sums:
        """Return the sums of mixtures, (games × coalitions, sums) each."""
        sums: dict[int, np.ndarray] = {}
        rows = None
        for number in sources:
            if number in self._additive:
                sums[number] = self._additive[number].mixed(coalitions, games)
                continue
            if rows is None:
                background = self.mixtures.background[games, None, :]
                mixed = np.where(coalitions[:, :, self.mixtures.owner], self._x[0], background)
                rows = mixed.reshape(-1, mixed.shape[2])
            sums[number] = self.mixtures.parts.sources[number](rows)
        return sums
