"""Compiled gradient boosting: the trees of scikit-learn's histogram-based gradient boosting.

The attributes that hold them are private to scikit-learn: if a release changes them, compiling fails, and scikit-learn
predicts.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlapp.ml.inference.compiled.columns import Column, Lookup, with_others
from mlapp.ml.inference.compiled.trees import MAX_LEAVES, Split, Tree

MAX_CATEGORIES = 256
"""Maximum number of categories that scikit-learn splits on."""
FIELDS = (
    "value",
    "feature_idx",
    "num_threshold",
    "missing_go_to_left",
    "left",
    "right",
    "is_leaf",
    "is_categorical",
    "bitset_idx",
)
"""Of a node."""


def trees_of(step: Any, columns: Sequence[Column]) -> list[list[Tree]]:
    """Return the trees of each sum: one, or one for each of several classes. The first one includes the constant."""
    columns = encoded_columns(step, columns)
    sums: list[list[Tree]] = []
    baseline = np.asarray(step._baseline_prediction, dtype=float).ravel()  # noqa: SLF001 - as are the trees
    for output, constant in enumerate(baseline.tolist()):
        trees = [_tree(iteration[output], columns) for iteration in step._predictors]  # noqa: SLF001
        first = trees[0]
        sums.append([first._replace(values=[constant + value for value in first.values]), *trees[1:]])
    return sums


def encoded_columns(step: Any, columns: Sequence[Column]) -> list[Column]:
    """Return the columns that the trees see: categories that are encoded again as 0, 1, …, then the other ones."""
    preprocessor = step._preprocessor  # noqa: SLF001
    if preprocessor is None:
        return list(columns)
    categorical = np.flatnonzero(step.is_categorical_).tolist()
    known = [np.asarray(found, dtype=float) for found in preprocessor.named_transformers_["encoder"].categories_]
    encoded = [_codes(columns[index], found[~np.isnan(found)]) for index, found in zip(categorical, known, strict=True)]
    return encoded + [column for index, column in enumerate(columns) if not step.is_categorical_[index]]


def _codes(column: Column, categories: np.ndarray) -> Column:
    """Return the indices of categories; unknown ones are missing values, as they are to scikit-learn."""
    codes = column.lookup.codes if column.lookup else categories
    index_of = Lookup(categories, np.append(np.arange(len(categories), dtype=float), [np.nan, np.nan]))
    return Column(column.source, Lookup(codes, index_of.of(column.of(with_others(codes)))))


def _tree(predictor: Any, columns: Sequence[Column]) -> Tree:
    """Return the leaf values and splits of a tree, from left to right."""
    nodes, bitsets = predictor.nodes.tolist(), predictor.raw_left_cat_bitsets
    fields = [predictor.nodes.dtype.names.index(name) for name in FIELDS]
    values: list[float] = []
    splits: list[Split] = []

    def add(index: int) -> None:
        """Add a node and all nodes below it."""
        value, feature, threshold, missing_left, left, right, is_leaf, is_categorical, bitset = (
            nodes[index][field] for field in fields
        )
        if is_leaf:
            values.append(value)
            return
        first = len(values)
        add(left)
        excluded = (1 << len(values)) - (1 << first)
        categories = bits_of(bitsets[bitset]) if is_categorical else None
        splits.append(Split(columns[feature], threshold, bool(missing_left), categories, excluded))
        add(right)

    add(0)
    if len(values) > MAX_LEAVES:
        raise ValueError(f"A tree has {len(values)} leaves.")
    return Tree(values, splits)


def bits_of(words: np.ndarray) -> np.ndarray:
    """Return the bits of 32-bit words, (words, …) to (`MAX_CATEGORIES`, …)."""
    index = np.arange(MAX_CATEGORIES)
    shifts = (index % 32).reshape(-1, *[1] * (words.ndim - 1))
    bits: np.ndarray = (words[index // 32] >> shifts) & 1
    return bits.astype(bool)
