"""Machine learning with scikit-learn: frames and arrays in, values out, without files, clock or HTTP.

The names below are imported on first use: scikit-learn takes over a second and 80 MB, for which the start of the server
and `/health` must not wait.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlapp.ml.estimators import describe_estimators as describe_estimators
    from mlapp.ml.evaluation.baseline import beats_baseline as beats_baseline
    from mlapp.ml.inference.fitted_model import Batch as Batch
    from mlapp.ml.inference.fitted_model import FittedModel as FittedModel
    from mlapp.ml.inference.fitted_model import load_model as load_model
    from mlapp.ml.inference.what_if import what_if as what_if
    from mlapp.ml.library_versions import installed_versions as installed_versions
    from mlapp.ml.library_versions import why_unusable as why_unusable
    from mlapp.ml.monitoring.drift import measure_drift as measure_drift
    from mlapp.ml.monitoring.profiles import count_features as count_features
    from mlapp.ml.monitoring.profiles import count_predictions as count_predictions
    from mlapp.ml.threads import use_one_thread as use_one_thread
    from mlapp.ml.training.train import train as train

_MODULES = {
    "beats_baseline": "evaluation.baseline",
    "count_features": "monitoring.profiles",
    "count_predictions": "monitoring.profiles",
    "measure_drift": "monitoring.drift",
    "describe_estimators": "estimators",
    "Batch": "inference.fitted_model",
    "FittedModel": "inference.fitted_model",
    "load_model": "inference.fitted_model",
    "train": "training.train",
    "use_one_thread": "threads",
    "installed_versions": "library_versions",
    "why_unusable": "library_versions",
    "what_if": "inference.what_if",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value
