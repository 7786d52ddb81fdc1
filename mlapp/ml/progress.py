"""How far a fit is, as scikit-learn itself tells it: never a timer."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

Done = Callable[[float], None]
"""Takes the share of a fit that is done, 0–1."""

PLACE = re.compile(r"(\d+)(?:/| of )(\d+)")
"""What boosting (`[3/100]`) and forests (`building tree 3 of 200`) print."""


def fit(estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, done: Done) -> None:
    """Fit an estimator, and say how far it is after every iteration or tree.

    Estimators with callbacks tell by those, the others by what they print when `verbose`; those that do
    neither are done when they are. Nothing of this stays on the estimator.

    Source: scikit-learn, `sklearn.callback` (1.9) and the parameter `verbose` of its ensembles.
    """
    told = _Told(done)
    # joblib says on stderr what the verbosity of the ensembles makes it say.
    with _asked_to_tell(estimator, told), redirect_stdout(told), redirect_stderr(io.StringIO()):
        estimator.fit(X, y)
    told.reach(1.0)


@contextmanager
def _asked_to_tell(estimator: BaseEstimator, told: "_Told") -> Iterator[None]:
    """Have an estimator tell how far it is; afterwards it is as it was."""
    # Of a pipeline the last step; what other estimators are made of they fit copies of, which would stay verbose.
    last = _last(estimator)
    calls = hasattr(estimator, "set_callbacks")
    verbose = getattr(last, "verbose", None)
    prints = type(verbose) is int and not hasattr(last, "set_callbacks")
    try:
        if calls:
            estimator.set_callbacks(told)
        if prints:
            last.set_params(verbose=2)
        yield
    finally:
        if calls:
            estimator.set_callbacks()
        if prints:
            last.set_params(verbose=verbose)


def _last(estimator: BaseEstimator) -> BaseEstimator:
    """Return what a pipeline ends with."""
    return _last(estimator[-1]) if isinstance(estimator, Pipeline) else estimator


class _Told(io.TextIOBase):
    """Listens to callbacks and to what is printed."""

    max_propagation_depth = None

    def __init__(self, done: Done) -> None:
        self._done = done
        self._share = 0.0

    def write(self, text: str) -> int:
        if place := PLACE.search(text):
            self.reach(int(place[1]) / max(1, int(place[2])))
        return len(text)

    def setup(self, estimator: BaseEstimator, context: Any) -> None:
        """Take note of nothing: part of the protocol."""

    def teardown(self, estimator: BaseEstimator, context: Any) -> None:
        """Take note of nothing: part of the protocol."""

    def on_fit_task_begin(self, estimator: BaseEstimator, context: Any) -> None:
        """Take note of nothing: part of the protocol."""

    def on_fit_task_end(self, estimator: BaseEstimator, context: Any) -> None:  # noqa: ARG002 - the protocol's names
        """Take note of an iteration that is done."""
        share = 1.0
        while above := context.parent:
            if above.estimator_name != "Pipeline":
                share = (context.task_id + share) / above.max_subtasks if above.max_subtasks else 0.0
            elif context.task_id < above.max_subtasks - 1:
                return  # What prepares the matrix takes next to no time.
            context = above
        self.reach(share)

    def reach(self, share: float) -> None:
        """Say how far the fit is, if that is further than before."""
        # Trees end in any order, and the parts of an ensemble each begin at 0.
        if share > self._share:
            self._share = share
            self._done(share)
