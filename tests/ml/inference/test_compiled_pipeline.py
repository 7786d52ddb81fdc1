"""Kernels: what a fitted pipeline answers, in less time."""

import numpy as np
import pytest
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlapp.ml.estimators import ESTIMATORS
from mlapp.ml.evaluation.calibration import CalibratedClassifier
from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.inference.compiled_pipeline import PROBABILITY_TOLERANCE, RELATIVE_TOLERANCE, compile_pipeline
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.ml.training.runtime_estimate import MEASURED
from mlapp.schemas import Task

pytestmark = pytest.mark.slow

ROWS = 300
COME_ALONG = [name for name in ESTIMATORS if name in MEASURED]
"""One that a fork has added needs no compiled: its pipeline answers."""


def table(*, gaps: bool = True) -> np.ndarray:
    """Numbers, a boolean, categories and dates, with gaps."""
    random = np.random.default_rng(0)
    columns = [
        random.normal(size=ROWS),
        random.normal(size=ROWS) * 1e4,
        random.integers(0, 2, ROWS),
        random.integers(0, 6, ROWS),
        random.uniform(15_000, 20_000, ROWS),
    ]
    found = np.column_stack(columns).astype(float)
    if gaps:
        found[random.uniform(size=found.shape) < 0.1] = np.nan
    return found


def columns(classes: int = 0) -> FeatureColumns:
    return FeatureColumns([0, 1, 2], [3], [4], ROWS, classes)


def target(x: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.nan_to_num(x[:, 0]) * 3 + np.nan_to_num(x[:, 3])
    return found


def is_compiled(estimator: BaseEstimator, classes: int | None, rows: np.ndarray) -> bool:
    """Whether the pipeline is not asked."""
    return "partial" not in type(compile_pipeline(estimator, classes, rows)).__name__


@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("classes", [None, 2, 4])
@pytest.mark.parametrize("name", COME_ALONG)
def test_kernel_answers_as_the_pipeline_does_alone_and_in_company(name: str, classes: int | None, gaps: bool):  # noqa: FBT001
    x = table(gaps=gaps)
    task = Task.REGRESSION if classes is None else Task.CLASSIFICATION
    y = target(x) if classes is None else np.digitize(target(x), [2, 4, 6][: classes - 1])
    estimator = ESTIMATORS[name].make(task, columns(classes or 0), 0).fit(x, y)
    new = table()

    compiled = compile_pipeline(estimator, classes, x[:20])

    assert is_compiled(estimator, classes, x[:20])
    expected = predict(estimator, new, classes)
    np.testing.assert_allclose(compiled(new), expected, rtol=RELATIVE_TOLERANCE, atol=0)
    alone = np.concatenate([compiled(row[None]) for row in new[:20]])
    np.testing.assert_allclose(alone, expected[:20], rtol=RELATIVE_TOLERANCE, atol=0)


@pytest.mark.parametrize("categories", [6, 60])
@pytest.mark.parametrize("classes", [None, 2, 4])
def test_kernel_answers_as_the_pipeline_of_a_large_table_does(classes: int | None, categories: int):
    x = table()
    x[:, 3] = np.where(np.isnan(x[:, 3]), np.nan, np.arange(ROWS) % categories)
    task = Task.REGRESSION if classes is None else Task.CLASSIFICATION
    y = target(x) if classes is None else np.digitize(target(x), [2, 4, 6][: classes - 1])
    estimator = ESTIMATORS["linear"].make(task, FeatureColumns([0, 1, 2], [3], [4], classes=classes or 0), 0).fit(x, y)
    # Places that no row of the training had, as a later frequent category's is.
    new = np.concatenate([table(), np.full((1, 5), np.nan), [[0.0, 1.0, 1.0, 99.0, 16_000.0]]])

    compiled = compile_pipeline(estimator, classes, x[:20])

    assert issparse(estimator[0].transform(x)) == (categories == 60)
    assert is_compiled(estimator, classes, x[:20])
    np.testing.assert_allclose(compiled(new), predict(estimator, new, classes), rtol=RELATIVE_TOLERANCE, atol=0)


def test_kernel_knows_calibrated_classifiers_and_classes_that_were_not_learnt():
    x = table()
    y = np.where(target(x) > 2, 3, 1)
    estimator = CalibratedClassifier(ESTIMATORS["linear"].make(Task.CLASSIFICATION, columns(4), 0), 1.7).fit(x, y)

    compiled = compile_pipeline(estimator, 4, x[:20])

    assert is_compiled(estimator, 4, x[:20])
    np.testing.assert_allclose(compiled(x), predict(estimator, x, 4), rtol=RELATIVE_TOLERANCE, atol=0)
    assert not compiled(x)[:, [0, 2]].any()


def test_the_pipeline_answers_where_there_is_no_kernel_for_it():
    x = table(gaps=False)
    estimator = make_pipeline(StandardScaler(), KNeighborsRegressor()).fit(x, target(x))

    assert not is_compiled(estimator, None, x[:5])
    np.testing.assert_array_equal(compile_pipeline(estimator, None, x[:5])(x), estimator.predict(x))


class Doubled(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Twice what a linear model says."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> "Doubled":
        self.inner_ = Ridge().fit(x, y)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        found: np.ndarray = 2 * self.inner_.predict(x)
        return found


def test_the_pipeline_answers_where_a_kernel_would_answer_otherwise(monkeypatch: pytest.MonkeyPatch):
    from mlapp.ml.inference import compiled_pipeline

    x = table(gaps=False)
    estimator = Doubled().fit(x, target(x))
    monkeypatch.setitem(compiled_pipeline._COMPILERS, Doubled, lambda step: step.inner_.predict)

    assert not is_compiled(estimator, None, x[:5])


def test_an_estimator_that_takes_no_gaps_answers_as_ever():
    x = table(gaps=False)
    estimator = make_pipeline(StandardScaler(), Ridge()).fit(x, target(x))
    rows = np.concatenate([x[:5], np.full((1, x.shape[1]), np.nan)])

    compiled = compile_pipeline(estimator, None, rows)

    np.testing.assert_array_equal(compiled(x), estimator.predict(x))


def test_kernel_is_trusted_with_probabilities_that_are_all_but_certain():
    x = np.random.default_rng(0).normal(size=(80, 12))
    estimator = LogisticRegression().fit(x, x.sum(axis=1) > 0)
    estimator.coef_ = estimator.coef_ * 7
    estimator.classes_ = np.arange(2)

    found, expected = compile_pipeline(estimator, 2, x)(x), predict(estimator, x, 2)

    assert is_compiled(estimator, 2, x)
    assert expected[expected > 0].min() < 1e-12
    assert np.allclose(found, expected, rtol=RELATIVE_TOLERANCE, atol=PROBABILITY_TOLERANCE)
