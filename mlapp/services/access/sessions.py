"""Browser sessions: signed tokens with an expiry, and a list of those that were ended before it."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer

LASTS_S = 7 * 24 * 3_600
"""From the login on, whatever happens meanwhile."""
SESSION = "mlapp.session"
"""Where the session of a request stands in its ASGI scope."""


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

    A token is the session's id, when it ends, and a signature, whose key is derived from the secret and the API key:
    a new one of either ends all sessions. Ended sessions are remembered until they would have ended anyway, but not
    beyond this process.
    """

    def __init__(self, secret: bytes, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._signer = Signer(secret, b"mlapp session " + key, key_derivation="hmac", digest_method=hashlib.sha256)
        self._clock = clock
        self._ended: dict[str, int] = {}

    def begin(self) -> str:
        """Return the token of a new session."""
        return self._signer.sign(f"{secrets.token_urlsafe(24)}.{int(self._clock()) + LASTS_S}").decode()

    def read(self, token: str) -> Session | None:
        """Return the session of a token, if it is one of ours and lasts."""
        try:
            id_, ends = self._signer.unsign(token).decode().split(".")
        except BadSignature:
            return None
        session = Session(id_, int(ends))
        return session if self.lasts(session) else None

    def lasts(self, session: Session) -> bool:
        """Whether a session has neither been ended nor come to its end."""
        return session.id not in self._ended and self._clock() < session.ends

    def end(self, session: Session) -> None:
        """End a session: its token is no longer good."""
        now = self._clock()
        self._ended = {id_: ends for id_, ends in self._ended.items() if ends > now} | {session.id: session.ends}
