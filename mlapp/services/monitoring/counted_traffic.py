"""CountedTraffic: the counts of this process, within a limit of memory.

They are lines of JSON, as the store saves them, and what was counted since each was written. Objects in place of the
lines would take ten times the memory, and writing all of them at each save would block the process.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from mlapp.schemas import RESOLUTIONS, PeriodCounts, PredictionCounts, RequestCounts, RequestProfile, Span
from mlapp.services.monitoring import series
from mlapp.services.monitoring.traffic import periods
from mlapp.store import Lines
from mlapp.store.atomic_files import warn_once

ALL = "*"
"""Key of all requests; the other keys are those of models, and of versions as `churn@1764426000/3`."""
PROFILE = " profile"
DAMAGED = "Some request counts in folder traffic of the store cannot be read; they start from zero."
MAX_BYTES = 10_000_000
"""Limit of the lines; those of the models and versions whose last request is the oldest are dropped."""
MAX_VERSIONS = 10
"""Number of versions of a model with a profile, those of the latest requests."""

T = TypeVar("T", bound=PeriodCounts)
Series = dict[str, dict[int, T]]
"""Counts by period, by the name of their line: a key and a span."""


def version_key(model_key: str, version: int) -> str:
    """Return the key of a version."""
    return f"{model_key}/{version}"


def model_of(key: str) -> str:
    """Return the key of the model of a version, or of the name of a line."""
    return key.partition(" ")[0].partition("/")[0]


@dataclass
class CountedTraffic:
    """Counts by key. Not thread-safe."""

    lines: Lines = field(default_factory=dict)
    changes: int = 0
    """Increases with each change."""
    _requests: Series[RequestCounts] = field(default_factory=dict)
    """What was counted since the lines were written."""
    _predictions: Series[PredictionCounts] = field(default_factory=dict)
    _profiles: dict[str, RequestProfile] = field(default_factory=dict)
    _warn: Callable[[str], None] = field(default_factory=warn_once)

    def add_requests(self, key: str, minute: int, counted: RequestCounts) -> None:
        """Add the requests of a minute."""
        for span, resolution in RESOLUTIONS.items():
            _add(self._requests, f"{key} {span}", {minute // resolution.minutes: counted})
        self.changes += 1

    def add_predictions(self, key: str, minutes: dict[int, PredictionCounts], profile: RequestProfile) -> None:
        """Add predictions of a version by minute, and their profile."""
        for span, resolution in RESOLUTIONS.items():
            for minute, counted in minutes.items():
                _add(self._predictions, f"{key} {span}", {minute // resolution.minutes: counted})
        self._add_profile(key + PROFILE, profile)
        self.changes += 1

    def requests(self, key: str, span: Span, others: Iterable[Lines]) -> dict[int, RequestCounts]:
        """Return requests by period, with those in the lines of other processes."""
        return self._total(self._requests, f"{key} {span}", RequestCounts, others)

    def predictions(self, key: str, span: Span, others: Iterable[Lines]) -> dict[int, PredictionCounts]:
        """Return predictions of a version by period, with those in the lines of other processes."""
        return self._total(self._predictions, f"{key} {span}", PredictionCounts, others)

    def number_of_requests(self, key: str, span: Span, now: int, others: Iterable[Lines]) -> int:
        """Return the number of requests up to the minute `now`, with those in the lines of other processes."""
        name, counted = f"{key} {span}", periods(span, now)
        found = sum(series.first_counts(lines.get(name, b""), counted) for lines in (*others, self.lines))
        return found + sum(new.requests for period, new in self._requests.get(name, {}).items() if period in counted)

    def profile(self, key: str, others: Iterable[Lines]) -> RequestProfile | None:
        """Return the profile of a version, with those in the lines of other processes; None without requests."""
        name = key + PROFILE
        parsed = (self._parse_profile(lines.get(name)) for lines in (*others, self.lines))
        found = [profile for profile in (*parsed, self._profiles.get(name)) if profile]
        if not found:
            return None
        total = RequestProfile(since=found[0].since)
        for profile in found:
            total.add(profile)
        return total

    def unwritten(self) -> list[str]:
        """Return the keys of what was counted since its lines were written."""
        names = [*self._requests, *self._predictions, *self._profiles]
        return [*dict.fromkeys(name.partition(" ")[0] for name in names)]

    def write(self, key: str, now: int) -> None:
        """Write what was counted into its lines; what is not reported in the minute `now` expires."""
        for span in Span:
            name = f"{key} {span}"
            if requests := self._requests.pop(name, None):
                self._write(name, requests, periods(span, now))
            if predictions := self._predictions.pop(name, None):
                self._write(name, predictions, periods(span, now))
        if profile := self._profiles.pop(key + PROFILE, None):
            if written := self._parse_profile(self.lines.pop(key + PROFILE, None)):
                profile.add(written)
            self.lines[key + PROFILE] = profile.model_dump_json().encode()

    def trim(self) -> None:
        """Drop the oldest lines beyond the limits."""
        size, kept = 0, dict[str, set[str]]()
        for name, line in reversed([*self.lines.items()]):
            key, model = name.partition(" ")[0], model_of(name)
            versions = kept.setdefault(model, {model})
            fits = size + len(line) <= MAX_BYTES and (key in versions or len(versions) <= MAX_VERSIONS)
            if fits or key == ALL:
                versions.add(key)
                size += len(line)
            else:
                del self.lines[name]

    def drop(self, keys: set[str]) -> None:
        """Drop the counts of models that were deleted."""
        for counts in (self.lines, self._requests, self._predictions, self._profiles):
            for name in [name for name in counts if model_of(name) in keys]:
                del counts[name]
                self.changes += 1

    def adopt(self, lines: Lines) -> None:
        """Continue the lines of a slot, in addition to what was counted already."""
        mine, self.lines = self.lines, lines
        for name, line in mine.items():
            if name.endswith(PROFILE):
                self._add_profile(name, self._parse_profile(line))
            elif "/" in name:
                _add(self._predictions, name, self._parse(line, PredictionCounts))
            else:
                _add(self._requests, name, self._parse(line, RequestCounts))

    def _total(self, new: Series[T], name: str, kind: type[T], others: Iterable[Lines]) -> dict[int, T]:
        total: Series[T] = {}
        for lines in (*others, self.lines):
            _add(total, name, self._parse(lines.get(name), kind))
        _add(total, name, new.get(name, {}))
        return total[name]

    def _write(self, name: str, new: dict[int, T], kept: range) -> None:
        line = self.lines.pop(name, None)
        try:
            merged = series.merge(line, new, kept)
        except ValueError:
            self._warn(DAMAGED)
            merged = series.merge(None, new, kept)
        if merged:
            self.lines[name] = merged

    def _parse(self, line: bytes | None, kind: type[T]) -> dict[int, T]:
        try:
            return series.parse(line, kind) if line else {}
        except ValueError:
            self._warn(DAMAGED)
            return {}

    def _parse_profile(self, line: bytes | None) -> RequestProfile | None:
        try:
            return RequestProfile.model_validate_json(line) if line else None
        except ValueError:
            self._warn(DAMAGED)
            return None

    def _add_profile(self, name: str, profile: RequestProfile | None) -> None:
        if profile:
            self._profiles.setdefault(name, RequestProfile(since=profile.since)).add(profile)


def _add(counts: Series[T], name: str, new: dict[int, T]) -> None:
    found = counts.setdefault(name, {})
    for period, counted in new.items():
        if period in found:
            found[period].add(counted)
        else:
            found[period] = counted.model_copy(deep=True)
