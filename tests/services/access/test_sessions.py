"""Sessions of browsers."""

import pytest

from mlapp.services.access.sessions import LASTS_S, Session, Sessions, cookie_name

SECRET, KEY = b"s" * 32, b"k" * 32


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(SECRET, KEY, clock)


def test_a_session_lasts_for_a_week(sessions: Sessions, clock: Clock):
    token = sessions.begin()

    clock.now += LASTS_S - 1
    session = sessions.read(token)
    assert session
    assert sessions.lasts(session)
    clock.now += 1
    assert sessions.read(token) is None
    assert not sessions.lasts(session)


def test_an_ended_session_is_over_and_others_are_not(sessions: Sessions):
    token, other = sessions.begin(), sessions.begin()
    session = sessions.read(token)
    assert session

    sessions.end(session)

    assert sessions.read(token) is None
    assert sessions.read(other)


def test_ended_sessions_are_forgotten_when_they_would_have_ended_anyway(sessions: Sessions, clock: Clock):
    for _ in range(3):
        session = sessions.read(sessions.begin())
        assert session
        sessions.end(session)
        clock.now += LASTS_S

    assert session
    assert list(sessions._ended) == [session.id]


def test_tokens_outlive_the_process_but_neither_another_secret_nor_another_key(sessions: Sessions, clock: Clock):
    token = sessions.begin()

    assert Sessions(SECRET, KEY, clock).read(token)
    assert Sessions(b"t" * 32, KEY, clock).read(token) is None
    assert Sessions(SECRET, b"l" * 32, clock).read(token) is None


def test_a_token_that_is_not_as_it_was_made_is_none(sessions: Sessions):
    token = sessions.begin()
    id_, ends, signature = token.split(".")

    assert len({sessions.begin() for _ in range(5)}) == 5
    for bad in (
        "",
        "..",
        f"{id_}.{ends}",
        f"{id_}.{int(ends) + 1}.{signature}",
        f"{id_[::-1]}.{ends}.{signature}",
        f"{token} ",
        f"{id_}.{ends.translate({ord('1'): '١'})}.{signature}",
    ):
        assert sessions.read(bad) is None, bad


def test_the_cookie_has_a_name_that_others_cannot_set_behind_tls():
    assert [cookie_name(scheme) for scheme in ("http", "ws", "https", "wss")] == ["mlapp-session"] * 2 + [
        "__Host-mlapp-session"
    ] * 2
    assert Session("a", 1) == Session("a", 1)
