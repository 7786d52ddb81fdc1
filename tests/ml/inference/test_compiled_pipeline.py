"""Compiled pipelines predict as the original pipelines do."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlapp.ml.estimators import ESTIMATORS
from mlapp.ml.evaluation.calibration import CalibratedClassifier
from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.inference.compiled import estimators as compiled_estimators
from mlapp.ml.inference.compiled.functions import Compiled, chain, probabilities_of
from mlapp.ml.inference.compiled.pipeline import PROBABILITY_TOLERANCE, RELATIVE_TOLERANCE, compile_pipeline
from mlapp.ml.inference.compiled.program import Program, Steps
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.schemas import Task
from tests.ml.conftest import fewer_trees

pytestmark = pytest.mark.slow

ROWS = 300
OWN_ESTIMATORS = ["linear", "hist_gradient_boosting", "random_forest"]


def table(*, missing: bool = True) -> np.ndarray:
    """Return numbers, a boolean, categories and dates."""
    random = np.random.default_rng(0)
    columns = [
        random.normal(size=ROWS),
        random.normal(size=ROWS) * 1e4,
        random.integers(0, 2, ROWS),
        random.integers(0, 6, ROWS),
        random.uniform(15_000, 20_000, ROWS),
    ]
    found = np.column_stack(columns).astype(float)
    if missing:
        found[random.uniform(size=found.shape) < 0.1] = np.nan
    return found


def columns(classes: int = 0) -> FeatureColumns:
    return FeatureColumns([0, 1, 2], [3], [4], ROWS, classes)


def target(x: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.nan_to_num(x[:, 0]) * 3 + np.nan_to_num(x[:, 3])
    return found


def is_compiled(estimator: BaseEstimator, classes: int | None, rows: np.ndarray) -> bool:
    return "partial" not in type(compile_pipeline(estimator, classes, rows).many).__name__


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("classes", [None, 2, 4])
@pytest.mark.parametrize("name", OWN_ESTIMATORS)
def test_compiled_pipeline_predicts_as_the_original_in_batches_and_one_by_one(
    name: str, classes: int | None, *, missing: bool
):
    x = table(missing=missing)
    task = Task.REGRESSION if classes is None else Task.CLASSIFICATION
    y = target(x) if classes is None else np.digitize(target(x), [2, 4, 6][: classes - 1])
    with fewer_trees():
        estimator = ESTIMATORS[name].make(task, columns(classes or 0), 0).fit(x, y)
    new = table()

    compiled = compile_pipeline(estimator, classes, x[:20])

    assert is_compiled(estimator, classes, x[:20])
    expected = predict(estimator, new, classes)
    np.testing.assert_allclose(compiled.many(new), expected, rtol=RELATIVE_TOLERANCE, atol=1e-14)
    alone = np.concatenate([compiled.many(row[None]) for row in new[:20]])
    np.testing.assert_allclose(alone, expected[:20], rtol=RELATIVE_TOLERANCE, atol=1e-14)
    assert_rows_are_predicted_alike(compiled, new)


def assert_rows_are_predicted_alike(compiled: Compiled, rows: np.ndarray) -> None:
    complete = rows[~np.isnan(rows).any(axis=1)]
    assert compiled.one
    found = np.array([compiled.one(row) for row in complete.tolist()])
    np.testing.assert_allclose(found, compiled.many(complete).reshape(len(complete), -1), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("categories", [6, 60])
@pytest.mark.parametrize("classes", [None, 2, 4])
def test_compiled_pipeline_with_one_hot_columns_predicts_as_the_original(classes: int | None, categories: int):
    x = table()
    x[:, 3] = np.where(np.isnan(x[:, 3]), np.nan, np.arange(ROWS) % categories)
    task = Task.REGRESSION if classes is None else Task.CLASSIFICATION
    y = target(x) if classes is None else np.digitize(target(x), [2, 4, 6][: classes - 1])
    estimator = ESTIMATORS["linear"].make(task, FeatureColumns([0, 1, 2], [3], [4], classes=classes or 0), 0).fit(x, y)
    # Category codes that no training row had.
    new = np.concatenate([table(), np.full((1, 5), np.nan), [[0.0, 1.0, 1.0, 99.0, 16_000.0]]])

    compiled = compile_pipeline(estimator, classes, x[:20])

    assert is_compiled(estimator, classes, x[:20])
    expected = predict(estimator, new, classes)
    np.testing.assert_allclose(compiled.many(new), expected, rtol=RELATIVE_TOLERANCE, atol=1e-14)
    assert_rows_are_predicted_alike(compiled, new)


def test_calibrated_classifier_without_some_classes_is_compiled():
    x = table()
    y = np.where(target(x) > 2, 3, 1)
    linear = ESTIMATORS["linear"].make(Task.CLASSIFICATION, columns(4), 0).fit(x, y)
    estimator = CalibratedClassifier(linear, 1.7)

    compiled = compile_pipeline(estimator, 4, x[:20])

    assert is_compiled(estimator, 4, x[:20])
    np.testing.assert_allclose(compiled.many(x), predict(estimator, x, 4), rtol=RELATIVE_TOLERANCE, atol=1e-14)
    assert not compiled.many(x)[:, [0, 2]].any()


def test_row_of_a_calibrated_classifier_is_predicted_alike():
    x = table()
    linear = ESTIMATORS["linear"].make(Task.CLASSIFICATION, columns(2), 0).fit(x, (target(x) > 2).astype(int))

    compiled = compile_pipeline(CalibratedClassifier(linear, 1.7), 2, x[:20])

    assert_rows_are_predicted_alike(compiled, x)


def test_many_products_are_left_to_numpy():
    x = np.random.default_rng(0).normal(size=(50, 400))
    estimator = Ridge().fit(x, x[:, 0])

    compiled = compile_pipeline(estimator, None, x[:5])

    expected = estimator.predict(x)
    np.testing.assert_allclose(compiled.many(x), expected, rtol=RELATIVE_TOLERANCE)
    assert compiled.one
    np.testing.assert_allclose([compiled.one(row)[0] for row in x.tolist()], expected, rtol=1e-11)


def test_own_transformation_has_no_row_function():
    x = table(missing=False)
    estimator = make_pipeline(FunctionTransformer(np.tanh), Ridge()).fit(x, target(x))

    compiled = compile_pipeline(estimator, None, x[:5])

    assert (is_compiled(estimator, None, x[:5]), compiled.one) == (True, None)


def test_row_function_with_other_predictions_is_not_used(monkeypatch: pytest.MonkeyPatch):
    x = table(missing=False)
    estimator = Doubled().fit(x, target(x))

    def compile_wrongly(step: Doubled, program: Program, steps: Steps) -> Compiled:
        product = program.products(steps, 2 * step.inner_.coef_[:, None])
        wrong = (lambda row: [row[0] + 1],)
        return chain([product, Compiled(lambda sums: sums + 2 * step.inner_.intercept_, wrong)])

    monkeypatch.setitem(compiled_estimators._COMPILERS, Doubled, compile_wrongly)

    compiled = compile_pipeline(estimator, None, x[:5])

    assert is_compiled(estimator, None, x[:5])
    assert compiled.rows is None


@pytest.mark.parametrize(("score", "probabilities"), [(-1e4, [1.0, 0.0]), (0.0, [0.5, 0.5]), (1e4, [0.0, 1.0])])
def test_probabilities_of_extreme_scores(score: float, probabilities: list[float]):
    assert probabilities_of([score]) == probabilities
    assert probabilities_of([-score / 2, score / 2]) == probabilities


def test_unknown_estimator_predicts_itself():
    x = table(missing=False)
    estimator = make_pipeline(StandardScaler(), KNeighborsRegressor()).fit(x, target(x))

    compiled = compile_pipeline(estimator, None, x[:5])

    assert compiled.rows is None
    np.testing.assert_array_equal(compiled.many(x), estimator.predict(x))


class Doubled(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A regressor whose compiled function below is wrong by a factor of 2."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> "Doubled":
        self.inner_ = Ridge().fit(x, y)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        found: np.ndarray = 2 * self.inner_.predict(x)
        return found


def test_compiled_function_with_other_predictions_is_not_used(monkeypatch: pytest.MonkeyPatch):
    x = table(missing=False)
    estimator = Doubled().fit(x, target(x))

    def compile_wrongly(step: Doubled, program: Program, steps: Steps) -> Compiled:
        return program.original(steps, step.inner_)

    monkeypatch.setitem(compiled_estimators._COMPILERS, Doubled, compile_wrongly)

    assert not is_compiled(estimator, None, x[:5])


def test_estimator_that_rejects_missing_values_is_not_compiled():
    x = table(missing=False)
    estimator = make_pipeline(StandardScaler(), Ridge()).fit(x, target(x))
    rows = np.concatenate([x[:5], np.full((1, x.shape[1]), np.nan)])

    compiled = compile_pipeline(estimator, None, rows)

    np.testing.assert_array_equal(compiled.many(x), estimator.predict(x))


def test_probabilities_close_to_1_are_within_the_tolerance():
    x = np.random.default_rng(0).normal(size=(80, 12))
    estimator = LogisticRegression().fit(x, x.sum(axis=1) > 0)
    estimator.coef_ = estimator.coef_ * 7
    estimator.classes_ = np.arange(2)

    found, expected = compile_pipeline(estimator, 2, x).many(x), predict(estimator, x, 2)

    assert is_compiled(estimator, 2, x)
    assert expected[expected > 0].min() < 1e-12
    assert np.allclose(found, expected, rtol=RELATIVE_TOLERANCE, atol=PROBABILITY_TOLERANCE)
