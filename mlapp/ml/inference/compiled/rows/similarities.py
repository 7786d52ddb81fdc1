"""Similarities of a single row to training rows: kernel features, times weights."""

import math
from collections.abc import Sequence

import numpy as np

from mlapp.ml.inference.compiled.functions import Row, RowFunction
from mlapp.ml.inference.compiled.rows.blocks import Block, Number, Table, slices
from mlapp.ml.recipes.kernel import RbfFeatures

MAX_LENGTH = 50.0
"""Longer rows, by their squared length times gamma, could have an exponential that is too large for a float."""


def similarities(step: RbfFeatures, weights: np.ndarray, blocks: Sequence[Block]) -> RowFunction:
    """Return the product of kernel features of blocks and weights (components, sums), as a function of a row.

    As the distance of two rows does not depend on the order of the columns, numbers come first.
    """
    parts = list(zip(blocks, slices(blocks), strict=True))
    numbers = [(block, part) for block, part in parts if isinstance(block, Number)]
    tables = [(block, part) for block, part in parts if isinstance(block, Table)]
    order = [column for _, part in numbers + tables for column in range(part.start, part.stop)]
    others = [column for column in range(step.components_.shape[1]) if column not in set(order)]
    same = np.concatenate([[], *(block.values for block in blocks if not isinstance(block, Number | Table))])
    components, gamma = step.components_[:, order], step.gamma_
    constants = -gamma * ((components**2).sum(axis=1) + ((step.components_[:, others] - same) ** 2).sum(axis=1))
    # A row ends with a 1, which the constants are multiplied by: further calls of numpy take longer than the products.
    products = np.ascontiguousarray(np.vstack([2 * gamma * components.T, constants]))
    totals = step.normalization_ @ weights
    straight = [(block.source, block.shift, block.scale) for block, _ in numbers]
    by_code = [
        (block.source, dict(zip(block.codes.tolist(), block.values.tolist(), strict=False)), block.values[-1].tolist())
        for block, _ in tables
    ]

    def one(row: Row) -> Row:
        values = [(row[source] - shift) / scale for source, shift, scale in straight]
        for source, known, unknown in by_code:
            values += known.get(row[source], unknown)
        values.append(1.0)
        x = np.array(values)
        exponents, length = x.dot(products), gamma * (x.dot(x) - 1.0)
        if length > MAX_LENGTH:
            exponents -= length
            return np.exp(exponents, out=exponents).dot(totals).tolist()  # type: ignore[no-any-return]
        return (np.exp(exponents, out=exponents).dot(totals) * math.exp(-length)).tolist()  # type: ignore[no-any-return]

    return one
