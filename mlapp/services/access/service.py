"""AccessService: roles by API key, login, and whether authentication is off."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import Enum

from pydantic import SecretStr

from mlapp.errors import Forbidden, Unauthorized
from mlapp.services.access.sessions import Sessions
from mlapp.settings import Settings
from mlapp.store import TicketStore


class Role(Enum):
    """What a caller may do, by the API key of the request. The values are those of the log field `caller`."""

    ANONYMOUS = "anonymous"
    PREDICT = "predict key"
    FULL = "full key"


@dataclass(frozen=True)
class Caller:
    """Who sent a request: a role, and the models for which it holds."""

    role: Role
    models: frozenset[str] | None = None
    """Names; None: all models."""


ANONYMOUS = Caller(Role.ANONYMOUS)


class AccessService:
    """Authenticates API keys, of which it keeps digests only, and holds sessions of browsers and tickets."""

    def __init__(self, settings: Settings) -> None:
        self.open = settings.loopback and settings.api_key is None and settings.predict_key is None
        """Whether authentication is off: no key is set, and the server binds to localhost."""
        self.generated_key = None if self.open or settings.api_key else secrets.token_urlsafe(32)
        """The full key when one is required and none is set."""
        full = _digest(_bytes(settings.api_key) or (self.generated_key or secrets.token_urlsafe(32)).encode())
        # A random key replaces one that is not set, so that the comparison takes the same time.
        predict = _digest(_bytes(settings.predict_key) or secrets.token_bytes(32))
        self.keys: tuple[tuple[bytes, Caller], ...] = ((full, Caller(Role.FULL)), (predict, Caller(Role.PREDICT)))
        """The digest of each key, and the caller who has it."""
        self.key_variable = None if self.open else "MLAPP_PREDICT_KEY" if settings.predict_key else "MLAPP_API_KEY"
        """The environment variable with the least privileged key that may predict; None without authentication."""
        self.tickets = TicketStore(settings.store)
        """Tickets for requests of browsers that cannot send a key."""
        self.sessions = Sessions(_bytes(settings.session_secret) or secrets.token_bytes(32), full)

    def authenticate(self, key: bytes) -> Caller:
        """Return the caller who has an API key.

        Raises:
            Unauthorized: the key is unknown.
        """
        sent = _digest(key)
        # All keys are compared, so that it takes the same time for each.
        callers = [caller for known, caller in self.keys if hmac.compare_digest(sent, known)]
        if not callers:
            raise Unauthorized("This key is wrong; send the one that the server was started with.")
        return callers[-1]

    def log_in(self, key: bytes) -> str:
        """Return the token of a new session.

        Raises:
            Unauthorized: the key is unknown.
            Forbidden: the key is not the full one for all models.
        """
        caller = self.authenticate(key)
        if caller.role is not Role.FULL:
            raise Forbidden("This key may only predict; these pages require the full key.")
        if caller.models is not None:
            raise Forbidden("This key is for single models; these pages require the full key.")
        return self.sessions.create()


def _bytes(secret: SecretStr | None) -> bytes | None:
    return secret.get_secret_value().encode() if secret else None


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
