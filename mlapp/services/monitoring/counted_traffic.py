"""CountedTraffic: the counts of this process, within a limit of memory.

They are lines of JSON, as the store saves them, and what was counted since each was written. Objects in place of the
lines would take ten times the memory, and writing all of them at each save would block the process.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from mlapp.schemas import RequestCounts, RequestProfile, TrafficCounts
from mlapp.services.monitoring.known_models import KnownModels
from mlapp.store import Lines, TrafficStore

ALL = "*"
"""Key of the counts of all requests; the other keys are models, and versions as `churn/3`."""
MAX_BYTES = 10_000_000
"""Limit of the lines; those of the models and versions whose last request is the oldest are dropped."""
MAX_VERSIONS = 10
"""Number of versions of a model with a profile, those of the latest requests."""

T = TypeVar("T", TrafficCounts, RequestProfile)


def version_key(model: str, version: int) -> str:
    """Return the key of the profile of a version."""
    return f"{model}/{version}"


def model_of(key: str) -> str:
    """Return the model of a key."""
    return key.partition("/")[0]


@dataclass
class CountedTraffic:
    """Counts by key. Not thread-safe."""

    store: TrafficStore
    models: KnownModels
    lines: Lines = field(default_factory=dict)
    """What was written, in the order of the last request."""
    changes: int = 0
    """Increases with each change."""
    _requests: dict[str, TrafficCounts] = field(default_factory=dict)
    """Requests that were counted since the line was written."""
    _profiles: dict[str, RequestProfile] = field(default_factory=dict)

    def add_requests(self, key: str, minute: int, counted: RequestCounts) -> None:
        """Add the requests of a minute."""
        if key not in self._requests:
            self._requests[key] = TrafficCounts(created_at=self.models.created_at.get(key))
        self._requests[key].add_minute(minute, counted)
        self.changes += 1

    def add_profile(self, key: str, profile: RequestProfile) -> None:
        """Add to the profile of a version."""
        if key in self._profiles:
            self._profiles[key].add(profile)
        else:
            self._profiles[key] = profile
        self.changes += 1

    def requests(self, key: str, others: Iterable[Lines]) -> TrafficCounts:
        """Return requests, with those in the lines of other processes."""
        found = TrafficCounts()
        for lines in (*others, self.lines):
            if line := self._parse_requests(key, lines.get(key)):
                found.add(line)
        if key in self._requests:
            found.add(self._requests[key])
        return found

    def profile(self, key: str, others: Iterable[Lines]) -> RequestProfile | None:
        """Return the profile of a version, with those in the lines of other processes; None without requests."""
        parsed = (self.store.parse(lines.get(key), RequestProfile) for lines in (*others, self.lines))
        found = [profile for profile in (*parsed, self._profiles.get(key)) if profile]
        if not found:
            return None
        total = RequestProfile(since=found[0].since)
        for profile in found:
            total.add(profile)
        return total

    def unwritten(self) -> list[str]:
        """Return the keys of what was counted since its line was written."""
        return [*self._requests, *self._profiles]

    def write(self, key: str, now: int) -> None:
        """Write what was counted for a key into its line; what is not reported in the minute `now` expires."""
        line = self.lines.pop(key, None)
        if requests := self._requests.pop(key, None):
            self._write(key, requests, self._parse_requests(key, line), now)
        if profile := self._profiles.pop(key, None):
            self._write(key, profile, self.store.parse(line, RequestProfile), now)

    def trim(self) -> None:
        """Drop the oldest lines beyond the limits."""
        size, versions = 0, Counter[str]()
        for key, line in reversed([*self.lines.items()]):
            model = model_of(key)
            versions[model] += key != model
            if key == ALL or (size + len(line) <= MAX_BYTES and versions[model] <= MAX_VERSIONS):
                size += len(line)
            else:
                del self.lines[key]

    def drop(self, models: set[str]) -> None:
        """Drop the counts of models that were deleted."""
        for counts in (self.lines, self._requests, self._profiles):
            for key in [key for key in counts if model_of(key) in models]:
                del counts[key]
                self.changes += 1

    def adopt(self, lines: Lines) -> None:
        """Continue the lines of a slot, if there are any, in addition to what was counted already."""
        if not lines:
            return
        known = {ALL, *self.models.created_at}
        mine, self.lines = self.lines, {key: line for key, line in lines.items() if model_of(key) in known}
        for key, line in mine.items():
            if requests := None if "/" in key else self._parse_requests(key, line):
                self._requests.setdefault(key, TrafficCounts(created_at=requests.created_at)).add(requests)
            if profile := self.store.parse(line, RequestProfile) if "/" in key else None:
                self.add_profile(key, profile)

    def _write(self, key: str, new: T, written: T | None, now: int) -> None:
        if written:
            new.add(written)
        new.expire(now)
        self.lines[key] = new.model_dump_json(exclude_defaults=True).encode()

    def _parse_requests(self, key: str, line: bytes | None) -> TrafficCounts | None:
        """Return the requests in a line; None if they were to a model that was deleted."""
        found = self.store.parse(line, TrafficCounts)
        return found if found and (key == ALL or self.models.is_same(key, found.created_at)) else None
