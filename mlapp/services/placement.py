"""Placement of a new version: the model that gets it, and whether it becomes the active version."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import NamedTuple

from mlapp import ml
from mlapp.errors import NotFound
from mlapp.schemas import ActivationPolicy, DataSource, KeptTask, Record, TrainOptions
from mlapp.services.model_names import numbered, suggest_name
from mlapp.store import ModelStore


class Placement(NamedTuple):
    """Where a version goes. It holds as long as `replaces` is the active version."""

    model: str
    activate: bool
    replaces: int | None
    """The active version of the model; None if it has none, or does not exist."""
    breaking: list[str]
    """What callers of that version would notice."""


def intended_model(options: TrainOptions, source: DataSource | None) -> str:
    """Return the model that a training names, or else the one that is named after its table or target."""
    dataset, file = (source.dataset, source.file) if source else (None, None)
    return options.model or suggest_name(dataset=dataset, file=file, target=options.target)


def place(store: ModelStore, record: Record, options: TrainOptions, *, demo: bool = False) -> Placement:
    """Decide which model gets a version, and whether it becomes active.

    A version goes to the model that the training names. Without a name, it goes to the first of `churn`, `churn-2`, …
    that does not exist, or whose callers it would not break. The example is never added to a model of somebody else.
    """
    candidates = _candidates(options, record.source)
    while True:
        model = next(candidates)
        try:
            active, settings = store.active(model), store.settings(model)
        except NotFound:
            return Placement(model, options.activate is not ActivationPolicy.NEVER, None, [])
        if options.model is None and (_is_other(store, model, record) or (demo and not settings.demo)):
            continue
        breaking = _breaking(store, model, active, record)
        policy = options.activate or settings.activation
        activate = policy is ActivationPolicy.ALWAYS or (policy is ActivationPolicy.AUTO and not breaking)
        return Placement(model, activate, active, breaking)


def kept_task(store: ModelStore, options: TrainOptions, source: DataSource | None) -> KeptTask | None:
    """Return the task of the model that a training is for, if the model predicts the target of the training."""
    with suppress(NotFound):
        for model in _candidates(options, source):
            record = reference(store, model)
            if record and record.target == options.target:
                return KeptTask(record.task, record.target_type)
    return None


def _candidates(options: TrainOptions, source: DataSource | None) -> Iterator[str]:
    """Yield the models that may get the version, the first choice first."""
    first = intended_model(options, source)
    yield first
    if options.model is None:
        yield from (numbered(first, number) for number in count(2))


def reference(store: ModelStore, model: str) -> Record | None:
    """Return the record of the active version, or of the latest one if none is active; None without a readable one.

    Raises:
        NotFound: the model does not exist.
    """
    version = store.active(model) or next(iter(store.versions(model)), None)
    with suppress(NotFound):
        return store.record(model, version) if version else None
    return None


def _is_other(store: ModelStore, model: str, record: Record) -> bool:
    """Return whether a version would break the callers of a model, or what its versions have in common."""
    # It may have been deleted meanwhile.
    with suppress(NotFound):
        if known := reference(store, model):
            return bool(ml.breaking_changes(known, record, 0))
    return False


def _breaking(store: ModelStore, model: str, active: int | None, record: Record) -> list[str]:
    # A damaged version has no callers.
    with suppress(NotFound):
        return ml.breaking_changes(store.record(model, active), record, active) if active else []
    return []
