"""Times in few numbers: counts in bins of equal ratio, from which percentiles are read."""

from math import ceil, log10

BINS_PER_DECADE = 20
"""A bin is 12 % wide, so that a percentile is 6 % off at most."""
SHORTEST_MS = 0.01
LAST = 7 * BINS_PER_DECADE
"""The bin from 100 s on."""


def bin_of(duration_ms: float) -> int:
    """Return the bin that a time belongs to."""
    if duration_ms <= SHORTEST_MS:
        return 0
    return min(LAST, int(BINS_PER_DECADE * log10(duration_ms / SHORTEST_MS)))


def percentile(counts: dict[int, int], share: float) -> float | None:
    """Return the time in ms that a share of the requests took at most: the middle of its bin; None without any.

    Source: nearest rank.
    """
    rank = ceil(share * sum(counts.values()))
    for place in sorted(counts):
        rank -= counts[place]
        if rank <= 0:
            return float(SHORTEST_MS * 10 ** ((place + 0.5) / BINS_PER_DECADE))
    return None
