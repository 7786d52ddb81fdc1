"""Counts of a process: limits, slots that are taken over, damaged lines."""

import logging
from datetime import UTC, datetime

import pytest

from mlapp.schemas import PredictionCounts, RequestCounts, RequestProfile, Span
from mlapp.services.monitoring import counted_traffic
from mlapp.services.monitoring.counted_traffic import ALL, CountedTraffic, version_key

NOW = 29_000_000
SINCE = datetime(2026, 1, 31, tzinfo=UTC)


def ask(counts: CountedTraffic, model: str, version: int | None = None) -> None:
    """Count a request at the current minute, and write it."""
    for key in (ALL, model):
        counts.add_requests(key, NOW, RequestCounts(requests=1, latencies={3: 1}))
    if version:
        profile = RequestProfile(since=SINCE, rows=1, features=[[1, 0, 0]], prediction=[1, 0, 0])
        counts.add_predictions(version_key(model, version), {NOW: PredictionCounts(count=1)}, profile)
    for key in counts.unwritten():
        counts.write(key, NOW)


def asked(counts: CountedTraffic, model: str) -> int:
    found = [counts.number_of_requests(model, span, NOW, []) for span in Span]
    assert found == [sum(each.requests for each in counts.requests(model, span, []).values()) for span in Span]
    return min(found)


def test_models_of_the_latest_requests_keep_their_counts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counted_traffic, "MAX_BYTES", 300)
    counts = CountedTraffic()
    for number in range(20):
        ask(counts, f"m{number}@1")
        ask(counts, "asked-again@1")
        counts.trim()

    assert sum(map(len, counts.lines.values())) <= 300
    assert [asked(counts, key) for key in ("m0@1", "m10@1", "m19@1", "asked-again@1", ALL)] == [0, 0, 1, 20, 40]


def test_versions_of_the_latest_requests_keep_their_profiles(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counted_traffic, "MAX_VERSIONS", 2)
    counts = CountedTraffic()
    for version in (1, 2, 1, 3):
        ask(counts, "a@1", version)
    ask(counts, "b@1", 1)
    counts.trim()

    profiles = {version: counts.profile(version_key("a@1", version), []) for version in (1, 2, 3)}
    assert {version: profile.rows for version, profile in profiles.items() if profile} == {1: 2, 3: 1}
    assert counts.profile("b@1/1", [])
    assert asked(counts, "a@1") == 4


def test_counts_expire():
    counts = CountedTraffic()
    ask(counts, "a@1", 1)

    counts.add_requests("a@1", NOW + 60, RequestCounts(requests=1))
    counts.write("a@1", NOW + 60)
    assert len(counts.requests("a@1", Span.HOUR, [])) == 1
    counts.add_requests("a@1", NOW, RequestCounts(requests=1))
    counts.write("a@1", NOW + 2_000)

    assert {name for name in counts.lines if name.startswith("a@1 ")} == set()


def test_lines_of_a_slot_are_added_to_what_was_counted_already():
    earlier, counts = CountedTraffic(), CountedTraffic()
    ask(earlier, "a@1", 1)
    ask(earlier, "b@1", 1)
    ask(counts, "a@1", 1)
    ask(counts, "c@1", 1)

    counts.adopt(earlier.lines)

    assert [asked(counts, key) for key in (ALL, "a@1", "b@1", "c@1")] == [4, 2, 1, 1]
    profile = counts.profile("a@1/1", [])
    assert profile
    assert (profile.rows, profile.features) == (2, [[2, 0, 0]])
    assert counts.predictions("a@1/1", Span.HOUR, [])[NOW].count == 2


@pytest.mark.parametrize("line", [b"{]", b"[[x,1]]", b"[[29000000,1]]"])
def test_damaged_lines_start_from_zero_and_are_logged_once(line: bytes, caplog: pytest.LogCaptureFixture):
    counts = CountedTraffic()
    counts.adopt({f"a@1{version} {part}": line for version in ("", "/1") for part in ("hour", "day", "profile")})

    assert counts.requests("a@1", Span.HOUR, []) == {}
    assert counts.predictions("a@1/1", Span.HOUR, [counts.lines]) == {}
    assert counts.profile("a@1/1", []) is None
    ask(counts, "a@1", 1)

    assert asked(counts, "a@1") == 1
    assert counts.profile("a@1/1", [])
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_damaged_lines_that_were_counted_here_are_not_lost_to_a_slot():
    counts = CountedTraffic(lines={"a@1/1 profile": b"{", "a@1 hour": b"["})

    counts.adopt({"b@1 hour": b"[[7,1]]"})

    assert counts.lines == {"b@1 hour": b"[[7,1]]"}
    assert counts.profile("a@1/1", []) is None


def test_deleted_models_are_dropped():
    counts = CountedTraffic()
    for model in ("a@1", "a@2", "a-b@1"):
        ask(counts, model, 1)
    counts.add_requests("a@1", NOW, RequestCounts(requests=1))
    changes = counts.changes

    counts.drop({"a@1"})

    assert [asked(counts, key) for key in ("a@1", "a@2", "a-b@1", ALL)] == [0, 1, 1, 3]
    assert counts.profile("a@1/1", []) is None
    assert counts.changes > changes
