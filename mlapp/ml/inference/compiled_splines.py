"""Compiled natural cubic splines: the weighted functions of a column add up to one cubic between any two knots."""

from bisect import bisect_left

import numpy as np

from mlapp.ml.inference.compiled_functions import Compiled, Row
from mlapp.ml.recipes.splines import SplineBasis

CHUNK_ROWS = 1_000
"""Rows that are evaluated at a time: arrays of rows × columns × powers × sums."""


def spline_product(step: SplineBasis, weights: np.ndarray) -> Compiled:
    """Compile the product of a spline basis and weights (functions, sums)."""
    pieces = _pieces(step.knots_, weights)
    widest = max((len(knots) for knots in step.knots_), default=0)
    knots = np.full((len(step.knots_), widest), np.inf)
    starts = np.zeros((len(step.knots_), widest + 1))
    powers = np.zeros((4, len(step.knots_), widest + 1, weights.shape[1]))
    for column, (own, (first, factors)) in enumerate(zip(step.knots_, pieces, strict=True)):
        knots[column, : len(own)] = own
        starts[column, : len(first)] = first
        powers[:, column, : len(first)] = factors.swapaxes(0, 1)
    columns, sums_count = np.arange(len(step.knots_)), weights.shape[1]

    def sums(x: np.ndarray) -> np.ndarray:
        piece = (x[:, :, None] > knots).sum(axis=2)
        constant, linear, square, cube = powers[:, columns, piece]
        t = (x - starts[columns, piece])[:, :, None]
        values: np.ndarray = (((cube * t + square) * t + linear) * t + constant).sum(axis=1)
        return values

    def many(x: np.ndarray) -> np.ndarray:
        chunks = [sums(x[start:][:CHUNK_ROWS]) for start in range(0, len(x), CHUNK_ROWS)]
        return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)

    curves = [
        (own.tolist(), list(zip(first.tolist(), factors.swapaxes(1, 2).tolist(), strict=True)))
        for own, (first, factors) in zip(step.knots_, pieces, strict=True)
    ]

    def one(row: Row) -> Row:
        totals = [0.0] * sums_count
        for value, (own, cubics) in zip(row, curves, strict=True):
            start, factors = cubics[bisect_left(own, value)]
            t = value - start
            for index, (d, c, b, a) in enumerate(factors):
                totals[index] += ((a * t + b) * t + c) * t + d
        return totals

    return Compiled(many, (one,))


def _pieces(knots: list[np.ndarray], weights: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each column the start of each piece, (pieces,), and its powers from 0 to 3, (pieces, 4, sums)."""
    straight, curved = weights[: len(knots)], weights[len(knots) :]
    found = []
    for own, slope in zip(knots, straight, strict=True):
        count = max(0, len(own) - 2)
        found.append(_cubics(own, slope, curved[:count]))
        curved = curved[count:]
    return found


def _cubics(knots: np.ndarray, slope: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pieces of a column: below the first knot, between knots, and beyond the last one: a straight line."""
    starts = np.concatenate([knots[:1], knots]) if len(weights) else np.zeros(len(knots) + 1)
    factors = np.zeros((len(starts), 4, len(slope)))
    factors[:, 0], factors[:, 1] = starts[:, None] * slope, slope
    if not len(weights):
        return starts, factors
    first, last = knots[:-1], knots[-1]
    slopes = np.concatenate([weights, -weights.sum(axis=0, keepdims=True)]) / (last - knots[0])
    cubes = slopes / (last - first)[:, None]
    for piece in range(1, len(starts)):
        apart, below = starts[piece] - first[:piece], cubes[:piece]
        powers = np.stack([apart**3, 3 * apart**2, 3 * apart, np.ones_like(apart)]) @ below
        # The cube of the last knot straightens the line.
        factors[piece, : 2 if piece == len(knots) else 4] += powers[: 2 if piece == len(knots) else 4]
    return starts, factors
