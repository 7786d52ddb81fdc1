"""Browser sessions."""

import pytest

from mlapp.services.access.sessions import LIFETIME_S, Session, Sessions, cookie_name

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


def test_session_expires_after_a_week(sessions: Sessions, clock: Clock):
    token = sessions.create()

    clock.now += LIFETIME_S - 1
    session = sessions.verify(token)
    assert session
    assert sessions.is_valid(session)
    clock.now += 1
    assert sessions.verify(token) is None
    assert not sessions.is_valid(session)


def test_revoked_session_is_invalid_and_others_are_not(sessions: Sessions):
    token, other = sessions.create(), sessions.create()
    session = sessions.verify(token)
    assert session

    sessions.revoke(session)

    assert sessions.verify(token) is None
    assert sessions.verify(other)


def test_revocations_are_forgotten_when_their_sessions_expire(sessions: Sessions, clock: Clock):
    for _ in range(3):
        session = sessions.verify(sessions.create())
        assert session
        sessions.revoke(session)
        clock.now += LIFETIME_S

    assert session
    assert list(sessions._revoked) == [session.id]


def test_tokens_survive_a_restart_but_no_change_of_secret_or_key(sessions: Sessions, clock: Clock):
    token = sessions.create()

    assert Sessions(SECRET, KEY, clock).verify(token)
    assert Sessions(b"t" * 32, KEY, clock).verify(token) is None
    assert Sessions(SECRET, b"l" * 32, clock).verify(token) is None


def test_altered_token_is_rejected(sessions: Sessions):
    token = sessions.create()
    id_, expires_at, signature = token.split(".")

    assert len({sessions.create() for _ in range(5)}) == 5
    for bad in (
        "",
        "..",
        f"{id_}.{expires_at}",
        f"{id_}.{int(expires_at) + 1}.{signature}",
        f"{id_[::-1]}.{expires_at}.{signature}",
        f"{token} ",
        f"{id_}.{expires_at.translate({ord('1'): '١'})}.{signature}",
    ):
        assert sessions.verify(bad) is None, bad


def test_cookie_has_the_host_prefix_behind_tls():
    assert [cookie_name(scheme) for scheme in ("http", "ws", "https", "wss")] == ["mlapp-session"] * 2 + [
        "__Host-mlapp-session"
    ] * 2
    assert Session("a", 1) == Session("a", 1)
