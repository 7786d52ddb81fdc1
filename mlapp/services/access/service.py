"""AccessService: who asks, by key or session, and how often one may be wrong."""

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable
from enum import Enum

from pydantic import SecretStr

from mlapp.errors import NotAllowed, TooManyWrongKeys, WrongKey
from mlapp.services.access.sessions import Sessions
from mlapp.settings import Settings

WINDOW_S = 60.0
MOST_WRONG = 5
"""Wrong keys that an address may send within the window."""
MOST_ADDRESSES = 10_000
"""Addresses that are remembered; the oldest are forgotten first."""
IPV6_NETWORK_BITS = 64
"""What one subscriber has of IPv6, who could use each address in it once."""


class Who(Enum):
    """Who asks, by the key that was sent."""

    NOBODY = "nobody"
    PREDICT = "predict key"
    FULL = "full key"


class WrongKeys:
    """Counts wrong keys by address, IPv6 by its network; a bounded number of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[str, list[float]] = {}

    def count(self, address: str) -> None:
        """Note a wrong key.

        Raises:
            TooManyWrongKeys: this address has sent as many within a minute as it may.
        """
        now, place = self._clock(), _network(address)
        times = [then for then in self._times.pop(place, []) if now - then < WINDOW_S]
        too_many = len(times) >= MOST_WRONG
        self._times[place] = times if too_many else [*times, now]
        if len(self._times) > MOST_ADDRESSES:
            del self._times[next(iter(self._times))]
        if too_many:
            raise TooManyWrongKeys(f"{MOST_WRONG} wrong keys came from your address within a minute; wait a minute.")


class AccessService:
    """Knows the keys, by their digests only, and the sessions that were begun with one."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.open = settings.loopback and settings.api_key is None and settings.predict_key is None
        """Whether everybody may do everything: no key is set, and only this machine can ask."""
        self.generated = None if self.open or settings.api_key else secrets.token_urlsafe(32)
        """The full key, where there has to be one and none is set."""
        full = _digest(_bytes(settings.api_key) or (self.generated or secrets.token_urlsafe(32)).encode())
        # One that nobody has stands in for a key that is not set, so that it takes the same time to compare.
        predict = _digest(_bytes(settings.predict_key) or secrets.token_bytes(32))
        self._keys = ((full, Who.FULL), (predict, Who.PREDICT))
        self._wrong = WrongKeys(clock)
        self.variable = None if self.open else "MLAPP_PREDICT_KEY" if settings.predict_key else "MLAPP_API_KEY"
        """The name of the key that is enough to predict, where one is needed."""
        self.sessions = Sessions(_bytes(settings.session_secret) or secrets.token_bytes(32), full)

    def holder(self, key: bytes, address: str) -> Who:
        """Return whose key this is.

        Raises:
            WrongKey: nobody's.
            TooManyWrongKeys: nobody's, and too many came from this address.
        """
        sent, found = _digest(key), Who.NOBODY
        for known, holder in self._keys:
            if hmac.compare_digest(sent, known):
                found = holder
        if found is Who.NOBODY:
            self._wrong.count(address)
            raise WrongKey("This key is wrong; send the one that the server was started with.")
        return found

    def log_in(self, key: bytes, address: str) -> str:
        """Return the token of a new session.

        Raises:
            WrongKey: the key is nobody's.
            TooManyWrongKeys: so it is, and too many came from this address.
            NotAllowed: the key is for predicting only.
        """
        if self.holder(key, address) is not Who.FULL:
            raise NotAllowed("This key may only predict; these pages need the key for everything.")
        return self.sessions.begin()


def _bytes(secret: SecretStr | None) -> bytes | None:
    return secret.get_secret_value().encode() if secret else None


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))
