"""TrafficStore on a temporary folder; other processes are other stores on it."""

import logging
import socket
from pathlib import Path

import pytest

from mlapp.errors import Unavailable
from mlapp.schemas import Distribution, PredictionCounts, RequestCounts, RequestProfile, TrafficCounts
from mlapp.store import TrafficStore
from tests.store.conftest import NOW


def counts(requests: int) -> TrafficCounts:
    distribution = Distribution(edges=[0, 1], counts=[requests])
    profile = RequestProfile(
        since=NOW,
        rows=requests,
        features=[distribution],
        prediction=distribution,
        minutes={7: PredictionCounts(count=requests)},
    )
    return TrafficCounts(minutes={7: RequestCounts(requests=requests, latencies={3: requests})}, versions={2: profile})


@pytest.fixture
def store(tmp_path: Path) -> TrafficStore:
    return TrafficStore(tmp_path)


def test_next_process_continues_the_counts(store: TrafficStore, tmp_path: Path):
    assert store.open() == TrafficCounts()
    store.save(counts(3))
    store.close()
    store.close()

    again = TrafficStore(tmp_path)

    assert again.others() == [counts(3)]
    assert again.open() == counts(3)
    assert (again.open(), again.others()) == (TrafficCounts(), [])


def test_processes_do_not_overwrite_each_other(store: TrafficStore, tmp_path: Path):
    other = TrafficStore(tmp_path)
    for place, each in enumerate((store, other), 1):
        each.open()
        each.save(counts(place))

    assert (store.others(), other.others()) == ([counts(2)], [counts(1)])
    assert store.others()[0] is store.others()[0]
    other.save(counts(9))
    assert store.others() == [counts(9)]


@pytest.mark.parametrize("data", [b"", b'{"minutes": {"7": {"req', b"\xff", b'{"minutes": []}'])
def test_damaged_file_is_logged_and_starts_from_zero(
    store: TrafficStore, data: bytes, caplog: pytest.LogCaptureFixture
):
    store.folder.mkdir()
    (store.folder / "1.json").write_bytes(data)

    assert store.open() == TrafficCounts()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_foreign_files_are_ignored(store: TrafficStore):
    store.folder.mkdir()
    (store.folder / "notes.json").write_text("mine")
    (store.folder / "5.json").symlink_to("nowhere")

    assert store.others() == []


def test_counts_of_processes_add_up():
    together = TrafficCounts()
    for requests in (1, 2):
        together.add(counts(requests))

    assert together == counts(3)


def make_unreadable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a socket there, which cannot be opened."""
    path.unlink(missing_ok=True)
    monkeypatch.chdir(path.parent)  # The address of a socket must be short.
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)


def test_temporarily_unreadable_counts_are_not_overwritten(store: TrafficStore, monkeypatch: pytest.MonkeyPatch):
    store.folder.mkdir()
    place = store.folder / "1.json"
    make_unreadable(place, monkeypatch)
    with pytest.raises(Unavailable):
        store.open()

    place.unlink()
    place.write_text(counts(3).model_dump_json())

    assert store.open() == counts(3)


def test_unreadable_counts_of_others_are_kept(store: TrafficStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = TrafficStore(tmp_path)
    store.open()
    other.open()
    other.save(counts(3))
    assert store.others() == [counts(3)]

    make_unreadable(store.folder / "2.json", monkeypatch)

    assert store.others() == [counts(3)]
