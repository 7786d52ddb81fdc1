"""AccessService: who asks, by key or session."""

import hashlib
import hmac
import secrets
from enum import Enum

from pydantic import SecretStr

from mlapp.errors import NotAllowed, WrongKey
from mlapp.services.access.sessions import Sessions
from mlapp.settings import Settings


class Who(Enum):
    """Who asks, by the key that was sent."""

    NOBODY = "nobody"
    PREDICT = "predict key"
    FULL = "full key"


class AccessService:
    """Knows the keys, by their digests only, and the sessions that were begun with one."""

    def __init__(self, settings: Settings) -> None:
        self.open = settings.loopback and settings.api_key is None and settings.predict_key is None
        """Whether everybody may do everything: no key is set, and only this machine can ask."""
        self.generated = None if self.open or settings.api_key else secrets.token_urlsafe(32)
        """The full key, where there has to be one and none is set."""
        full = _digest(_bytes(settings.api_key) or (self.generated or secrets.token_urlsafe(32)).encode())
        # One that nobody has stands in for a key that is not set, so that it takes the same time to compare.
        predict = _digest(_bytes(settings.predict_key) or secrets.token_bytes(32))
        self._keys = ((full, Who.FULL), (predict, Who.PREDICT))
        self.variable = None if self.open else "MLAPP_PREDICT_KEY" if settings.predict_key else "MLAPP_API_KEY"
        """The name of the key that is enough to predict, where one is needed."""
        self.sessions = Sessions(_bytes(settings.session_secret) or secrets.token_bytes(32), full)

    def holder(self, key: bytes) -> Who:
        """Return whose key this is.

        Raises:
            WrongKey: nobody's.
        """
        sent, found = _digest(key), Who.NOBODY
        for known, holder in self._keys:
            if hmac.compare_digest(sent, known):
                found = holder
        if found is Who.NOBODY:
            raise WrongKey("This key is wrong; send the one that the server was started with.")
        return found

    def log_in(self, key: bytes) -> str:
        """Return the token of a new session.

        Raises:
            WrongKey: the key is nobody's.
            NotAllowed: the key is for predicting only.
        """
        if self.holder(key) is not Who.FULL:
            raise NotAllowed("This key may only predict; these pages need the key for everything.")
        return self.sessions.begin()


def _bytes(secret: SecretStr | None) -> bytes | None:
    return secret.get_secret_value().encode() if secret else None


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
