"""Storage of trained versions: their record, where they go, and which old versions they replace."""

import hashlib
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from mlapp.caller import caller
from mlapp.errors import Unavailable
from mlapp.schemas import Decision, Record, TrainOptions, VersionInfo, VersionKey
from mlapp.services.jobs.ipc import Finished
from mlapp.services.placement import Placement, place
from mlapp.services.stored_versions import check_loads, describe
from mlapp.store import ModelStore, Superseded

log = logging.getLogger(__name__)


class NewVersion(NamedTuple):
    """A version that was stored, and why there."""

    key: VersionKey
    placement: Placement


def make_record(finished: Finished) -> Record:
    """Return the record of a version that was trained just now."""
    sha256 = hashlib.sha256(finished.file).hexdigest()
    return Record(created_at=datetime.now(UTC), model_sha256=sha256, **finished.record)


def store_version(store: ModelStore, finished: Finished, record: Record, *, demo: bool = False) -> NewVersion:
    """Store a version where it belongs; decided again if another one became active meanwhile.

    Raises:
        Unavailable: the store cannot be written.
    """
    while True:
        placement = place(store, record, finished.options, demo=demo)
        with suppress(Superseded):
            version = store.add(
                placement.model,
                finished.file,
                record,
                activate_by=caller.get() if placement.activate else None,
                replaces=placement.replaces,
                description=finished.options.description,
                decision=_decision(finished.options),
                demo=demo,
            )
            if placement.activate:
                log.info("Version %s of model %s was activated.", version, placement.model)
            return NewVersion(VersionKey(placement.model, version), placement)


def prune_versions(store: ModelStore, model: str, keep: int) -> None:
    """Remove the oldest inactive versions beyond the `keep` newest ones; nothing if the store cannot be written."""
    with suppress(Unavailable):
        for removed in store.prune(model, keep):
            log.info("Version %s of model %s was deleted: the latest %s are kept.", removed, model, keep)


def add_version(store: ModelStore, finished: Finished, keep: int) -> VersionInfo:
    """Check, store and describe a version, with what it breaks for callers of the one that was active until then.

    Raises:
        TrainingFailed: it cannot be loaded.
        Unavailable: the store cannot be written.
    """
    record = make_record(finished)
    check_loads(record, finished.file)
    (model, version), placement = store_version(store, finished, record)
    prune_versions(store, model, keep)
    return describe(store, model, version).model_copy(update={"breaking": placement.breaking})


def _decision(options: TrainOptions) -> Decision | None:
    return Decision(costs=options.costs, by=caller.get(), at=datetime.now(UTC)) if options.costs else None
