"""Progress of a fit."""

from collections.abc import Callable

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlapp.ml.progress import fit

# Preprocessing steps have no callbacks; `train` ignores warnings.
pytestmark = pytest.mark.filterwarnings("ignore:The estimator .* does not support callbacks")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(200, 3))
Y = (X.sum(axis=1) + RANDOM.normal(size=200) > 0).astype(int)
MAKERS: dict[str, tuple[Callable[[], BaseEstimator], int]] = {
    "ridge": (Ridge, 1),
    "logistic regression": (lambda: LogisticRegression(C=100, max_iter=1_000), 3),
    "boosting": (lambda: HistGradientBoostingRegressor(max_iter=20, random_state=0), 20),
    "boosting of classes": (lambda: HistGradientBoostingClassifier(max_iter=20, random_state=0), 20),
    "forest": (lambda: RandomForestRegressor(20, random_state=0), 20),
    "forest of two threads": (lambda: RandomForestClassifier(20, n_jobs=2, random_state=0), 15),
    "neighbours": (KNeighborsRegressor, 1),
}
"""Estimator → factory, and the minimum number of progress reports."""


def in_pipeline(estimator: BaseEstimator) -> BaseEstimator:
    return make_pipeline(SimpleImputer(), StandardScaler(), estimator)


def shares_of(estimator: BaseEstimator) -> list[float]:
    shares: list[float] = []
    fit(estimator, X, Y, shares.append)
    return shares


@pytest.mark.parametrize("wrap", [lambda estimator: estimator, in_pipeline])
@pytest.mark.parametrize("name", MAKERS)
def test_progress_increases_to_one(name: str, wrap: Callable[[BaseEstimator], BaseEstimator]):
    make, min_reports = MAKERS[name]

    shares = shares_of(wrap(make()))

    assert len(shares) >= min_reports
    assert shares == sorted(set(shares))
    assert (shares[0] > 0, shares[-1]) == (True, 1.0)


@pytest.mark.parametrize("name", MAKERS)
def test_estimator_keeps_no_callbacks_or_verbosity(name: str):
    make, _ = MAKERS[name]
    plain, observed = in_pipeline(make()), in_pipeline(make())
    plain.fit(X, Y)

    shares_of(observed)

    assert observed.get_params().keys() == plain.get_params().keys()
    assert observed[-1].get_params() == plain[-1].get_params()
    # By value: pickles of equal models may differ in which equal strings are the same object.
    assert joblib.hash(observed) == joblib.hash(plain)


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_is_printed(name: str, capfd: pytest.CaptureFixture[str]):
    shares_of(in_pipeline(MAKERS[name][0]()))

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", [0, 1])
def test_failed_fit_restores_the_verbosity(verbose: int):
    forest = in_pipeline(RandomForestRegressor(verbose=verbose))

    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fit(forest, X, Y[:-1], lambda _: None)

    assert forest[-1].verbose == verbose


def test_ensemble_without_callbacks_reports_the_end():
    assert shares_of(VotingRegressor([("ridge", Ridge()), ("neighbours", KNeighborsRegressor())]))[-1] == 1.0


def test_output_of_an_estimator_is_not_printed(capfd: pytest.CaptureFixture[str]):
    class Verbose(KNeighborsRegressor):  # type: ignore[misc]
        def fit(self, X: np.ndarray, y: np.ndarray) -> "Verbose":
            print("0 of 0 neighbours, 1/2 done")  # noqa: T201 - the output under test
            super().fit(X, y)
            return self

    assert shares_of(Verbose())[-1] == 1.0
    assert capfd.readouterr() == ("", "")


def test_boosting_with_other_verbose_output_reports_the_end():
    assert shares_of(GradientBoostingRegressor(n_estimators=5))[-1] == 1.0
