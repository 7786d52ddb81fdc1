"""The race of recipes on the first fold."""

import numpy as np
import pytest

from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.training.selection.race import Race
from mlapp.schemas import Metric

ROWS = 100
random = np.random.default_rng(0)
Y, NOISE = random.normal(size=ROWS), random.normal(size=ROWS)
GOOD, BAD = Y + 0.1 * NOISE, Y + NOISE


def samples(fits: int = 2) -> Samples:
    train = [np.array([0]), np.array([1])]
    tests = np.array_split(np.arange(ROWS), 2)
    return Samples(np.zeros((ROWS, 1)), Y, [(train[index % fits], test) for index, test in enumerate(tests)], None)


def race_of(*predicted, metric: Metric = Metric.RMSE, fits: int = 2) -> Race:
    race = Race(samples(fits), metric)
    for part in predicted:
        race.add(part)
    return race


def test_predictions_that_are_significantly_worse_are_lost():
    race = race_of(BAD, GOOD, BAD)

    assert race.is_lost(BAD[:50])
    assert not race.is_lost(GOOD[:50] + 0.001)


def test_first_recipe_cannot_lose():
    assert not race_of().is_lost(BAD[:50])


def test_outlier_alone_is_not_lost():
    assert not race_of(GOOD).is_lost(np.where(np.arange(50) == 0, 99, GOOD[:50]))


@pytest.mark.parametrize("race", [race_of(GOOD, fits=1), race_of(GOOD, metric=Metric.ROC_AUC)])
def test_nothing_is_lost_without_further_fits_or_losses_of_rows(race):
    assert not race.is_lost(BAD[:50])


def test_predictions_that_are_not_finite_are_lost():
    assert race_of().is_lost(np.full(50, np.nan))
