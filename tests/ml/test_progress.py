"""How far a fit is."""

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

# That what prepares the matrix knows no callbacks; `train` has warnings ignored.
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
"""Estimator → how to make it, and how often it tells at least how far it is."""


def in_pipeline(estimator: BaseEstimator) -> BaseEstimator:
    return make_pipeline(SimpleImputer(), StandardScaler(), estimator)


def shares_of(estimator: BaseEstimator) -> list[float]:
    shares: list[float] = []
    fit(estimator, X, Y, shares.append)
    return shares


@pytest.mark.parametrize("place", [lambda estimator: estimator, in_pipeline])
@pytest.mark.parametrize("name", MAKERS)
def test_shares_grow_to_one(name: str, place: Callable[[BaseEstimator], BaseEstimator]):
    make, least = MAKERS[name]

    shares = shares_of(place(make()))

    assert len(shares) >= least
    assert shares == sorted(set(shares))
    assert (shares[0] > 0, shares[-1]) == (True, 1.0)


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_of_it_stays_on_the_estimator(name: str):
    make, _ = MAKERS[name]
    plain, told = in_pipeline(make()), in_pipeline(make())
    plain.fit(X, Y)

    shares_of(told)

    assert told.get_params().keys() == plain.get_params().keys()
    assert told[-1].get_params() == plain[-1].get_params()
    # By value: pickles of equal models may differ in which equal texts are one and the same.
    assert joblib.hash(told) == joblib.hash(plain)


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_is_printed(name: str, capfd: pytest.CaptureFixture[str]):
    shares_of(in_pipeline(MAKERS[name][0]()))

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", [0, 1])
def test_estimator_that_cannot_be_fitted_talks_as_much_as_before(verbose: int):
    forest = in_pipeline(RandomForestRegressor(verbose=verbose))

    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fit(forest, X, Y[:-1], lambda _: None)

    assert forest[-1].verbose == verbose


def test_estimator_of_estimators_is_done_at_the_end():
    assert shares_of(VotingRegressor([("ridge", Ridge()), ("neighbours", KNeighborsRegressor())]))[-1] == 1.0


def test_what_is_printed_on_the_way_goes_nowhere(capfd: pytest.CaptureFixture[str]):
    class Talking(KNeighborsRegressor):  # type: ignore[misc]
        def fit(self, X: np.ndarray, y: np.ndarray) -> "Talking":
            print("0 of 0 neighbours have answered, and 1/2 of them knocked")  # noqa: T201 - what is tested
            super().fit(X, y)
            return self

    assert shares_of(Talking())[-1] == 1.0
    assert capfd.readouterr() == ("", "")


def test_boosting_that_prints_without_callbacks_is_done_at_the_end():
    assert shares_of(GradientBoostingRegressor(n_estimators=5))[-1] == 1.0
