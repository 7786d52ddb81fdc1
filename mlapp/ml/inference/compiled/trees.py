"""Compiled trees: all trees of all members of a model are evaluated at once.

scikit-learn calls one tree after the other, at 5 µs each before it reads a row. Here, each split that sends a row to
the right excludes the leaves on its left; the row ends in the first leaf that is left over. Which leaves the splits of
a column exclude depends only on the thresholds that its value lies between. So each column has a table, with a row for
every such interval and an entry for every tree: an evaluation looks up one row for each column, and combines them. Each
further tree makes these rows wider, but they are hardly slower to combine.

Source: Lucchese et al., QuickScorer: a Fast Algorithm to Rank Documents with Additive Ensembles of Regression Trees
(SIGIR 2015), with tables instead of loops.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import reduce
from operator import ior
from typing import Any, NamedTuple

import numpy as np

from mlapp.ml.inference.compiled.columns import Column, positions, with_others
from mlapp.ml.inference.compiled.functions import Compiled, Row

MAX_LEAVES = 64
"""Maximum number of leaves of a tree: one bit each."""
CHUNK_CELLS = 2**15
"""Rows × trees that are evaluated at a time: larger arrays cost page faults."""
MAX_BISECTED = 32
"""Maximum number of columns of a single row that are searched by Python; numpy is faster at more."""
COMPARISONS = 500
"""Comparisons of numbers with thresholds that take as long as the search in the thresholds of a column."""
Word = type[np.unsignedinteger[Any]]
WORDS: dict[int, Word] = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}


class Split(NamedTuple):
    """A split of a tree."""

    column: Column
    threshold: float
    """Higher values go to the right, if there are no `categories`."""
    missing_left: bool
    """Whether missing values go to the left."""
    categories: np.ndarray | None
    """Whether each code goes to the left."""
    excluded: int
    """Bits of the leaves that are excluded when a row goes to the right."""

    def right(self, values: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """Return whether values of the column go to the right."""
        if self.categories is None:
            left = values <= self.threshold
        else:
            left = self.categories[np.where(missing, 0.0, values).astype(np.intp)]
        left[missing] = self.missing_left
        return ~left


class Tree(NamedTuple):
    """Leaf values and splits of a tree, from left to right."""

    values: list[float]
    splits: list[Split]


class _Table(NamedTuple):
    """What the splits of an input column exclude."""

    source: int
    """Index of the input column."""
    is_lookup: bool
    """Whether `points` are codes, and not thresholds."""
    points: np.ndarray
    """Thresholds or codes in ascending order, (points,)."""
    excluded: np.ndarray
    """Bits by tree, and by interval: up to each point, beyond the last one, missing values; or by code: known, unknown,
    missing ones. (trees, points + 2)"""


class Trees:
    """Trees that are added to sums, each of which belongs to an estimator or one of its classes."""

    def __init__(self) -> None:
        self._trees: list[Tree] = []
        self._starts: list[int] = []

    def add(self, trees: Sequence[Tree]) -> int:
        """Add the trees of a sum, and return its index."""
        self._starts.append(len(self._trees))
        self._trees += trees
        return len(self._starts) - 1

    def compiled(self) -> Compiled:
        """Return the functions that add up the values of the trees: (rows, inputs) to (rows, sums)."""
        trees, starts = self._trees, self._starts
        leaves = max(len(tree.values) for tree in trees)
        word = WORDS[next(bits for bits in WORDS if leaves <= bits)]
        tables = _tables(trees, word)
        excluded = np.concatenate([table.excluded for table in tables], axis=1).T.copy()
        values = np.zeros((len(trees), leaves))
        for tree, row in zip(trees, values, strict=True):
            row[: len(tree.values)] = tree.values
        # The number of bits below and at the first one that is 0 is 1 for the first leaf.
        before_first = np.arange(len(trees)) * leaves - 1
        flat, one_bit = values.ravel(), word(1)

        def sums(bits: np.ndarray) -> np.ndarray:
            last = np.bitwise_count(bits ^ (bits + one_bit))
            # The order of the sum is that of a single row, also in a batch: with another one the last bit changes,
            # which matters for the probability of the other class when one class is almost certain.
            return np.add.reduceat(flat.take(before_first + last), starts, axis=-1)

        locate, chunk_rows = _Locations(tables), max(1, CHUNK_CELLS // len(trees))

        def many(x: np.ndarray) -> np.ndarray:
            chunks = [x[start:][:chunk_rows] for start in range(0, len(x), chunk_rows)]
            found = [sums(reduce(ior, (excluded.take(at, axis=0) for at in locate.many(chunk)))) for chunk in chunks]
            return found[0] if len(found) == 1 else np.concatenate(found)

        def one(row: Row) -> Row:
            return sums(np.bitwise_or.reduce(excluded.take(locate.one(row), axis=0), axis=0)).tolist()  # type: ignore[no-any-return]

        return Compiled(many, (one,))


def _tables(trees: Sequence[Tree], word: Word) -> list[_Table]:
    """Return the tables of all columns that trees split on."""
    splits: dict[tuple[int, bool], list[tuple[int, Split]]] = {}
    for number, tree in enumerate(trees):
        for split in tree.splits:
            is_lookup = split.column.lookup is not None or split.categories is not None
            splits.setdefault((split.column.source, is_lookup), []).append((number, split))
    if not splits:
        # If no tree has one, a split that excludes nothing stands for a table.
        splits[0, False] = [(0, Split(Column(0), np.inf, missing_left=True, categories=None, excluded=0))]
    return [
        _Table(*key, *(_lookup_table if key[1] else _threshold_table)(found, len(trees), word))
        for key, found in splits.items()
    ]


def _threshold_table(splits: list[tuple[int, Split]], trees: int, word: Word) -> tuple[np.ndarray, np.ndarray]:
    points = np.unique([split.threshold for _, split in splits])
    index_of = {threshold: index for index, threshold in enumerate(points.tolist())}
    excluded = np.zeros((trees, len(points) + 2), dtype=word)
    for tree, split in splits:
        bits, missing = word(split.excluded), split.column.missing
        excluded[tree, index_of[split.threshold] + 1 : -1] |= bits
        if missing > split.threshold or (not split.missing_left and math.isnan(missing)):
            excluded[tree, -1] |= bits
    return points, excluded


def _lookup_table(splits: list[tuple[int, Split]], trees: int, word: Word) -> tuple[np.ndarray, np.ndarray]:
    columns = {id(split.column): split.column for _, split in splits}
    points = np.unique(np.concatenate([column.lookup.codes for column in columns.values() if column.lookup]))
    values = {key: column.of(with_others(points)) for key, column in columns.items()}
    missing = {key: np.isnan(found) for key, found in values.items()}
    excluded = np.zeros((trees, len(points) + 2), dtype=word)
    for tree, split in splits:
        column = id(split.column)
        excluded[tree, split.right(values[column], missing[column])] |= word(split.excluded)
    return points, excluded


class _Locations:
    """Finds the rows of the tables in which values are."""

    def __init__(self, tables: Sequence[_Table]) -> None:
        starts = np.cumsum([0, *(len(table.points) + 2 for table in tables)]).tolist()
        placed = list(zip(tables, starts, strict=False))
        self._lookups = [(table.source, table.points, start) for table, start in placed if table.is_lookup]
        numbers = [(table.source, table.points, start) for table, start in placed if not table.is_lookup]
        self._numbers = numbers
        self._bisected = [(index, points.tolist(), start) for index, points, start in numbers]
        self._by_code = [
            (index, dict(zip(codes.tolist(), range(start, start + len(codes)), strict=True)), start + len(codes))
            for index, codes, start in self._lookups
        ]
        sizes = [len(points) for _, points, _ in numbers]
        self._columns = np.array([index for index, _, _ in numbers], dtype=np.intp)
        self._column_of = np.repeat(self._columns, sizes)
        self._thresholds = np.concatenate([points for _, points, _ in numbers] or [np.empty(0)])
        self._firsts = np.cumsum([0, *sizes])[:-1]
        self._starts = np.array([start for _, _, start in numbers], dtype=np.intp)
        self._missing = self._starts + sizes + 1

    def one(self, row: Row) -> list[int]:
        """Return the positions of a row without missing values, one for each table."""
        return [start + bisect_left(points, row[index]) for index, points, start in self._bisected] + [
            by_code.get(row[index], unknown) for index, by_code, unknown in self._by_code
        ]

    def many(self, x: np.ndarray) -> list[np.ndarray]:
        """Return the positions of rows, (rows,) for each table."""
        found = [start + positions(x[:, index], codes) for index, codes, start in self._lookups]
        if not self._numbers:
            return found
        if len(x) * len(self._thresholds) < len(self._numbers) * COMPARISONS:
            higher = x.take(self._column_of, axis=1) > self._thresholds
            numbers = self._starts + np.add.reduceat(higher, self._firsts, axis=1, dtype=np.intp)
        else:
            columns = np.ascontiguousarray(x.T)
            searched = [start + points.searchsorted(columns[index]) for index, points, start in self._numbers]
            numbers = np.stack(searched, axis=1)
        missing = np.isnan(x.take(self._columns, axis=1))
        if missing.any():
            numbers = np.where(missing, self._missing, numbers)
        return [*found, *numbers.T]
