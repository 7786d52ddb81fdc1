"""Curves: the weighted functions of a spline add up to one cubic between any two knots of a column."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlapp.ml.inference.compiled.rows.blocks import Number
from mlapp.ml.inference.compiled.splines import pieces_of
from mlapp.ml.recipes.splines import SplineBasis


class Curve(NamedTuple):
    """Cubics of a column, one for each sum."""

    points: np.ndarray
    """Where one piece ends and the next one begins, ascending, (points,)."""
    starts: np.ndarray
    """What each piece is a polynomial of the distance to, (points + 1,)."""
    powers: np.ndarray
    """Coefficients from the constant to the cube, (points + 1, 4, sums)."""
    source: int = 0
    """Index of the input column."""

    @property
    def sums(self) -> int:
        """Number of sums."""
        return int(self.powers.shape[2])

    def at(self, values: np.ndarray) -> np.ndarray:
        """Return the curves at values, (values, sums)."""
        piece = self.points.searchsorted(values)
        distance = (values - self.starts[piece])[:, None]
        constant, linear, square, cube = self.powers[piece].swapaxes(0, 1)
        return np.asarray(((cube * distance + square) * distance + linear) * distance + constant)

    def of(self, number: Number) -> "Curve":
        """Return the curve by the input column of a number."""
        _, shift, scale = number
        powers = self.powers / scale ** np.arange(4)[:, None]
        return Curve(self.points * scale + shift, self.starts * scale + shift, powers, number.source)

    def pieces(self, index: int) -> list[tuple[float, ...]]:
        """Return start and coefficients, that of the cube first, of each piece for a sum."""
        powers = self.powers[:, ::-1, index].tolist()
        return [(start, *own) for start, own in zip(self.starts.tolist(), powers, strict=True)]


def curves_of(step: SplineBasis, weights: np.ndarray) -> Iterator[Curve]:
    """Yield the curve of each column, by weights of the basis functions (functions, sums)."""
    pieces = pieces_of(step.knots_, step.range_[1], weights)
    for knots, end, (starts, powers), limits in zip(step.knots_, step.range_[1], pieces, step.limits_.T, strict=True):
        curve = Curve(np.append(knots, end), starts, powers)
        outside = np.zeros((2, 4, curve.sums))
        outside[:, 0] = curve.at(limits)
        yield Curve(
            np.array([limits[0], *curve.points, limits[1]]),
            np.array([limits[0], *starts, limits[1]]),
            np.concatenate([outside[:1], powers, outside[1:]]),
        )
