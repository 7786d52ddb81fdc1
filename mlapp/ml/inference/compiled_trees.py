"""Compiled gradient-boosted trees: all splits of all trees are evaluated at once.

scikit-learn calls one tree after the other, at 5 µs each before it reads a row. Here, each split that sends a row to
the right excludes the leaves on its left; the row ends in the first leaf that is left over.

Source: Lucchese et al., QuickScorer: a Fast Algorithm to Rank Documents with Additive Ensembles of Regression Trees
(SIGIR 2015), with arrays instead of loops. The attributes that hold the trees are private to scikit-learn: if a release
changes them, compiling fails, and scikit-learn predicts.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from sklearn._loss.link import IdentityLink, LogLink
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from mlapp.ml.inference.compiled_functions import Compiled, Row, probabilities_of

MAX_LEAVES = 64
"""Maximum number of leaves of a tree: one bit each."""
MAX_ROWS = 256
"""Larger batches are left to scikit-learn: arrays of rows × splits would exceed the processor's cache."""
MAX_CATEGORIES = 256
"""Maximum number of categories that scikit-learn splits on."""
WORDS: dict[int, type[np.unsignedinteger[Any]]] = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}
LOWEST_BIT = np.array([(word & -word).bit_length() - 1 for word in range(1, 2**16)], dtype=np.uint8)
"""Index of the lowest bit of a 16-bit word that is not 0, by the word minus one."""
LOWEST_ZERO = LOWEST_BIT[np.arange(2**16 - 1)[::-1]]
"""Index of the lowest bit that is 0 of a 16-bit word, by the word; the last one has none."""


class _Split(NamedTuple):
    feature: int
    threshold: float
    missing_left: bool
    """Whether missing values go to the left."""
    categories: np.ndarray | None
    """For a categorical feature: which codes go to the left, (`MAX_CATEGORIES`,)."""
    mask: int
    """Bits of the leaves that remain possible when a row goes to the right."""


class BoostedTrees:
    """The sum of all trees, (rows, trees per iteration), added in the same order as in scikit-learn."""

    def __init__(self, step: HistGradientBoostingRegressor | HistGradientBoostingClassifier) -> None:
        trees = [_Tree(predictor) for iteration in step._predictors for predictor in iteration]  # noqa: SLF001
        self._baseline = np.asarray(step._baseline_prediction, dtype=float).reshape(1, -1, 1)  # noqa: SLF001
        leaves = max(len(tree.values) for tree in trees)
        size = max(len(tree.splits) for tree in trees)
        word = WORDS[next(bits for bits in WORDS if leaves <= bits)]
        # Smaller trees are padded with splits that exclude nothing.
        padding = _Split(0, np.inf, missing_left=True, categories=None, mask=2**64 - 1)
        splits = [split for index in range(size) for split in (tree.split(index, padding) for tree in trees)]
        all_bits = int(np.iinfo(word).max)
        self._shape = size, len(trees)
        self._feature = np.array([split.feature for split in splits], dtype=np.intp)
        self._threshold = np.array([split.threshold for split in splits]).reshape(-1, 1)
        self._missing_left = np.array([split.missing_left for split in splits], dtype=bool).reshape(-1, 1)
        self._mask = np.array([split.mask & all_bits for split in splits], dtype=word).reshape(-1, 1)
        self._categorical = np.array([i for i, split in enumerate(splits) if split.categories is not None], dtype=int)
        left = [split.categories for split in splits if split.categories is not None]
        self._left = np.array(left) if left else np.empty((0, MAX_CATEGORIES), dtype=bool)
        values = np.zeros((len(trees), leaves))
        for tree, row in zip(trees, values, strict=True):
            row[: len(tree.values)] = tree.values
        self._values, self._offsets = values.ravel(), np.arange(len(trees))[:, None] * leaves
        # For single rows.
        self._thresholds, self._excluded = self._threshold.ravel(), ~self._mask.ravel()
        self._every = np.arange(len(self._categorical))
        self._first = self._offsets.ravel()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the sums for a matrix (rows, features)."""
        # Transposed, so that each operation on a split covers all rows.
        values = np.ascontiguousarray(x.T).take(self._feature, axis=0)
        left = values <= self._threshold
        if len(self._categorical):
            codes = np.nan_to_num(values[self._categorical]).astype(np.intp)
            left[self._categorical] = np.take_along_axis(self._left, codes, axis=1)
        if np.isnan(x).any():
            left = np.where(np.isnan(values), self._missing_left, left)
        masks = self._mask | -left.astype(self._mask.dtype)
        possible = np.bitwise_and.reduce(masks.reshape(*self._shape, len(x)), axis=0)
        found = self._values.take(self._offsets + _lowest_bit(possible)).reshape(-1, self._baseline.shape[1], len(x))
        terms = np.concatenate([np.broadcast_to(self._baseline, (1, *found.shape[1:])), found])
        # Added in the same order as in scikit-learn: another order changes the last bit, which matters for the
        # probability of the other class when one class is almost certain. A single column numpy would add pairwise.
        sums: np.ndarray = np.add.reduce(terms, axis=0) if terms[0].size > 1 else terms.cumsum(axis=0)[-1]
        return sums.T

    def row(self, row: list[float]) -> list[float]:
        """Return the sums for a row without missing values."""
        values = np.array(row).take(self._feature)
        right = values > self._thresholds
        if len(self._categorical):
            right[self._categorical] = ~self._left[self._every, values[self._categorical].astype(np.intp)]
        excluded = np.bitwise_or.reduce((right * self._excluded).reshape(self._shape), axis=0)
        leaves = LOWEST_ZERO.take(excluded) if excluded.dtype.itemsize <= 2 else _lowest_bit(~excluded)
        found = self._values.take(self._first + leaves)
        if self._baseline.size == 1:
            # In the same order as in scikit-learn, here and above.
            found[0] += self._baseline[0, 0, 0]
            return [float(found.cumsum()[-1])]
        terms = np.concatenate([self._baseline[:, :, 0], found.reshape(-1, self._baseline.shape[1])])
        return np.add.reduce(terms, axis=0).tolist()  # type: ignore[no-any-return]


class _Tree:
    """Leaf values and splits of a tree, from left to right."""

    def __init__(self, predictor: Any) -> None:
        self._nodes, self._bitsets = predictor.nodes, predictor.raw_left_cat_bitsets
        self.values: list[float] = []
        self.splits: list[_Split] = []
        self._add(0)
        if len(self.values) > MAX_LEAVES:
            raise ValueError(f"A tree has {len(self.values)} leaves.")

    def split(self, index: int, padding: _Split) -> _Split:
        return self.splits[index] if index < len(self.splits) else padding

    def _add(self, index: int) -> None:
        """Add a node and all nodes below it."""
        node = self._nodes[index]
        if node["is_leaf"]:
            self.values.append(float(node["value"]))
            return
        first = len(self.values)
        self._add(int(node["left"]))
        excluded = (1 << len(self.values)) - (1 << first)
        categories = _bits(self._bitsets[node["bitset_idx"]]) if node["is_categorical"] else None
        feature, threshold = int(node["feature_idx"]), float(node["num_threshold"])
        missing_left = bool(node["missing_go_to_left"])
        self.splits.append(_Split(feature, threshold, missing_left, categories, ~excluded & (2**64 - 1)))
        self._add(int(node["right"]))


def _bits(words: np.ndarray) -> np.ndarray:
    """Return the bits of 32-bit words, (`MAX_CATEGORIES`,)."""
    index = np.arange(MAX_CATEGORIES)
    bits: np.ndarray = (words[index // 32] >> (index % 32)) & 1
    return bits.astype(bool)


def _lowest_bit(words: np.ndarray) -> np.ndarray:
    if words.dtype.itemsize <= 2:
        return LOWEST_BIT.take(words - 1)
    lowest = words & (~words + words.dtype.type(1))
    indices: np.ndarray = np.frexp(lowest.astype(float))[1] - 1
    return indices


def compile_trees(
    step: HistGradientBoostingRegressor | HistGradientBoostingClassifier, encode: Compiled | None
) -> Compiled:
    """Return functions that predict as the estimator does; `encode` encodes categories as the estimator does."""
    trees, loss = BoostedTrees(step), step._loss  # noqa: SLF001
    classifies = isinstance(step, HistGradientBoostingClassifier)
    original = step.predict_proba if classifies else step.predict

    def many(x: np.ndarray) -> np.ndarray:
        if len(x) > MAX_ROWS:
            predicted: np.ndarray = original(x)
            return predicted
        sums = trees(encode.many(x) if encode else x)
        result: np.ndarray = loss.predict_proba(sums) if classifies else loss.link.inverse(sums.ravel())
        return result

    encode_row = encode.one if encode else None

    def one(row: Row) -> Row:
        try:
            encoded = encode_row(row) if encode_row else row
        except KeyError:
            # A category that was not in the training rows.
            return many(np.array([row])).ravel().tolist()
        sums = trees.row(encoded)
        return finish(sums) if finish else sums

    finish = probabilities_of if classifies else _INVERSE_LINKS.get(type(loss.link))
    return Compiled(many, (one,) if finish or isinstance(loss.link, IdentityLink) else None)


def _exp(sums: Row) -> Row:
    return [math.exp(sums[0])]


_INVERSE_LINKS = {LogLink: _exp}
