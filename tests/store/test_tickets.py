"""Tickets: once, for one path, for a minute, in any process that shares the store."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlapp.errors import Unavailable
from mlapp.store import TicketStore, tickets

PATH = "/jobs/4/events"


class Clock:
    """A clock that is set."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> TicketStore:
    return TicketStore(tmp_path, clock)


def test_ticket_is_redeemed_once_by_any_process(store: TicketStore, tmp_path: Path, clock: Clock):
    ticket, other = store.issue(PATH), TicketStore(tmp_path, clock)

    assert other.redeem(PATH, ticket)
    assert not store.redeem(PATH, ticket)
    assert not other.redeem(PATH, ticket)


def test_only_one_of_many_requests_redeems_a_ticket(store: TicketStore):
    ticket = store.issue(PATH)

    with ThreadPoolExecutor(8) as pool:
        redeemed = list(pool.map(lambda _: store.redeem(PATH, ticket), range(50)))

    assert redeemed.count(True) == 1


@pytest.mark.parametrize("path", ["/jobs/5/events", "/jobs/4", "/jobs/04/events", ""])
def test_ticket_is_for_one_path(store: TicketStore, path: str):
    ticket = store.issue(PATH)

    assert not store.redeem(path, ticket)
    assert store.redeem(PATH, ticket)


@pytest.mark.parametrize("ticket", ["", "a", "../../models", "\ud800", "x" * 10_000])
def test_wrong_ticket_is_rejected(store: TicketStore, ticket: str):
    store.issue(PATH)

    assert not store.redeem(PATH, ticket)


def test_expired_ticket_is_rejected_and_removed_later(store: TicketStore, clock: Clock):
    expired, left = store.issue(PATH), store.issue(PATH)
    clock.now += store.lifetime_s

    assert not store.redeem(PATH, expired)
    clock.now += store.lifetime_s + 1
    store.issue(PATH)
    assert len(list(store.folder.iterdir())) == 1
    assert not store.redeem(PATH, left)


def test_oldest_tickets_beyond_the_limit_are_void(store: TicketStore, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tickets, "MAX_OUTSTANDING", 3)
    issued = []
    for _ in range(5):
        clock.now += 1
        issued.append(store.issue(PATH))

    assert [store.redeem(PATH, ticket) for ticket in issued] == [False, False, True, True, True]


def test_store_holds_digests_only(store: TicketStore):
    ticket = store.issue(PATH)

    (file,) = store.folder.iterdir()
    assert ticket not in file.name
    assert file.read_bytes() == b""


@pytest.fixture
def read_only(store: TicketStore) -> Iterator[str]:
    """A ticket in a folder that is no longer writable: a file is in its place, as root may write anywhere."""
    ticket = store.issue(PATH)
    moved = store.folder.rename(store.folder.with_name("moved"))
    store.folder.touch()
    yield ticket
    store.folder.unlink()
    moved.rename(store.folder)


def test_store_that_cannot_be_written_says_so(store: TicketStore, read_only: str):
    with pytest.raises(Unavailable, match="could be saved"):
        store.issue(PATH)
    with pytest.raises(Unavailable, match="could be saved"):
        store.redeem(PATH, read_only)
    assert os.path.lexists(store.folder)
