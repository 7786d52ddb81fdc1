"""Stored versions as API models, full and summary, and their numbers by name."""

from typing import Any

from mlapp import ml
from mlapp.errors import NotFound, shorten
from mlapp.schemas import VersionInfo, VersionSummary
from mlapp.store import ModelStore, parse_number


def describe(store: ModelStore, version: int) -> VersionInfo:
    """Return a version: its record, note, and whether it is active and usable.

    Raises:
        NotFound: the version does not exist.
    """
    return VersionInfo.model_construct(**_values(store, version, store.active()))


def summarize(store: ModelStore, version: int, active: int | None) -> VersionSummary:
    """Return a summary of a version.

    Raises:
        NotFound: the version does not exist.
    """
    return VersionSummary.model_construct(**_values(store, version, active))


def version_number(store: ModelStore, name: str) -> int:
    """Return the number of a version by number, `active` or `latest`.

    Raises:
        NotFound: the version does not exist.
    """
    if name == "active":
        version = store.active()
    elif name == "latest":
        version = next(iter(store.versions()), None)
    else:
        version = parse_number(name)
    if version is None:
        problem = "There is no model yet" if name in ("active", "latest") else f"There is no model '{shorten(name)}'"
        raise NotFound(f"{problem}; GET /models lists all models.")
    return version


def _values(store: ModelStore, version: int, active: int | None) -> dict[str, Any]:
    record = store.record(version)
    return dict(record) | {
        "version": version,
        "note": store.note(version),
        "active": version == active,
        "usable": ml.unusable_reason(record.library_versions) is None,
    }
