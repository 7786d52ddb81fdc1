"""Progress of a fit, from scikit-learn's callbacks or verbose output."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

ProgressCallback = Callable[[float], None]
"""Is called with the share of a fit that is done, 0–1."""

COUNTER = re.compile(r"(\d+)(?:/| of )(\d+)")
"""In the verbose output of boosting (`[3/100]`) and forests (`building tree 3 of 200`)."""


def fit(
    estimator: BaseEstimator,
    X: np.ndarray,
    y: np.ndarray,
    on_progress: ProgressCallback | None,
    weights: np.ndarray | None = None,
) -> None:
    """Fit an estimator, and report progress after every iteration or tree, unless `on_progress` is None.

    Estimators without callbacks report by their `verbose` output, and those with neither at the end only. The estimator
    keeps neither the callbacks nor the changed verbosity.

    Source: scikit-learn, `sklearn.callback` (1.9) and the parameter `verbose` of its ensembles.
    """
    arguments = weight_arguments(estimator, weights)
    if on_progress is None:
        estimator.fit(X, y, **arguments)
        return
    listener = _Listener(on_progress)
    # joblib writes to stderr when ensembles are verbose.
    with (
        _reporting_to(listener, getattr(estimator, "weighted", estimator)),
        redirect_stdout(listener),
        redirect_stderr(io.StringIO()),
    ):
        estimator.fit(X, y, **arguments)
    listener.report(1.0)


def weight_arguments(estimator: BaseEstimator, weights: np.ndarray | None) -> dict[str, np.ndarray]:
    """Return the arguments that pass weights on to the last step of a pipeline.

    Raises:
        ValueError: it takes none.
    """
    if weights is None:
        return {}
    if not has_fit_parameter(_last_step(estimator), "sample_weight"):
        raise ValueError("it takes no weights of rows; choose another estimator, or train without weights.")
    return {f"{estimator.steps[-1][0]}__sample_weight" if isinstance(estimator, Pipeline) else "sample_weight": weights}


@contextmanager
def _reporting_to(listener: "_Listener", estimator: BaseEstimator) -> Iterator[None]:
    """Set callbacks and verbosity of an estimator, and restore them afterwards."""
    # Only of the last step of a pipeline: ensembles fit copies of their members, which would stay verbose.
    last = _last_step(estimator)
    has_callbacks = hasattr(estimator, "set_callbacks")
    verbose = getattr(last, "verbose", None)
    is_verbose = type(verbose) is int and not hasattr(last, "set_callbacks")
    try:
        if has_callbacks:
            estimator.set_callbacks(listener)
        if is_verbose:
            last.set_params(verbose=2)
        yield
    finally:
        if has_callbacks:
            estimator.set_callbacks()
        if is_verbose:
            last.set_params(verbose=verbose)


def _last_step(estimator: BaseEstimator) -> BaseEstimator:
    return _last_step(estimator[-1]) if isinstance(estimator, Pipeline) else estimator


class _Listener(io.TextIOBase):
    """A scikit-learn callback, and a text stream that parses verbose output."""

    max_propagation_depth = None

    def __init__(self, on_progress: ProgressCallback) -> None:
        self._on_progress = on_progress
        self._share = 0.0

    def write(self, text: str) -> int:
        if counter := COUNTER.search(text):
            self.report(int(counter[1]) / max(1, int(counter[2])))
        return len(text)

    def setup(self, estimator: BaseEstimator, context: Any) -> None:
        """Do nothing: required by the callback protocol."""

    def teardown(self, estimator: BaseEstimator, context: Any) -> None:
        """Do nothing: required by the callback protocol."""

    def on_fit_task_begin(self, estimator: BaseEstimator, context: Any) -> None:
        """Do nothing: required by the callback protocol."""

    def on_fit_task_end(self, estimator: BaseEstimator, context: Any) -> None:  # noqa: ARG002 - the protocol's names
        """Report progress after an iteration."""
        share = 1.0
        while parent := context.parent:
            if parent.estimator_name != "Pipeline":
                share = (context.task_id + share) / parent.max_subtasks if parent.max_subtasks else 0.0
            elif context.task_id < parent.max_subtasks - 1:
                return  # Preprocessing steps take next to no time.
            context = parent
        self.report(share)

    def report(self, share: float) -> None:
        """Report progress if it has increased."""
        # Trees finish in any order, and each member of an ensemble starts at 0.
        if share > self._share:
            self._share = share
            self._on_progress(share)
