"""KnownModels: the models in the store, each with a key that no later model of the same name has."""

from contextlib import suppress
from dataclasses import dataclass, field

from mlapp.errors import NotFound, Unavailable
from mlapp.store import ModelStore


def name_of(key: str) -> str:
    """Return the name of the model of a key."""
    return key.partition("@")[0]


@dataclass
class KnownModels:
    """Notices that a model was deleted, even if another one has its name already."""

    store: ModelStore
    keys: dict[str, str] = field(default_factory=dict)
    """Name → key: the name and the time of creation."""
    _names: list[str] = field(default_factory=list)

    def refresh(self) -> set[str]:
        """Read the store, and return the keys of the models that were deleted since the last call."""
        before = self.keys
        # A store that cannot be read now has not lost its models.
        with suppress(Unavailable):
            names = self.store.names()
            # The same object while no model comes or goes.
            if names is not self._names:
                self.keys = self._read(names)
                self._names = names
        return set(before.values()) - set(self.keys.values())

    def _read(self, names: list[str]) -> dict[str, str]:
        keys = {}
        for name in names:
            # It may have been deleted since it was listed.
            with suppress(NotFound):
                created_at = self.store.settings(name).created_at
                keys[name] = f"{name}@{round(created_at.timestamp() * 1_000) if created_at else ''}"
        return keys
