"""KnownModels: the models in the store as the counts know them: by name, and by when they were created."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from mlapp.errors import NotFound, Unavailable
from mlapp.store import ModelStore


@dataclass
class KnownModels:
    """Notices that a model was deleted, even if another one has its name already."""

    store: ModelStore
    created_at: dict[str, datetime | None] = field(default_factory=dict)
    """Time of creation by name; None if it is unknown."""
    _names: list[str] = field(default_factory=list)

    def refresh(self) -> set[str]:
        """Read the store, and return the names of the models that were deleted since the last call."""
        # A store that cannot be read now has not lost its models.
        with suppress(Unavailable):
            names = self.store.names()
            # The same object while no model comes or goes.
            if names is not self._names:
                before, self.created_at = self.created_at, self._created_at(names)
                self._names = names
                return {model for model, created_at in before.items() if not self.is_same(model, created_at)}
        return set()

    def is_same(self, model: str, created_at: datetime | None) -> bool:
        """Return whether there is a model of this name, and no other one than that of the time."""
        known = self.created_at.get(model)
        return model in self.created_at and (None in (known, created_at) or known == created_at)

    def _created_at(self, names: list[str]) -> dict[str, datetime | None]:
        found = {}
        for model in names:
            # It may have been deleted since it was listed.
            with suppress(NotFound):
                found[model] = self.store.settings(model).created_at
        return found
