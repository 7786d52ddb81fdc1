"""Compiled natural cubic splines: the weighted functions of a column add up to one cubic between any two knots."""

import numpy as np

from mlapp.ml.inference.compiled.functions import Compiled
from mlapp.ml.recipes.splines import SplineBasis

CHUNK_ROWS = 1_000
"""Rows that are evaluated at a time: arrays of rows × columns × powers × sums."""


def spline_product(step: SplineBasis, weights: np.ndarray) -> Compiled:
    """Compile the product of a spline basis and weights (functions, sums)."""
    ends = [np.append(knots, end) for knots, end in zip(step.knots_, step.range_[1], strict=True)]
    pieces = pieces_of(step.knots_, step.range_[1], weights)
    widest = max((len(knots) for knots in ends), default=0)
    knots = np.full((len(ends), widest), np.inf)
    starts = np.zeros((len(ends), widest + 1))
    powers = np.zeros((4, len(ends), widest + 1, weights.shape[1]))
    for column, (own, (first, factors)) in enumerate(zip(ends, pieces, strict=True)):
        knots[column, : len(own)] = own
        starts[column, : len(first)] = first
        powers[:, column, : len(first)] = factors.swapaxes(0, 1)
    columns, (lowest, highest) = np.arange(len(ends)), step.limits_

    def sums(x: np.ndarray) -> np.ndarray:
        x = x.clip(lowest, highest)
        piece = (x[:, :, None] > knots).sum(axis=2)
        constant, linear, square, cube = powers[:, columns, piece]
        t = (x - starts[columns, piece])[:, :, None]
        values: np.ndarray = (((cube * t + square) * t + linear) * t + constant).sum(axis=1)
        return values

    def many(x: np.ndarray) -> np.ndarray:
        chunks = [sums(x[start:][:CHUNK_ROWS]) for start in range(0, len(x), CHUNK_ROWS)]
        return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)

    return Compiled(many)


def pieces_of(knots: list[np.ndarray], ends: np.ndarray, weights: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each column the start of each piece, (pieces,), and its powers from 0 to 3, (pieces, 4, sums)."""
    straight, curved = weights[: len(knots)], weights[len(knots) :]
    found = []
    for own, end, slope in zip(knots, ends, straight, strict=True):
        count = max(0, len(own) - 2)
        found.append(_cubics(own, end, slope, curved[:count]))
        curved = curved[count:]
    return found


def _cubics(knots: np.ndarray, end: float, slope: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pieces of a column: below the first knot, between knots, up to the end of the range, and beyond it.

    The curves are constant below the first knot and beyond the range.
    """
    starts = np.concatenate([knots[:1], knots, [end]]) if len(weights) else np.zeros(len(knots) + 2)
    factors = np.zeros((len(starts), 4, len(slope)))
    factors[:, 0], factors[:, 1] = starts[:, None] * slope, slope
    if not len(weights):
        return starts, factors
    first, last = knots[:-1], knots[-1]
    slopes = np.concatenate([weights, -weights.sum(axis=0, keepdims=True)]) / (last - knots[0])
    cubes = slopes / (last - first)[:, None]
    for piece in range(1, len(starts) - 1):
        apart, below = starts[piece] - first[:piece], cubes[:piece]
        powers = np.stack([apart**3, 3 * apart**2, 3 * apart, np.ones_like(apart)]) @ below
        # The cube of the last knot straightens the line.
        factors[piece, : 2 if piece == len(knots) else 4] += powers[: 2 if piece == len(knots) else 4]
    t = end - starts[-2]
    factors[-1, 0] += factors[-2, 0] + factors[-2, 1] * t - starts[-1] * slope
    return starts, factors
