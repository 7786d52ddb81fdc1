"""Compiled recipes, ensembles and learned scales predict as scikit-learn does, in batches and row by row."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PolynomialFeatures, StandardScaler

from mlapp.ml.estimators import ESTIMATORS
from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.inference.compiled.functions import Compiled
from mlapp.ml.inference.compiled.pipeline import compile_pipeline
from mlapp.ml.preprocessing import MAX_CODE, FeatureColumns, cap_codes, native, ordinal, smooth
from mlapp.ml.recipes.balanced import BalancedClassifier
from mlapp.ml.recipes.ensemble import Ensemble
from mlapp.ml.recipes.kernel import RbfFeatures
from mlapp.ml.recipes.log_target import LogTargetRegressor
from mlapp.ml.recipes.residual import ResidualRegressor
from mlapp.ml.recipes.sampled import SampledEstimator
from mlapp.ml.recipes.splines import SplineBasis
from mlapp.schemas import Task

ROWS = 400
CATEGORIES = MAX_CODE + 20
COLUMNS = FeatureColumns([0, 1, 2], [3], [4, 5], ROWS, texts=[[6, 7, 8, 9]], lowest=1.0)
MANY = {3: CATEGORIES}


def table(*, missing: bool = True) -> np.ndarray:
    """Return numbers, a boolean, many categories, two datetimes, and a text with its components."""
    random = np.random.default_rng(0)
    codes = np.minimum(random.geometric(0.02, ROWS) - 1, CATEGORIES)
    codes[:CATEGORIES] = np.arange(CATEGORIES)
    found = np.column_stack(
        [
            random.normal(size=(ROWS, 2)) * [1, 1e4],
            random.integers(0, 2, ROWS),
            codes,
            random.uniform(15_000, 20_000, (ROWS, 2)),
            random.integers(5, 900, ROWS),
            random.normal(size=(ROWS, 3)),
        ]
    )
    if missing:
        found[random.uniform(size=found.shape) < 0.05] = np.nan
    return found


def target(x: np.ndarray) -> np.ndarray:
    filled = np.nan_to_num(x)
    found: np.ndarray = filled[:, 0] * 3 + filled[:, 3] % 5 + filled[:, 7] + filled[:, 4] / 5_000
    found -= found.min() - 1
    return found


def fitted(name: str, x: np.ndarray, classes: int = 0, **columns: Any) -> BaseEstimator:
    """Fit a recipe with few trees on the table."""
    task = Task.CLASSIFICATION if classes else Task.REGRESSION
    estimator = ESTIMATORS[name].make(task, replace(COLUMNS, classes=classes, **columns), 0)
    for key in estimator.get_params():
        if key.endswith("max_iter") and "boosting" in key:
            estimator.set_params(**{key: 15})
    y = np.digitize(target(x), np.quantile(target(x), np.arange(1, classes) / classes)) if classes else target(x)
    return estimator.fit(x, y)


def assert_compiled(
    estimator: BaseEstimator, x: np.ndarray, classes: int | None = None, *, missing: bool = True
) -> Compiled:
    """Compare a batch, the same rows alone, and complete rows by the function of rows, which must exist."""
    found = compile_pipeline(estimator, classes, x[:20])
    assert found.one
    rows = np.concatenate([x, np.full_like(x[:1], np.nan)]) if missing else x
    expected, batch = predict(estimator, rows, classes), found.many(rows)
    np.testing.assert_allclose(batch, expected, rtol=1e-11, atol=1e-13)
    alone = np.concatenate([found.many(row[None]) for row in rows[-40:]])
    np.testing.assert_allclose(alone, batch[-40:], rtol=1e-12, atol=1e-14)
    complete = ~np.isnan(rows).any(axis=1)
    single = np.array([found.one(row) for row in rows[complete][-40:].tolist()])
    np.testing.assert_allclose(single, batch[complete][-40:].reshape(single.shape), rtol=1e-12, atol=1e-14)
    return found


@pytest.mark.parametrize("missing", [True, False], ids=["missing", "complete"])
@pytest.mark.parametrize("name", ["splines", "kernel", "residual_boosting", "poisson_boosting", "log_boosting"])
def test_regression_recipes_are_compiled(name: str, *, missing: bool):
    x = table(missing=missing)

    assert_compiled(fitted(name, x), x)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", ["linear", "splines", "kernel", "hist_gradient_boosting"])
def test_classification_recipes_are_compiled(name: str, classes: int):
    x = table()

    assert_compiled(fitted(name, x, classes), x, classes)


@pytest.mark.parametrize("missing", [True, False], ids=["missing", "complete"])
@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("shallow_boosting", 0),
        ("shallow_boosting", 2),
        ("shallow_boosting", 3),
        ("kernel", 2),
        ("residual_boosting", 0),
    ],
)
def test_recipes_on_means_of_the_target_are_compiled(name: str, classes: int, *, missing: bool):
    x = table(missing=missing)

    assert_compiled(fitted(name, x, classes, distinct=MANY), x, classes or None)


@pytest.mark.parametrize("classes", [0, 3])
def test_boosting_that_stops_early_is_compiled(classes: int):
    x = table()

    assert_compiled(fitted("hist_gradient_boosting", x, classes, rows=4_000), x, classes or None)


@pytest.mark.recipes("splines", "residual_boosting", "poisson_boosting", "log_boosting")
def test_members_of_an_ensemble_are_evaluated_together():
    x = table()
    names = ["linear", "splines", "hist_gradient_boosting", "residual_boosting", "poisson_boosting", "log_boosting"]
    ensemble = Ensemble([(name, fitted(name, x)) for name in names], [0.1, 0.1, 0.3, 0.2, 0.2, 0.1])

    assert_compiled(ensemble, x)


@pytest.mark.parametrize("balanced", [True, False])
def test_ensemble_of_classifiers_is_compiled(*, balanced: bool):
    x = table()
    members = [(name, fitted(name, x, 3)) for name in ("linear", "hist_gradient_boosting")]
    estimator: Any = Ensemble(members, [0.4, 0.6])
    if balanced:
        estimator = BalancedClassifier(estimator)
        estimator.rates_ = np.array([0.2, 0.3, 0.5])

    assert_compiled(estimator, x, 3)


def test_member_that_lacks_a_class_gives_it_no_probability():
    x = table()
    first, second = fitted("linear", x, 3), fitted("linear", x, 2)
    second[-1].classes_ = np.array([0, 2])

    found = assert_compiled(Ensemble([("first", first), ("second", second)], [0.5, 0.5]), x, 4)

    assert not found.many(x)[:, 3].any()


def test_member_that_is_not_compiled_predicts_itself():
    x = np.nan_to_num(table())
    neighbours = KNeighborsRegressor().fit(x, target(x))
    ensemble = Ensemble([("linear", fitted("linear", x)), ("neighbours", neighbours)], [0.5, 0.5])

    found = compile_pipeline(ensemble, None, x[:20])

    assert (found.rows, "partial" in type(found.many).__name__) == (None, False)
    np.testing.assert_allclose(found.many(x), ensemble.predict(x), rtol=1e-12)


@pytest.mark.recipes("residual_boosting")
def test_learned_scale_is_predicted_beside_the_value():
    x = table()
    model = HistGradientBoostingRegressor(loss="gamma", max_iter=10, categorical_features=[3])
    scale = make_pipeline(native(COLUMNS), model).fit(x, target(x))
    estimator = fitted("residual_boosting", x)

    found = compile_pipeline(estimator, None, x[:20], scale)

    expected = np.column_stack([estimator.predict(x), scale.predict(x)])
    np.testing.assert_allclose(found.many(x), expected, rtol=1e-12)
    row = np.nan_to_num(x[:1])
    assert found.one
    np.testing.assert_allclose([found.one(row[0].tolist())], found.many(row), rtol=1e-12)


def test_scale_that_is_not_compiled_is_predicted_beside_the_value():
    x = np.nan_to_num(table())
    scale = KNeighborsRegressor().fit(x, target(x))
    estimator = fitted("linear", x)

    found = compile_pipeline(estimator, None, x[:20], scale)

    assert found.rows is None
    expected = np.column_stack([estimator.predict(x), scale.predict(x)])
    np.testing.assert_allclose(found.many(x), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", [ExtraTreesRegressor, RandomForestRegressor, ExtraTreesClassifier])
def test_forests_are_walked_at_once(kind: type):
    x = table()
    y = np.digitize(target(x), [9, 12]) if kind is ExtraTreesClassifier else target(x)
    forest = kind(n_estimators=8, random_state=0).fit(x, y)
    classes = 3 if kind is ExtraTreesClassifier else None

    found = assert_compiled(forest, x, classes)

    np.testing.assert_allclose(found.many(x[:9]), predict(forest, x[:9], classes), rtol=1e-12)


def test_spline_continues_as_a_straight_line():
    x = np.linspace(0, 9, 50)[:, None]
    estimator = make_pipeline(SplineBasis(), Ridge()).fit(x, np.sin(x[:, 0]))
    far = np.array([[-30.0], [-3.0], [4.5], [15.0], [40.0]])

    found = compile_pipeline(estimator, None, x)

    np.testing.assert_allclose(found.many(far), estimator.predict(far), rtol=1e-9)
    assert found.one
    np.testing.assert_allclose([found.one(row)[0] for row in far.tolist()], found.many(far), rtol=1e-12)


def test_kernel_of_rows_alike_is_compiled():
    x = np.repeat(table(missing=False)[:5], 4, axis=0)
    estimator = make_pipeline(smooth(COLUMNS), RbfFeatures(components=20), LogisticRegression())
    estimator.fit(x, np.arange(20) // 4 % 2)

    assert_compiled(estimator, x, 2)


def test_kernel_of_rows_far_from_all_others_is_compiled():
    x = table(missing=False)
    estimator = make_pipeline(smooth(COLUMNS), RbfFeatures(components=20), LogisticRegression())
    estimator.fit(x, np.arange(len(x)) % 2)
    far = x[:5] + 0.0
    far[:, COLUMNS.numbers] *= 1e7

    found = compile_pipeline(estimator, 2, np.concatenate([x[:5], far]))

    assert found.one
    np.testing.assert_allclose([found.one(row) for row in far.tolist()], estimator.predict_proba(far), rtol=1e-12)


@pytest.mark.parametrize(
    "step",
    [
        FunctionTransformer(),
        FunctionTransformer(np.arctan),
        SimpleImputer(),
        SimpleImputer(add_indicator=True),
        StandardScaler(),
        make_pipeline(StandardScaler(), StandardScaler()),
    ],
    ids=str,
)
def test_boosting_after_any_transformer_predicts_alike(step: Any):
    x = table()[:, [0, 1, 7]]
    estimator = make_pipeline(step, HistGradientBoostingRegressor(max_iter=10)).fit(x, target(table()))

    found = compile_pipeline(estimator, None, x[:20])

    np.testing.assert_allclose(found.many(x), estimator.predict(x), rtol=1e-12)


def test_boosting_after_a_transformer_of_computed_columns_predicts_itself():
    x = table()[:, [0, 1, 7]]
    steps = SimpleImputer(), StandardScaler(), HistGradientBoostingRegressor(max_iter=10)
    estimator = make_pipeline(*steps).fit(x, target(table()))

    found = compile_pipeline(estimator, None, x[:20])

    assert found.rows is None
    np.testing.assert_array_equal(found.many(x), estimator.predict(x))


def test_one_category_is_coded_in_two_ways_by_two_members():
    x = table()
    coded = make_pipeline(ordinal(COLUMNS), HistGradientBoostingRegressor(max_iter=9)).fit(x, target(x))
    members = [("native", fitted("hist_gradient_boosting", x)), ("ordinal", coded)]

    assert_compiled(Ensemble(members, [0.5, 0.5]), x)


@pytest.mark.parametrize("preprocessing", [native, ordinal])
def test_boosting_of_categories_alone_is_compiled(preprocessing: Any):
    x = table()[:, [3]]
    boosting = HistGradientBoostingRegressor(max_iter=9, categorical_features=[0])
    estimator = make_pipeline(preprocessing(FeatureColumns([], [0], [])), boosting).fit(x, target(table()))

    assert_compiled(estimator, x)


def test_linear_model_after_an_unknown_transformer_is_compiled():
    x = table(missing=False)[:, [0, 2, 7]]
    estimator = make_pipeline(PolynomialFeatures(), Ridge()).fit(x, x[:, 0])

    found = compile_pipeline(estimator, None, x[:20])

    assert found.rows is None
    np.testing.assert_allclose(found.many(x), estimator.predict(x), rtol=1e-11)


@pytest.mark.parametrize(
    "steps",
    [
        [StandardScaler(), FunctionTransformer(np.arctan)],
        [OneHotEncoder(sparse_output=False), ColumnTransformer([("all", StandardScaler(), [4, 3, 2, 1, 0])])],
    ],
    ids=["transformed", "chosen"],
)
def test_rows_of_a_linear_model_after_transformers_of_computed_columns_are_small_matrices(steps: Any):
    x = np.arange(60.0)[:, None] % 5

    assert_compiled(make_pipeline(*steps, Ridge()).fit(x, x[:, 0]), x, missing=False)


@pytest.mark.parametrize(
    "step",
    [
        OneHotEncoder(sparse_output=False, handle_unknown="ignore"),
        make_pipeline(FunctionTransformer(), FunctionTransformer(cap_codes), SplineBasis()),
    ],
    ids=["one hot", "spline"],
)
@pytest.mark.parametrize("classes", [0, 3])
def test_functions_of_codes_are_tables(step: Any, classes: int):
    x = np.random.default_rng(0).integers(0, 6, (90, 2)).astype(float)
    y = (x[:, 0] * 7 + x[:, 1]).astype(int) % 3
    model = LogisticRegression() if classes else Ridge()

    assert_compiled(make_pipeline(clone(step), model).fit(x, y), x, classes or None, missing=False)


@pytest.mark.parametrize("columns", [2, 30])
def test_several_classes_of_few_and_many_numbers_are_compiled(columns: int):
    x = np.random.default_rng(0).normal(size=(90, columns))

    assert_compiled(LogisticRegression().fit(x, np.digitize(x[:, 0], [-0.5, 0.5])), x, 3, missing=False)


def test_composites_of_a_fork_are_compiled():
    x = table()
    smooth_part = fitted("linear", x)
    residual = ResidualRegressor(smooth_part, HistGradientBoostingRegressor(max_iter=5))
    estimator = LogTargetRegressor(residual).fit(x, target(x))
    estimator.highest_ = float(np.log(target(x)).mean())

    assert_compiled(estimator, x)


def test_classifier_with_one_leaf_per_class_is_compiled():
    x = table()
    estimator = HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=ROWS).fit(x, np.arange(ROWS) % 3)

    assert_compiled(estimator, x, 3)


def test_sampled_splines_are_compiled_also_far_beyond_the_training_rows():
    x = table(missing=False)
    estimator = SampledEstimator(make_pipeline(smooth(COLUMNS, SplineBasis()), Ridge()), 300).fit(x, target(x))
    far = np.concatenate([x[:20], x[:20] + 5 * x.std(axis=0), x[:20] - 100 * x.std(axis=0)])
    far[:, 3] = 0

    compiled = compile_pipeline(estimator, None, x[:20])

    assert compiled.one is not None
    np.testing.assert_allclose(compiled.many(far), estimator.predict(far), rtol=1e-9)
    np.testing.assert_allclose([compiled.one(row)[0] for row in far.tolist()], estimator.predict(far), rtol=1e-9)
