"""Sessions of browsers: a signed token that needs no list of who is in, and a list of those that were ended."""

import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

LASTS_S = 7 * 24 * 3_600
"""From the login on, whatever happens meanwhile."""
SESSION = "mlapp.session"
"""Where the session of a request stands in its ASGI scope."""
TOKEN = re.compile(r"([\w-]{32})\.(\d{10})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True)
class Session:
    """A browser that is logged in."""

    id: str
    ends: int
    """Seconds since 1970."""


def cookie_name(scheme: str) -> str:
    """Return the name of the cookie that holds the token; behind TLS one that only this host can have set."""
    return "__Host-mlapp-session" if scheme in ("https", "wss") else "mlapp-session"


class Sessions:
    """Begins, recognises and ends sessions.

    A token holds the session's id, when it ends, and their signature, into which the key goes: with another secret or
    another key no token is good any more. Ended sessions are remembered until they would have ended anyway, but not
    beyond this process.
    """

    def __init__(self, secret: bytes, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._secret, self._key, self._clock = secret, key, clock
        self._ended: dict[str, int] = {}

    def begin(self) -> str:
        """Return the token of a new session."""
        session = Session(secrets.token_urlsafe(24), int(self._clock()) + LASTS_S)
        return f"{session.id}.{session.ends}.{self._signature(session)}"

    def read(self, token: str) -> Session | None:
        """Return the session of a token, if it is one of ours and lasts."""
        found = TOKEN.fullmatch(token)
        if found is None:
            return None
        session = Session(found[1], int(found[2]))
        ours = hmac.compare_digest(self._signature(session), found[3])
        return session if ours and self.lasts(session) else None

    def lasts(self, session: Session) -> bool:
        """Whether a session has neither been ended nor come to its end."""
        return session.id not in self._ended and self._clock() < session.ends

    def end(self, session: Session) -> None:
        """End a session: its token is no longer good."""
        now = self._clock()
        self._ended = {id_: ends for id_, ends in self._ended.items() if ends > now} | {session.id: session.ends}

    def _signature(self, session: Session) -> str:
        signed = f"session {session.id} {session.ends} ".encode() + self._key
        return hmac.digest(self._secret, signed, "sha256").hex()
