"""Boosted trees asked all at once: scikit-learn asks one tree after the other, 5 µs each before it looks at a row.

Every split of every tree is judged at once, for all rows. A split that sends a row to the right rules out the leaves on
its left; of those that are left over, a row ends in the first.

Source: Lucchese et al., QuickScorer: a Fast Algorithm to Rank Documents with Additive Ensembles of Regression Trees
(SIGIR 2015), with arrays in place of its loops. What scikit-learn keeps of its trees is private to it: a release that
keeps something else has no kernel, and is asked itself.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

MAX_LEAVES = 64
"""Leaves of a tree that there are bits for."""
MANY_ROWS = 256
"""Beyond, arrays of rows x splits leave the processor's cache, and a tree at a time is faster."""
CODES = 256
"""Categories that scikit-learn splits on, at most."""
WIDTHS: dict[int, type[np.unsignedinteger[Any]]] = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}
FIRST_BIT = np.array([(word & -word).bit_length() - 1 for word in range(1, 2**16)], dtype=np.uint8)
"""The lowest bit of a 16-bit word that is not 0, by the word less one."""


class _Split(NamedTuple):
    feature: int
    threshold: float
    gap_left: bool
    """Whether a row without a value goes to the left."""
    categories: np.ndarray | None
    """Which codes go to the left, (`CODES`,), where it is a feature of categories."""
    kept: int
    """Bits of the leaves that are not ruled out when a row goes to the right."""


class BoostedTrees:
    """The sum of all trees, (rows, trees an iteration), added in the order in which scikit-learn adds."""

    def __init__(self, step: HistGradientBoostingRegressor | HistGradientBoostingClassifier) -> None:
        trees = [_Tree(predictor) for iteration in step._predictors for predictor in iteration]  # noqa: SLF001
        self._baseline = np.asarray(step._baseline_prediction, dtype=float).reshape(1, -1, 1)  # noqa: SLF001
        leaves = max(len(tree.values) for tree in trees)
        size = max(len(tree.splits) for tree in trees)
        word = WIDTHS[next(width for width in WIDTHS if leaves <= width)]
        # A tree with fewer splits than another gets some that rule out nothing.
        idle = _Split(0, np.inf, gap_left=True, categories=None, kept=2**64 - 1)
        splits = [split for place in range(size) for split in (tree.split(place, idle) for tree in trees)]
        every = np.iinfo(word).max
        self._shape = size, len(trees)
        self._feature = np.array([split.feature for split in splits], dtype=np.intp)
        self._threshold = np.array([split.threshold for split in splits]).reshape(-1, 1)
        self._gap_left = np.array([split.gap_left for split in splits], dtype=bool).reshape(-1, 1)
        self._kept = np.array([split.kept & int(every) for split in splits], dtype=word).reshape(-1, 1)
        self._coded = np.array([place for place, split in enumerate(splits) if split.categories is not None], dtype=int)
        left = [split.categories for split in splits if split.categories is not None]
        self._left = np.array(left) if left else np.empty((0, CODES), dtype=bool)
        values = np.zeros((len(trees), leaves))
        for tree, row in zip(trees, values, strict=True):
            row[: len(tree.values)] = tree.values
        self._values, self._begins = values.ravel(), np.arange(len(trees))[:, None] * leaves

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the sums for a matrix (rows, features)."""
        # Rows lie side by side, so that what is done to a split is done to all rows at once.
        values = np.ascontiguousarray(x.T).take(self._feature, axis=0)
        left = values <= self._threshold
        if len(self._coded):
            codes = np.nan_to_num(values[self._coded]).astype(np.intp)
            left[self._coded] = np.take_along_axis(self._left, codes, axis=1)
        if np.isnan(x).any():
            left = np.where(np.isnan(values), self._gap_left, left)
        kept = self._kept | -left.astype(self._kept.dtype)
        alive = np.bitwise_and.reduce(kept.reshape(*self._shape, len(x)), axis=0)
        found = self._values.take(self._begins + _first_bit(alive)).reshape(-1, self._baseline.shape[1], len(x))
        total = np.concatenate([np.broadcast_to(self._baseline, (1, *found.shape[1:])), found])
        # One after the other, as scikit-learn adds: another order differs in the last bit, which makes a difference to
        # the other class where one is all but certain. A single column numpy would add in pairs.
        sums: np.ndarray = np.add.reduce(total, axis=0) if total[0].size > 1 else total.cumsum(axis=0)[-1]
        return sums.T


class _Tree:
    def __init__(self, predictor: Any) -> None:
        self._nodes, self._bitsets = predictor.nodes, predictor.raw_left_cat_bitsets
        self.values: list[float] = []
        """Of the leaves, from left to right."""
        self.splits: list[_Split] = []
        self._descend(0)
        if len(self.values) > MAX_LEAVES:
            raise ValueError(f"A tree has {len(self.values)} leaves.")

    def split(self, place: int, otherwise: _Split) -> _Split:
        return self.splits[place] if place < len(self.splits) else otherwise

    def _descend(self, place: int) -> None:
        node = self._nodes[place]
        if node["is_leaf"]:
            self.values.append(float(node["value"]))
            return
        first = len(self.values)
        self._descend(int(node["left"]))
        ruled_out = (1 << len(self.values)) - (1 << first)
        categories = _codes(self._bitsets[node["bitset_idx"]]) if node["is_categorical"] else None
        gap_left = bool(node["missing_go_to_left"])
        self.splits.append(
            _Split(
                int(node["feature_idx"]), float(node["num_threshold"]), gap_left, categories, ~ruled_out & (2**64 - 1)
            )
        )
        self._descend(int(node["right"]))


def _codes(words: np.ndarray) -> np.ndarray:
    """Return the bits of a set of codes."""
    bits: np.ndarray = (words[np.arange(CODES) // 32] >> (np.arange(CODES) % 32)) & 1
    return bits.astype(bool)


def _first_bit(words: np.ndarray) -> np.ndarray:
    if words.dtype.itemsize <= 2:
        return FIRST_BIT.take(words - 1)
    lowest = words & (~words + words.dtype.type(1))
    places: np.ndarray = np.frexp(lowest.astype(float))[1] - 1
    return places


def compile_trees(
    step: HistGradientBoostingRegressor | HistGradientBoostingClassifier,
    encode: Callable[[np.ndarray], np.ndarray] | None,
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what answers as the estimator does; `encode` is what it does to its categories before."""
    trees, loss = BoostedTrees(step), step._loss  # noqa: SLF001
    classifies = isinstance(step, HistGradientBoostingClassifier)
    whole = step.predict_proba if classifies else step.predict

    def run(x: np.ndarray) -> np.ndarray:
        if len(x) > MANY_ROWS:
            answer: np.ndarray = whole(x)
            return answer
        sums = trees(encode(x) if encode else x)
        found: np.ndarray = loss.predict_proba(sums) if classifies else loss.link.inverse(sums.ravel())
        return found

    return run
