"""TrafficStore, over a folder of its own; other processes are other stores on it."""

import logging
import socket
from pathlib import Path

import pytest

from mlapp.errors import Unavailable
from mlapp.schemas import Counts, Distribution, Minute, Predictions, Served
from mlapp.store import TrafficStore
from tests.store.conftest import NOW


def counts(requests: int) -> Counts:
    lie = Distribution(edges=[0, 1], counts=[requests])
    served = Served(since=NOW, rows=requests, features=[lie], prediction=lie, minutes={7: Predictions(count=requests)})
    return Counts(minutes={7: Minute(requests=requests, latencies={3: requests})}, versions={2: served})


@pytest.fixture
def store(tmp_path: Path) -> TrafficStore:
    return TrafficStore(tmp_path)


def test_counts_are_found_by_the_next_process(store: TrafficStore, tmp_path: Path):
    assert store.open() == Counts()
    store.save(counts(3))
    store.close()
    store.close()

    again = TrafficStore(tmp_path)

    assert again.others() == [counts(3)]
    assert again.open() == counts(3)
    assert (again.open(), again.others()) == (Counts(), [])


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
def test_damaged_file_is_logged_and_starts_from_nothing(
    store: TrafficStore, data: bytes, caplog: pytest.LogCaptureFixture
):
    store.folder.mkdir()
    (store.folder / "1.json").write_bytes(data)

    assert store.open() == Counts()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_files_that_are_no_counts_are_left_alone(store: TrafficStore):
    store.folder.mkdir()
    (store.folder / "notes.json").write_text("mine")
    (store.folder / "5.json").symlink_to("nowhere")

    assert store.others() == []


def test_counts_of_processes_add_up():
    together = Counts()
    for requests in (1, 2):
        together.add(counts(requests))

    assert together == counts(3)


def unreadable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put there what cannot be opened: a socket."""
    path.unlink(missing_ok=True)
    monkeypatch.chdir(path.parent)  # A socket's address has to be short.
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)


def test_counts_that_cannot_be_read_for_a_while_are_not_overwritten(
    store: TrafficStore, monkeypatch: pytest.MonkeyPatch
):
    store.folder.mkdir()
    place = store.folder / "1.json"
    unreadable(place, monkeypatch)
    with pytest.raises(Unavailable):
        store.open()

    place.unlink()
    place.write_text(counts(3).model_dump_json())

    assert store.open() == counts(3)


def test_counts_of_others_stay_while_they_cannot_be_read(
    store: TrafficStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    other = TrafficStore(tmp_path)
    store.open()
    other.open()
    other.save(counts(3))
    assert store.others() == [counts(3)]

    unreadable(store.folder / "2.json", monkeypatch)

    assert store.others() == [counts(3)]
