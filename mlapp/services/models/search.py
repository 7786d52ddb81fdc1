"""Search of versions: filter by words, sort, paginate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from mlapp.presentation.metrics import MAIN_METRIC
from mlapp.schemas import VersionSummary

ORDERS: dict[str, Callable[[VersionSummary], Any]] = {
    "version": attrgetter("version"),
    "target": lambda model: model.target.casefold(),
    "estimator": attrgetter("estimator"),
    "score": lambda model: (model.task, model.metrics.get(MAIN_METRIC[model.task], float("-inf"))),
    "rows": attrgetter("rows"),
    "created_at": attrgetter("created_at"),
}
"""Sort keys by name."""


@dataclass(frozen=True)
class VersionQuery:
    """A query: words, order and page."""

    words: str = ""
    """Each word must occur in the target, estimator, task, state or note, or be the version's number."""
    order: str = "version"
    """One of `ORDERS`."""
    descending: bool = True
    offset: int = 0
    limit: int = 25


@dataclass(frozen=True)
class VersionPage:
    """A page of search results."""

    models: list[VersionSummary]
    matches: int
    """Number of matching versions on all pages."""
    total: int
    """Number of all versions."""


def search(models: Sequence[VersionSummary], query: VersionQuery) -> VersionPage:
    """Return a page of the versions that match a query; equal ones are sorted newest first."""
    words = query.words.casefold().split()
    matches = [model for model in models if all(_matches(model, word) for word in words)]
    matches.sort(key=attrgetter("version"), reverse=True)
    matches.sort(key=ORDERS[query.order], reverse=query.descending)
    return VersionPage(matches[query.offset :][: query.limit], len(matches), len(models))


def _matches(model: VersionSummary, word: str) -> bool:
    state = "active" if model.active else ""
    text = f"model {state} {model.target} {model.estimator} {model.task} {model.note}"
    return word.removeprefix("#") == str(model.version) or word in text.casefold()
