"""Latency histogram: logarithmic bins, from which percentiles are estimated."""

from math import ceil, log10

BINS_PER_DECADE = 20
"""Each bin is 12 % wide, so that the error of a percentile is at most 6 %."""
SHORTEST_MS = 0.01
LAST_BIN = 7 * BINS_PER_DECADE
"""The bin of 100 s and more."""


def bin_of(duration_ms: float) -> int:
    """Return the bin of a duration."""
    if duration_ms <= SHORTEST_MS:
        return 0
    return min(LAST_BIN, int(BINS_PER_DECADE * log10(duration_ms / SHORTEST_MS)))


def percentile(counts: dict[int, int], quantile: float) -> float | None:
    """Return a quantile, 0–1, in ms as the centre of its bin; None without counts.

    Source: nearest-rank method.
    """
    rank = ceil(quantile * sum(counts.values()))
    for bin_ in sorted(counts):
        rank -= counts[bin_]
        if rank <= 0:
            return float(SHORTEST_MS * 10 ** ((bin_ + 0.5) / BINS_PER_DECADE))
    return None
