"""Finding versions: by a word, in an order, a page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from mlapp.schemas import ModelSummary
from mlapp.presentation.sentences import MAIN_METRIC

Key = Callable[[ModelSummary], Any]

ORDERS: dict[str, Key] = {
    "version": attrgetter("version"),
    "target": lambda model: model.target.casefold(),
    "estimator": attrgetter("estimator"),
    "score": lambda model: (model.task, model.metrics.get(MAIN_METRIC[model.task], float("-inf"))),
    "rows": attrgetter("rows"),
    "created_at": attrgetter("created_at"),
}
"""What versions can be put in order by."""


@dataclass(frozen=True)
class Search:
    """What is looked for."""

    words: str = ""
    """Each of them is in the target, the estimator, the task or the note, or is the version's number."""
    order: str = "version"
    """One of `ORDERS`."""
    descending: bool = True
    skip: int = 0
    most: int = 25


@dataclass(frozen=True)
class Found:
    """A page of the versions that were found."""

    models: list[ModelSummary]
    count: int
    """How many there are on all pages."""
    of: int
    """How many there are that were looked through."""


def search(models: Sequence[ModelSummary], wanted: Search) -> Found:
    """Return a page of the models that hold what is looked for; of equal ones, the newest first."""
    words = wanted.words.casefold().split()
    hits = [model for model in models if all(_holds(model, word) for word in words)]
    hits.sort(key=attrgetter("version"), reverse=True)
    hits.sort(key=ORDERS[wanted.order], reverse=wanted.descending)
    return Found(hits[wanted.skip :][: wanted.most], len(hits), len(models))


def _holds(model: ModelSummary, word: str) -> bool:
    state = "active" if model.active else ""
    text = f"model {state} {model.target} {model.estimator} {model.task} {model.note}"
    return word.removeprefix("#") == str(model.version) or word in text.casefold()
