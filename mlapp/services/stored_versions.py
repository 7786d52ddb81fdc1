"""Stored versions and models as the API shows them, and version numbers by name."""

from contextlib import suppress
from typing import Any

from mlapp import ml
from mlapp.errors import NotFound, TrainingFailed, reason, shorten
from mlapp.schemas import ModelInfo, ModelSummary, Record, VersionInfo, VersionSummary
from mlapp.store import ModelStore, parse_number


def describe(store: ModelStore, model: str, version: int) -> VersionInfo:
    """Return a version: its record, note, and whether it is active and usable.

    Raises:
        NotFound: the version does not exist.
    """
    record, decision = store.record(model, version), store.settings(model).decision
    found = {"decision": decision, "threshold": ml.find_threshold(record, decision) if decision else None}
    return VersionInfo.model_construct(**dict(record) | _status(store, model, version) | found)


def summarize(store: ModelStore, model: str, version: int) -> VersionSummary:
    """Return a summary of a version.

    Raises:
        NotFound: the version does not exist.
    """
    return VersionSummary.model_construct(**dict(store.head(model, version)) | _status(store, model, version))


def describe_model(store: ModelStore, model: str) -> ModelInfo:
    """Return a model with its active version.

    Raises:
        NotFound: the model does not exist.
    """
    active = store.active(model)
    return ModelInfo.model_construct(
        **_model_values(store, model),
        default=model == store.default(),
        predict_path=f"/models/{model}/predict",
        decision=store.settings(model).decision,
        active_version=describe(store, model, active) if active in store.versions(model) else None,
    )


def summarize_model(store: ModelStore, model: str) -> ModelSummary:
    """Return a summary of a model.

    Raises:
        NotFound: the model does not exist.
    """
    return ModelSummary.model_construct(**_model_values(store, model))


def version_number(store: ModelStore, model: str, name: str) -> int:
    """Return the number of a version of a model by number, `active` or `latest`.

    Raises:
        NotFound: the version does not exist.
    """
    if name == "active":
        version = store.active(model)
    elif name == "latest":
        version = next(iter(store.versions(model)), None)
    else:
        version = parse_number(name)
    if version is None:
        if name in ("active", "latest"):
            raise NotFound(f"Model '{model}' has no {name} version; GET /models/{model}/versions lists what it has.")
        raise NotFound(f"Model '{model}' has no version '{shorten(name)}'; it is a number, `active` or `latest`.")
    return version


def breaking(store: ModelStore, model: str, version: int) -> list[str]:
    """Return what callers of the active version would notice if a version answered instead; empty for the active one.

    Raises:
        NotFound: the version does not exist.
    """
    active = store.active(model)
    if active is None or active == version:
        return []
    # A damaged active version has no callers.
    with suppress(NotFound):
        return ml.breaking_changes(store.record(model, active), store.record(model, version), active)
    return []


def check_loads(record: Record, file: bytes) -> None:
    """Load a model file that is not stored yet.

    Raises:
        TrainingFailed: it cannot be loaded; its `__cause__` is the original error.
    """
    status = {"model": "", "version": 0, "active": False, "default": False, "predict_path": "", "breaking": []}
    values: dict[str, Any] = dict(record) | status | {"usable": True, "decision": None, "threshold": None}
    try:
        ml.load_version(VersionInfo.model_construct(**values), file)
    # Unpickling imports and runs code of any library, which may raise anything, or exit.
    except (Exception, SystemExit) as error:
        raise TrainingFailed(f"The trained version cannot be loaded: {reason(error)}; see the log.") from error


def _status(store: ModelStore, model: str, version: int) -> dict[str, Any]:
    head = store.head(model, version)
    active = version == store.active(model)
    path = f"/models/{model}/predict"
    return {
        "model": model,
        "version": version,
        "note": store.note(model, version),
        "active": active,
        "default": model == store.default(),
        "predict_path": path if active else f"{path}?version={version}",
        "breaking": breaking(store, model, version),
        "usable": ml.unusable_reason(head.library_versions, head.registered) is None,
    }


def _model_values(store: ModelStore, model: str) -> dict[str, Any]:
    settings, (active, versions) = store.settings(model), store.state(model)
    # A damaged active version is none of the versions.
    shown = active if active in versions else next(iter(versions), None)
    head = store.head(model, shown) if shown else None
    return {
        "name": model,
        "description": settings.description,
        "demo": settings.demo,
        "activation": settings.activation,
        "task": head.task if head else None,
        "target": head.target if head else None,
        "active": active,
        "versions": len(versions),
        "metrics": head.metrics if head else {},
        "trained_at": head.created_at if head else None,
        "source": head.source if head else None,
    }
