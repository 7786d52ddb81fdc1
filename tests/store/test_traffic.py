"""TrafficStore on a temporary folder; other processes are other stores on it."""

import logging
import socket
from pathlib import Path

import pytest

from mlapp.errors import Unavailable
from mlapp.store import TrafficStore

LINES = {"* hour": b"[[7,3]]", "churn@17 day": b"[[1,2]]", "churn@17/2 profile": b"{}", "a_b-1@ hour": b"[[7,1]]"}


@pytest.fixture
def store(tmp_path: Path) -> TrafficStore:
    return TrafficStore(tmp_path)


def test_next_process_continues_the_counts(store: TrafficStore, tmp_path: Path):
    assert store.open() == {}
    store.save(LINES)
    store.close()
    store.close()

    again = TrafficStore(tmp_path)

    assert again.others() == [LINES]
    assert [*again.open().items()] == [*LINES.items()]
    assert (again.open(), again.others()) == ({}, [])


def test_processes_do_not_overwrite_each_other(store: TrafficStore, tmp_path: Path):
    other = TrafficStore(tmp_path)
    for number, each in enumerate((store, other), 1):
        each.open()
        each.save({"* day": b"[[1,%d]]" % number})

    assert (store.others(), other.others()) == ([{"* day": b"[[1,2]]"}], [{"* day": b"[[1,1]]"}])
    assert store.others()[0] is store.others()[0]
    other.save(LINES)
    assert store.others() == [LINES]


@pytest.mark.parametrize(
    "damage",
    [
        b"\xff",
        b"",
        b"churn@17/2",
        b"churn@17 day",
        b"churn@17 day [[1,2",
        b"churn@17 day []",
        b"churn@17 week [[1,2]]",
        b"churn day [[1,2]]",
        b"Churn@17 day [[1,2]]",
        b"../churn@17 day [[1,2]]",
        b"churn@17/02 profile {}",
        b" profile {}",
    ],
)
def test_damaged_line_is_logged_and_starts_from_zero(
    store: TrafficStore, damage: bytes, caplog: pytest.LogCaptureFixture
):
    store.folder.mkdir()
    (store.folder / "1.counts").write_bytes(b"* day [[1,3]]\n%b\nchurn@1 day [[1,2]]" % damage)

    assert store.open() == {"* day": b"[[1,3]]", "churn@1 day": b"[[1,2]]"}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_foreign_and_earlier_files_are_ignored(store: TrafficStore):
    store.folder.mkdir()
    (store.folder / "notes.counts").write_text("mine")
    (store.folder / "5.counts").symlink_to("nowhere")
    (store.folder / "1.json").write_text('{"minutes": {}}')

    assert (store.others(), store.open()) == ([], {})


def make_unreadable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a socket there, which cannot be opened."""
    path.unlink(missing_ok=True)
    monkeypatch.chdir(path.parent)  # The address of a socket must be short.
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)


def test_temporarily_unreadable_counts_are_not_overwritten(store: TrafficStore, monkeypatch: pytest.MonkeyPatch):
    store.folder.mkdir()
    place = store.folder / "1.counts"
    make_unreadable(place, monkeypatch)
    with pytest.raises(Unavailable):
        store.open()

    place.unlink()
    place.write_bytes(b"* day [[1,3]]")

    assert store.open() == {"* day": b"[[1,3]]"}


def test_unreadable_counts_of_others_are_kept(store: TrafficStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = TrafficStore(tmp_path)
    store.open()
    other.open()
    other.save(LINES)
    assert store.others() == [LINES]

    make_unreadable(store.folder / "2.counts", monkeypatch)

    assert store.others() == [LINES]
