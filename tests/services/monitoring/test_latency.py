"""The latency histogram."""

import pytest

from mlapp.services.monitoring.latency import LAST_BIN, SHORTEST_MS, bin_of, percentile


@pytest.mark.parametrize(
    ("duration_ms", "index"), [(0.0, 0), (SHORTEST_MS, 0), (SHORTEST_MS * 10.5, 20), (1e5, LAST_BIN), (1e9, LAST_BIN)]
)
def test_bin_of_the_shortest_and_the_longest_are_the_ends(duration_ms: float, index: int):
    assert bin_of(duration_ms) == index


def test_percentile_is_within_six_per_cent():
    counts = {bin_of(3.0): 98, bin_of(700.0): 2}

    assert percentile(counts, 0.5) == pytest.approx(3.0, rel=0.06)
    assert percentile(counts, 0.99) == pytest.approx(700.0, rel=0.06)
    assert percentile({}, 0.5) is None
