"""Browser sessions: signed tokens with an expiry; revoked ones are kept in memory only."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer

LIFETIME_S = 7 * 24 * 3_600
"""From login; activity does not extend it."""
SESSION = "mlapp.session"
"""The key of the session in the ASGI scope of a request."""


@dataclass(frozen=True)
class Session:
    """A logged-in browser."""

    id: str
    expires_at: int
    """Unix time."""


def cookie_name(scheme: str) -> str:
    """Return the name of the session cookie; behind TLS its prefix prevents other hosts from setting it."""
    return "__Host-mlapp-session" if scheme in ("https", "wss") else "mlapp-session"


class Sessions:
    """Creates, verifies and revokes session tokens.

    A token consists of the session's id, its expiry, and a signature. The signing key is derived from the secret and
    the API key: changing either one invalidates all sessions. Revocations are kept in memory until the session expires.
    """

    def __init__(self, secret: bytes, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._signer = Signer(secret, b"mlapp session " + key, key_derivation="hmac", digest_method=hashlib.sha256)
        self._clock = clock
        self._revoked: dict[str, int] = {}

    def create(self) -> str:
        """Return the token of a new session."""
        return self._signer.sign(f"{secrets.token_urlsafe(24)}.{int(self._clock()) + LIFETIME_S}").decode()

    def verify(self, token: str) -> Session | None:
        """Return the session of a token, or None if the signature is wrong or the session is not valid."""
        try:
            id_, expires_at = self._signer.unsign(token).decode().split(".")
        except BadSignature:
            return None
        session = Session(id_, int(expires_at))
        return session if self.is_valid(session) else None

    def is_valid(self, session: Session) -> bool:
        """Return whether a session is neither revoked nor expired."""
        return session.id not in self._revoked and self._clock() < session.expires_at

    def revoke(self, session: Session) -> None:
        """Revoke a session before it expires."""
        now = self._clock()
        self._revoked = {id_: at for id_, at in self._revoked.items() if at > now} | {session.id: session.expires_at}
