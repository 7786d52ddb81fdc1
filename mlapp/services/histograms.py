"""Numbers counted by size."""

from bisect import bisect_left
from itertools import accumulate


class Histogram:
    """How many numbers are at most as large as each of some bounds, and their sum."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.sum = 0.0
        self._counts = [0] * (len(bounds) + 1)

    def observe(self, value: float) -> None:
        """Count a number."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return sum(self._counts)

    def cumulated(self) -> list[tuple[str, float]]:
        """Return each bound and how many are not beyond it, as Prometheus writes them."""
        return list(zip([*map(str, self.bounds), "+Inf"], accumulate(self._counts), strict=True))
