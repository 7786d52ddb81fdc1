"""Machine learning: frames and arrays in, values out; no files, no HTTP.

The names below are imported when first used: scikit-learn takes over a second and 80 MB, which a server
that only starts, and answers `/health`, must not wait for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlapp.ml.baseline import beats_baseline as beats_baseline
    from mlapp.ml.curves import what_if as what_if
    from mlapp.ml.drift import measure_drift as measure_drift
    from mlapp.ml.estimators import describe_estimators as describe_estimators
    from mlapp.ml.lane import Lane as Lane
    from mlapp.ml.prediction import FittedModel as FittedModel
    from mlapp.ml.prediction import load_model as load_model
    from mlapp.ml.served import class_names as class_names
    from mlapp.ml.served import count_features as count_features
    from mlapp.ml.served import count_predictions as count_predictions
    from mlapp.ml.served import frame_of as frame_of
    from mlapp.ml.threads import use_one_thread as use_one_thread
    from mlapp.ml.training import train as train
    from mlapp.ml.versions import library_versions as library_versions
    from mlapp.ml.versions import why_unusable as why_unusable

_HOMES = {
    "beats_baseline": "baseline",
    "class_names": "served",
    "count_features": "served",
    "count_predictions": "served",
    "frame_of": "served",
    "Lane": "lane",
    "measure_drift": "drift",
    "describe_estimators": "estimators",
    "FittedModel": "prediction",
    "load_model": "prediction",
    "train": "training",
    "use_one_thread": "threads",
    "library_versions": "versions",
    "why_unusable": "versions",
    "what_if": "curves",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
