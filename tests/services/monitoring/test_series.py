"""Counts by period in a line of JSON."""

import json

import pytest

from mlapp.schemas import PredictionCounts, RequestCounts
from mlapp.services.monitoring.series import first_counts, merge, parse

EARLIER = {period: RequestCounts(requests=period, rows=2, latencies={3: 1, 70: 2}) for period in (7, 8, 9)}
KEPT = range(5, 15)


def test_line_is_json_and_returns_the_counts():
    line = merge(None, EARLIER, KEPT)

    assert line
    assert json.loads(line)[0] == [7, 7, 2, 0, 0, {"3": 1, "70": 2}]
    assert parse(line, RequestCounts) == EARLIER


def test_rows_are_added_replaced_and_dropped():
    line = merge(None, EARLIER, KEPT)

    line = merge(line, {9: RequestCounts(requests=1, latencies={3: 1}), 12: RequestCounts(requests=5)}, range(8, 13))

    assert line
    found = parse(line, RequestCounts)
    assert {period: counts.requests for period, counts in found.items()} == {8: 8, 9: 10, 12: 5}
    assert found[9].latencies == {3: 2, 70: 2}
    assert merge(line, {}, range(20, 30)) is None


@pytest.mark.parametrize("low", [None, -1.5])
def test_rows_of_predictions_are_separated_like_all_others(low: float | None):
    new = {period: PredictionCounts(count=3, sum=0.1, low=low, high=low, classes=[1, 2]) for period in (7, 8)}
    line = merge(None, new, KEPT)

    assert parse(merge(line, {9: PredictionCounts()}, KEPT) or b"", PredictionCounts) == new | {9: PredictionCounts()}


def test_first_counts_are_summed_over_a_range():
    line = merge(None, EARLIER, KEPT)

    assert (first_counts(line or b"", range(8, 10)), first_counts(b"", KEPT)) == (17, 0)


@pytest.mark.parametrize(
    "line", [b"[[7]]", b"[[7,1]]", b"[[x,1,2,0,0,{}]]", b'[[7,"x",2,0,0,{}]]', b"[[7,1,2,0,0,{]]", b"[[]]"]
)
def test_damaged_line_is_an_error(line: bytes):
    with pytest.raises(ValueError, match=r"."):
        parse(line, RequestCounts)
    with pytest.raises(ValueError, match=r"."):
        merge(line, {7: RequestCounts()}, KEPT)
