"""What runs on a Dask cluster: a fit as a task of its workers, and a check of their environment.

The scheduler imports this module, too, and must not load scikit-learn, which takes seconds.
"""

import hashlib
import pickle
import platform
import warnings
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mlapp.errors import TrainingAborted

if TYPE_CHECKING:
    import numpy as np

    from mlapp.ml.evaluation.out_of_fold import FitResult, Samples

PACKAGES = ("scikit-learn", "numpy", "scipy")
CODE = "code"
ROOT = Path(__file__).parents[2]
REMEDY = "start scheduler and workers with the Python, the packages and the checkout of the server (docs/scale.md)"


@cache
def environment() -> dict[str, str]:
    """Return what a fit depends on: the versions of Python and of libraries, and a hash of the code.

    It is cached, as a process that was started before the code changed runs the old one.
    """
    code = hashlib.sha256()
    for path in sorted((ROOT / "ml").rglob("*.py")):
        code.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    return found | {name: version(name) for name in PACKAGES} | {CODE: code.hexdigest()}


def check_environment(process: str, theirs: dict[str, str], server: dict[str, str]) -> None:
    """Check that a process of the cluster has the environment of the server.

    Raises:
        TrainingAborted: it differs.
    """
    for name, ours in server.items():
        if (other := theirs.get(name)) != ours:
            what = f"{name} {other}, but the server has {ours}" if name != CODE else "other code in mlapp/ml"
            raise TrainingAborted(f"The Dask {process} has {what}: {REMEDY}.")


def fit_task(  # noqa: PLR0913, PLR0917 - a fit, its rows, and the environment that it needs
    samples: "Samples",
    estimator: bytes,
    train: "np.ndarray",
    test: "np.ndarray",
    clock: Callable[[], float],
    server: dict[str, str],
) -> "FitResult":
    """Fit a pickled estimator on training rows, and predict test rows, on one thread.

    Raises:
        TrainingAborted: this worker has another environment than the server, or lacks a module of the estimator.
    """
    from mlapp.ml.evaluation.out_of_fold import fit_and_predict

    # Workers may join after the cluster was checked.
    worker = f"worker on {platform.node()}"
    check_environment(worker, environment(), server)
    try:
        unfitted = pickle.loads(estimator)  # noqa: S301 - from the training process, which a worker trusts
    except (ImportError, AttributeError) as error:
        raise TrainingAborted(f"The Dask {worker} cannot load the estimator ({error}): {REMEDY}.") from error
    # As in a training that makes its own fits.
    with warnings.catch_warnings(action="ignore"):
        return fit_and_predict(samples, unfitted, train, test, clock, None)
