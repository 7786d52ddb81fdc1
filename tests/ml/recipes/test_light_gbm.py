"""Gradient boosting by LightGBM."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlapp.ml import boosting
from mlapp.ml.boosting import light_gbm
from mlapp.ml.evaluation.out_of_fold import fit
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.schemas import Loss, Task

ROOT = Path(__file__).parents[3]
LISTING = "from mlapp.ml.estimators import ESTIMATORS\nprint('lightgbm' in ESTIMATORS, *sys.modules)"


def curve(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a noisy step in the first of two columns, with missing values."""
    random = np.random.default_rng(seed)
    X = np.column_stack([random.uniform(0, 10, rows), random.integers(0, 4, rows).astype(float)])
    y = 5.0 * (X[:, 0] > 4) + X[:, 1] + random.normal(0, 1, rows)
    X[::9] = np.nan
    return X, y


@pytest.mark.parametrize(("loss", "objective"), boosting.LIGHTGBM_LOSSES.items())
def test_light_gbm_minimizes_the_loss(loss: Loss, objective: str):
    estimator = light_gbm(Task.REGRESSION, FeatureColumns([0, 1], [], [], rows=100, loss=loss), 0)

    assert estimator.objective == objective


def test_light_gbm_stops_early_and_is_fitted_on_all_rows_with_the_same_result():
    X, y = curve(1_100)
    columns = FeatureColumns([0], [1], [], rows=len(y))

    first, second = (light_gbm(Task.REGRESSION, columns, 3).fit(X, y, np.ones(len(y))) for _ in range(2))

    assert 5 < first.fitted_.n_estimators < first.n_estimators
    assert first.fitted_.booster_.model_to_string() == second.fitted_.booster_.model_to_string()
    assert first.predict(X)[np.nanargmax(X[:, 0])] > first.predict(X)[np.nanargmin(X[:, 0])] + 2


def test_light_gbm_reports_every_iteration():
    X, y = curve(1_100)
    shares: list[float] = []
    estimator = light_gbm(Task.REGRESSION, FeatureColumns([0], [1], [], rows=len(y)), 0)

    fit(estimator.set_params(n_estimators=20), X, y, shares.append)

    assert shares == sorted(shares)
    assert len(shares) > 30
    assert (estimator.verbose, estimator.fitted_.n_jobs, shares[-1]) == (0, 1, 1.0)


def test_light_gbm_prints_nothing_unless_it_is_asked(capfd: pytest.CaptureFixture[str]):
    X, y = curve(60)

    light_gbm(Task.REGRESSION, FeatureColumns([0], [1], [], rows=len(y)), 0).fit(X, y)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("rows", "classes"), [(40, 1), (40, 3), (1_100, 2)])
def test_light_gbm_has_a_probability_for_each_class(rows: int, classes: int):
    X, _ = curve(rows)
    y = np.arange(rows) % classes
    # A class of one row.
    y[-1] = classes - 1
    estimator = light_gbm(Task.CLASSIFICATION, FeatureColumns([0], [1], [], rows, classes), 0)

    probabilities = estimator.set_params(n_estimators=5).fit(X, y).predict_proba(X)

    assert estimator.classes_.tolist() == list(range(classes))
    assert probabilities.shape == (rows, classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


@pytest.mark.slow
def test_catalog_has_light_gbm_only_where_it_is_installed_and_imports_it_when_it_is_used():
    hidden = (
        "import importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda name: name != 'lightgbm' and find(name)"
    )

    there, absent = (
        subprocess.run(
            [sys.executable, "-c", f"{hiding}\nimport sys\n{LISTING}"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        for hiding in ("", hidden)
    )

    assert (there[0], absent[0]) == ("True", "False")
    assert "lightgbm" not in there[1:]
