"""Exact Shapley values of sums of trees: each leaf is a game of the features that the splits above it read.

A mixture of a row and a background row ends in a leaf if each feature above it has a value that passes all splits on
it. So the features of which only the row's value passes must be in the coalition, and those of which only the
background row's value passes must not. How much a feature contributes depends only on how many of both there are.

Source: Laberge and Pequignot, Understanding Interventional TreeSHAP: How and Why it Works, arXiv:2209.15123 (2022).
"""

from collections.abc import Sequence
from math import comb
from typing import Any, NamedTuple

import numpy as np

from mlapp.ml.inference.compiled.program import Member
from mlapp.ml.inference.explanation.tree_nodes import Nodes, TreeColumns, goes_left

MAX_LEAVES = 250_000
"""More take more than a tenth of a second for a row, and more memory than the trees."""
WORDS: dict[int, type[np.unsignedinteger[Any]]] = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}
"""A bit for each feature above a leaf."""


class _Level(NamedTuple):
    """Splits of the same depth."""

    split: np.ndarray
    """Their nodes, and the nodes below them, (splits,) each."""
    left: np.ndarray
    right: np.ndarray
    slot: np.ndarray
    """Number of the feature that each reads, among those above the leaves below it."""


class TreeGames:
    """Explains what trees add up."""

    def __init__(self, members: Sequence[Member], owner: np.ndarray, background: np.ndarray) -> None:
        """`owner` has the feature of each column of the matrix, and `background` is (rows, columns).

        Raises:
            TypeError: the trees are too large, or a split reads a column that depends on several features.
        """
        self._columns = TreeColumns(len(owner))
        self._nodes, self._features = self._columns.nodes(members), int(owner.max()) + 1
        owners, is_leaf = self._columns.owners(owner)[self._nodes.column], self._nodes.left == 0
        if is_leaf.sum() > MAX_LEAVES or (owners[~is_leaf] < 0).any():
            raise TypeError("These trees cannot be explained leaf by leaf.")
        self._levels, self._leaves, self._above = _levels(self._nodes, owners)
        slots = self._above.shape[1]
        if slots > max(WORDS):
            raise TypeError("There are too many features above a leaf.")
        self._word = WORDS[next(bits for bits in WORDS if slots <= bits)]
        self._background = np.stack([self._failed(row) for row in background])
        self._joined, self._left = _weights(slots)

    def _failed(self, row: np.ndarray) -> np.ndarray:
        """Return the bits of the features above each leaf whose value does not pass, (leaves,)."""
        left = goes_left(self._nodes, self._columns.of(row[None, :]))
        failed: np.ndarray = np.zeros(len(left), dtype=self._word)
        none, one = self._word(0), self._word(1)
        for split, to_left, to_right, slot in self._levels:
            bit, is_left, above = one << slot.astype(self._word), left[split], failed[split]
            failed[to_left] = above | np.where(is_left, none, bit)
            failed[to_right] = above | np.where(is_left, bit, none)
        return np.asarray(failed[self._leaves])

    def sums(self, x: np.ndarray, count: int) -> np.ndarray:
        """Return what the trees add up for rows, without constants, (rows, count)."""
        found = np.zeros((len(x), count))
        for row, sums in zip(x, found, strict=True):
            leaves = self._leaves[self._failed(row) == 0]
            for index, values in enumerate(self._nodes.values[leaves].T):
                np.add.at(sums, self._nodes.total[leaves] + index, values)
        return found

    def contributions(self, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return what each feature of a row, (1, columns), contributes to the weighted sum of all sums, (features,)."""
        own = self._failed(x[0])
        rows, leaves = np.nonzero((self._background & own) == 0)
        only_row, only_background = self._background[rows, leaves], own[leaves]
        counts = np.bitwise_count(only_row), np.bitwise_count(only_background)
        values = self._weighted(weights)[leaves] / len(self._background)
        joined, left = self._joined[counts] * values, self._left[counts] * values
        found = np.zeros(self._features + 1)
        for slot in range(self._above.shape[1]):
            bit = self._word(1) << self._word(slot)
            added = np.where(only_row & bit, joined, 0.0) - np.where(only_background & bit, left, 0.0)
            # Leaves with fewer features have -1, which is counted first.
            found += np.bincount(self._above[leaves, slot] + 1, added, len(found))
        return found[1:]

    def _weighted(self, weights: np.ndarray) -> np.ndarray:
        """Return the weighted sums of the values of each leaf, (leaves,)."""
        values, total = self._nodes.values[self._leaves], self._nodes.total[self._leaves]
        found: np.ndarray = (values * weights[total[:, None] + np.arange(values.shape[1])]).sum(axis=1)
        return found


def _levels(nodes: Nodes, owners: np.ndarray) -> tuple[list[_Level], np.ndarray, np.ndarray]:
    """Return the splits by depth, the leaves, and the features above each of them, (leaves, slots).

    `owners` has the feature of each split; empty slots have -1.
    """
    levels, leaves, above = [], [], []
    found, path = nodes.roots, np.empty((len(nodes.roots), 0), dtype=np.int16)
    while len(found):
        is_leaf = nodes.left[found] == 0
        leaves.append(found[is_leaf])
        above.append(path[is_leaf])
        found, path = found[~is_leaf], path[~is_leaf]
        path = np.pad(path, ((0, 0), (0, 1)), constant_values=-1)
        # The slot of the same feature, or else the first empty one.
        fits = path == owners[found, None]
        slot = np.where(fits.any(axis=1), fits.argmax(axis=1), (path >= 0).sum(axis=1))
        path[np.arange(len(path)), slot] = owners[found]
        path = path[:, (path >= 0).any(axis=0)]
        levels.append(_Level(found, nodes.left[found], nodes.right[found], slot))
        found, path = np.concatenate([nodes.left[found], nodes.right[found]]), np.concatenate([path, path])
    width = max(own.shape[1] for own in above)
    padded = [np.pad(own, ((0, 0), (0, width - own.shape[1])), constant_values=-1) for own in above]
    return levels, np.concatenate(leaves), np.concatenate(padded)


def _weights(slots: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the Shapley values of a feature that must be in the coalition, and minus those of one that must not.

    Both are by the number of features of each kind, (slots + 1, slots + 1); 0 if there is none of its kind.
    """
    inside, outside = np.meshgrid(np.arange(slots + 1), np.arange(slots + 1), indexing="ij")
    orders = np.vectorize(comb, otypes=[float])(inside + outside, inside)
    zeros = np.zeros_like(orders)
    joined = np.divide(1 / orders, inside, out=zeros.copy(), where=inside > 0)
    return joined, np.divide(1 / orders, outside, out=zeros, where=outside > 0)
