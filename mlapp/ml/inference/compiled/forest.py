"""Compiled forests: trees with many leaves are walked down level by level, all trees of a forest at once.

scikit-learn calls one tree after the other, at 5 µs each before it reads a row; on many rows it is faster.
"""

from functools import reduce
from typing import Any

import numpy as np

from mlapp.ml.inference.compiled.functions import Compiled

MAX_ROWS = 16
"""Larger batches are left to scikit-learn."""


class Forest:
    """The nodes of all trees: first the roots, then pairs of nodes below the same split, the left one first."""

    def __init__(self, step: Any) -> None:
        trees = [tree.tree_ for tree in step.estimators_]
        nodes = np.concatenate([tree.__getstate__()["nodes"] for tree in trees])
        counts = np.array([tree.node_count for tree in trees])
        roots = np.cumsum(counts) - counts
        first = np.repeat(roots, counts)
        is_split = nodes["left_child"] >= 0
        # The new number of each node.
        pair = len(trees) + 2 * np.arange(is_split.sum())
        number = np.empty(len(nodes), dtype=np.intp)
        number[roots] = np.arange(len(trees))
        number[(nodes["left_child"] + first)[is_split]] = pair
        number[(nodes["right_child"] + first)[is_split]] = pair + 1
        # A leaf leads to itself, as no value is above infinity.
        self._left = np.empty(len(nodes), dtype=np.intp)
        self._left[number] = number
        self._left[number[is_split]] = pair
        self._threshold = np.full(len(nodes), np.inf)
        self._threshold[number[is_split]] = nodes["threshold"][is_split]
        self._feature = np.zeros(len(nodes), dtype=np.intp)
        self._feature[number[is_split]] = nodes["feature"][is_split]
        self._missing_right = np.zeros(len(nodes), dtype=bool)
        self._missing_right[number] = is_split & ~nodes["missing_go_to_left"].astype(bool)
        values = np.concatenate([tree.value[:, 0, :] for tree in trees])
        self._values = np.empty_like(values)
        self._values[number] = values
        self._roots, self._depth = np.arange(len(trees), dtype=np.intp), max(tree.max_depth for tree in trees)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the means of the trees for a matrix (rows, columns): (rows, 1) or (rows, classes)."""
        rows = len(x)
        # scikit-learn compares numbers of single precision with thresholds of double precision.
        flat = x.astype(np.float32).astype(float).ravel()
        missing = np.isnan(flat)
        complete = not missing.any()
        start = np.repeat(np.arange(rows, dtype=np.intp) * x.shape[1], len(self._roots))
        node = np.tile(self._roots, rows)
        for _ in range(self._depth):
            at = start + self._feature.take(node)
            right = flat.take(at) > self._threshold.take(node)
            if not complete:
                right |= missing.take(at) & self._missing_right.take(node)
            node = self._left.take(node) + right
        found = self._values.take(node, axis=0).reshape(rows, len(self._roots), -1)
        means: np.ndarray = np.add.reduce(found, axis=1) / len(self._roots)
        return means


def compile_forest(step: Any) -> Compiled:
    """Compile a random forest or extremely randomized trees: values (rows, 1), or probabilities."""
    forest, trees = Forest(step), [tree.tree_ for tree in step.estimators_]

    def many(x: np.ndarray) -> np.ndarray:
        if len(x) <= MAX_ROWS:
            return forest(x)
        x32 = np.ascontiguousarray(x, dtype=np.float32)
        return np.asarray(reduce(np.add, (tree.predict(x32) for tree in trees)) / len(trees))

    return Compiled(many)
