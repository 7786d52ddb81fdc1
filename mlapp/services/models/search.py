"""Search of models and versions: filter by words, sort, paginate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from mlapp.presentation.metrics import MAIN_METRIC
from mlapp.schemas import ModelSummary, VersionSummary

ORDERS: dict[str, Callable[[VersionSummary], Any]] = {
    "version": attrgetter("version"),
    "target": lambda info: info.target.casefold(),
    "estimator": attrgetter("estimator"),
    "score": lambda info: (info.task, info.metrics.get(MAIN_METRIC[info.task], float("-inf"))),
    "rows": attrgetter("rows"),
    "created_at": attrgetter("created_at"),
}
"""Sort keys by name."""
MODEL_ORDERS = ("newest", "name")


@dataclass(frozen=True)
class VersionQuery:
    """A query: words, order and page."""

    words: str = ""
    """Each word must occur in the target, estimator, task, source, state or note, or be the version's number."""
    order: str = "version"
    """One of `ORDERS`."""
    descending: bool = True
    offset: int = 0
    limit: int = 25


@dataclass(frozen=True)
class VersionPage:
    """A page of search results."""

    versions: list[VersionSummary]
    matches: int
    """Number of matching versions on all pages."""
    total: int
    """Number of all versions."""


def search(versions: Sequence[VersionSummary], query: VersionQuery) -> VersionPage:
    """Return a page of the versions that match a query; equal ones are sorted newest first."""
    words = query.words.casefold().split()
    matches = [info for info in versions if all(_matches(info, word) for word in words)]
    matches.sort(key=attrgetter("version"), reverse=True)
    matches.sort(key=ORDERS[query.order], reverse=query.descending)
    return VersionPage(matches[query.offset :][: query.limit], len(matches), len(versions))


def search_models(models: Sequence[ModelSummary], words: str, order: str) -> list[ModelSummary]:
    """Return the models with all of the words in name, target, source or description, in one of `MODEL_ORDERS`."""
    found = [model for model in models if all(_mentions(model, word) for word in words.casefold().split())]
    found.sort(key=attrgetter("name"))
    if order == "newest":
        found.sort(key=lambda model: (model.trained_at is not None, model.trained_at), reverse=True)
    return found


def _mentions(model: ModelSummary, word: str) -> bool:
    source = (model.source.dataset or model.source.file or "") if model.source else ""
    return word in f"{model.name} {model.target or ''} {source} {model.description}".casefold()


def _matches(info: VersionSummary, word: str) -> bool:
    state = "active" if info.active else ""
    source = (info.source.dataset or info.source.file or "") if info.source else ""
    text = f"version {state} {info.target} {info.estimator} {info.task} {source} {info.note}"
    return word.removeprefix("#") == str(info.version) or word in text.casefold()
