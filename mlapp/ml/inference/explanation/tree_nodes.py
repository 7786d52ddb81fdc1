"""Nodes: splits and leaves of the trees that a source of sums adds up, as arrays."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mlapp.ml.inference.compiled.boosting import MAX_CATEGORIES, bits_of, encoded_columns
from mlapp.ml.inference.compiled.columns import Column, Inputs, columns_of
from mlapp.ml.inference.compiled.program import Member

NO_CATEGORIES = -1
"""Set of a split on numbers."""


class Nodes(NamedTuple):
    """The nodes of trees; fields of splits and of leaves mean nothing for the other ones."""

    left: np.ndarray
    """Index of the node for values that go to the left, (nodes,); 0 for leaves."""
    right: np.ndarray
    column: np.ndarray
    """Index of the column that a split reads."""
    threshold: np.ndarray
    """Higher values go to the right, if there are no categories."""
    missing_left: np.ndarray
    """Whether missing values go to the left."""
    categories: np.ndarray
    """Index of the set of categories, or `NO_CATEGORIES`."""
    values: np.ndarray
    """Of leaves, (nodes, values)."""
    total: np.ndarray
    """Index of the sum that the first value is added to; further ones to the next sums."""
    roots: np.ndarray
    """(trees,)"""
    sets: np.ndarray
    """Whether a code goes to the left, (sets, codes)."""


class TreeColumns:
    """The columns that trees see, each of which depends on one feature."""

    def __init__(self, features: int) -> None:
        """`features` is the number of columns of the matrix."""
        self.inputs, self._columns = Inputs(features), [Column(index) for index in range(features)]
        self._read: list[tuple[Column, bool]] = []

    def nodes(self, members: Sequence[Member]) -> Nodes:
        """Return the nodes of all trees.

        Raises:
            TypeError: a transformer is unknown.
        """
        return _joined([self._nodes(member) for member in members])

    def _nodes(self, member: Member) -> Nodes:
        columns, first = self._columns, len(self._read)
        for step in member.steps:
            columns = columns_of(step, columns, self.inputs)
        is_forest = hasattr(member.estimator, "estimators_")
        if not is_forest:
            columns = encoded_columns(member.estimator, columns)
        # scikit-learn's forests compare numbers of single precision with thresholds of double precision.
        self._read += [(column, is_forest) for column in columns]
        found = (_of_forest if is_forest else _of_boosting)(member.estimator)
        return found._replace(column=found.column + first, total=found.total + member.first)

    def owners(self, owner: np.ndarray) -> np.ndarray:
        """Return the feature that each column depends on, (columns,); -1 if it depends on several.

        `owner` has the feature of each column of the matrix.
        """
        found = []
        for sources in self.inputs.sources():
            [first, *others] = {int(owner[source]) for source in sources}
            found.append(-1 if others else first)
        return np.array([found[column.source] for column, _ in self._read])

    def of(self, x: np.ndarray) -> np.ndarray:
        """Return what trees see of a row, (1, columns) to (columns,)."""
        inputs = self.inputs.compiled().many(x)[0]
        seen = np.concatenate([column.of(inputs[[column.source]]) for column, _ in self._read])
        single = np.array([is_single for _, is_single in self._read])
        return np.where(single, seen.astype(np.float32), seen)


def goes_left(nodes: Nodes, seen: np.ndarray) -> np.ndarray:
    """Return which way a row goes at each split, by what trees see of it, (nodes,)."""
    values = seen.take(nodes.column)
    left, missing = values <= nodes.threshold, np.isnan(values)
    by_set = np.flatnonzero((nodes.categories != NO_CATEGORIES) & ~missing)
    left[by_set] = nodes.sets[nodes.categories[by_set], values[by_set].astype(np.intp)]
    found: np.ndarray = np.where(missing, nodes.missing_left, left)
    return found


def _joined(parts: Sequence[Nodes]) -> Nodes:
    """Return the nodes of several ensembles."""
    counts = np.cumsum([0, *(len(part.left) for part in parts)])
    sets = np.cumsum([0, *(len(part.sets) for part in parts)])
    moved = [
        part._replace(
            left=np.where(part.left > 0, part.left + start, 0),
            right=np.where(part.right > 0, part.right + start, 0),
            roots=part.roots + start,
            categories=np.where(part.categories == NO_CATEGORIES, NO_CATEGORIES, part.categories + first_set),
        )
        for part, start, first_set in zip(parts, counts, sets, strict=False)
    ]
    return Nodes(*map(np.concatenate, zip(*moved, strict=True)))


def _of_boosting(step: Any) -> Nodes:
    """Return the nodes of gradient boosting, whose trees are private to scikit-learn."""
    trees = [(total, tree) for trees in step._predictors for total, tree in enumerate(trees)]  # noqa: SLF001
    nodes, counts = np.concatenate([tree.nodes for _, tree in trees]), [len(tree.nodes) for _, tree in trees]
    words = np.concatenate([tree.raw_left_cat_bitsets for _, tree in trees])
    first_set = _starts([len(tree.raw_left_cat_bitsets) for _, tree in trees])
    own_set = nodes["bitset_idx"] + np.repeat(first_set, counts)
    is_split, start = nodes["is_leaf"] == 0, np.repeat(_starts(counts), counts)
    return Nodes(
        left=np.where(is_split, nodes["left"] + start, 0),
        right=np.where(is_split, nodes["right"] + start, 0),
        column=nodes["feature_idx"].astype(np.intp),
        threshold=nodes["num_threshold"],
        missing_left=nodes["missing_go_to_left"].astype(bool),
        categories=np.where(nodes["is_categorical"], own_set, NO_CATEGORIES),
        values=nodes["value"][:, None],
        total=np.repeat([total for total, _ in trees], counts),
        roots=_starts(counts),
        sets=bits_of(words.T).T,
    )


def _of_forest(step: Any) -> Nodes:
    trees = [tree.tree_ for tree in step.estimators_]
    nodes, counts = (
        np.concatenate([tree.__getstate__()["nodes"] for tree in trees]),
        [tree.node_count for tree in trees],
    )
    is_split, start = nodes["left_child"] >= 0, np.repeat(_starts(counts), counts)
    return Nodes(
        left=np.where(is_split, nodes["left_child"] + start, 0),
        right=np.where(is_split, nodes["right_child"] + start, 0),
        column=np.where(is_split, nodes["feature"], 0),
        threshold=nodes["threshold"],
        missing_left=nodes["missing_go_to_left"].astype(bool),
        categories=np.full(len(nodes), NO_CATEGORIES),
        values=np.concatenate([tree.value[:, 0, :] for tree in trees]) / len(trees),
        total=np.zeros(len(nodes), dtype=np.intp),
        roots=_starts(counts),
        sets=np.zeros((0, MAX_CATEGORIES), dtype=bool),
    )


def _starts(counts: Sequence[int]) -> np.ndarray:
    return np.cumsum([0, *counts])[:-1]
