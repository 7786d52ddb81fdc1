"""Formulas: a value as a weighted sum of a program's sums, and of exponentials of such sums.

What the members of an ensemble do with their sums becomes one function, instead of one that calls those of the members.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

MAX_POWER = 709.0
"""Beyond that, the power is too large for a float."""


class Exponential(NamedTuple):
    """A weight times the exponential of a formula."""

    weight: float
    power: "Formula"
    highest: float
    """Maximum of the power."""


class Formula(NamedTuple):
    """A constant, plus weighted sums, plus exponentials."""

    sums: tuple[tuple[int, int, float], ...]
    """Number of the source of each sum, its index there, and its weight."""
    constant: float = 0.0
    exponentials: tuple[Exponential, ...] = ()

    def times(self, weight: float) -> "Formula":
        """Return the product with a weight."""
        return Formula(
            tuple((source, index, own * weight) for source, index, own in self.sums),
            self.constant * weight,
            tuple(part._replace(weight=part.weight * weight) for part in self.exponentials),
        )

    def plus(self, other: "Formula") -> "Formula":
        """Return the sum of both."""
        return Formula(self.sums + other.sums, self.constant + other.constant, self.exponentials + other.exponentials)

    def exponential(self, weight: float = 1.0, highest: float = MAX_POWER) -> "Formula":
        """Return a weight times the exponential."""
        return Formula((), 0.0, (Exponential(weight, self, min(highest, MAX_POWER)),))

    def compiled(self) -> Callable[[Sequence[Sequence[float]]], float]:
        """Return the function of the sums of all sources."""
        sums, constant = self.sums, self.constant
        exponentials = [(part.weight, part.highest, part.power.compiled()) for part in self.exponentials]
        if not exponentials and len(sums) == 1:
            [(source, index, weight)] = sums
            return lambda found: found[source][index] * weight + constant

        def one(found: Sequence[Sequence[float]]) -> float:
            total = constant
            for source, index, weight in sums:
                total += found[source][index] * weight
            for weight, highest, power in exponentials:
                total += math.exp(min(power(found), highest)) * weight
            return total

        return one
