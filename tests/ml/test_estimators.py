"""Estimators."""

import io

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from mlapp.ml.estimators import (
    ESTIMATORS,
    hist_gradient_boosting,
    linear,
    random_forest,
)
from mlapp.ml.preprocessing import FeatureColumns
from mlapp.schemas import Task


def small_problem(classes: int | None = None) -> tuple[np.ndarray, np.ndarray, FeatureColumns]:
    """Return 40 rows of two numbers, a category and a date, with missing values, and a target of numbers or classes."""
    random = np.random.default_rng(0)
    X = np.column_stack(
        [random.normal(size=(40, 2)), random.integers(0, 3, 40).astype(float), random.uniform(19_000, 20_000, 40)]
    )
    y = X[:, 0] + X[:, 2] + random.normal(0, 0.1, 40) if classes is None else np.arange(40) % classes
    X[::7, 0] = X[3::9, 2] = X[5::8, 3] = np.nan
    return X, y, FeatureColumns([0, 1], [2], [3], rows=40, classes=classes or 0)


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize(
    ("name", "classes"),
    [
        (name, classes)
        for name, recipe in ESTIMATORS.items()
        for task, classes in ((Task.REGRESSION, None), (Task.CLASSIFICATION, 2), (Task.CLASSIFICATION, 3))
        if task in recipe.tasks
    ],
)
def test_recipe_is_deterministic_and_can_be_serialized(name, classes):
    X, y, columns = small_problem(classes)
    y = y - y.min() + 1 if ESTIMATORS[name].positive else y
    task = Task.CLASSIFICATION if classes else Task.REGRESSION
    first, second = (ESTIMATORS[name].make(task, columns, 7).fit(X, y) for _ in range(2))
    file = io.BytesIO()
    joblib.dump(clone(second).fit(X, y), file)
    file.seek(0)

    for estimator in (second, joblib.load(file)):
        method = "predict_proba" if classes else "predict"
        np.testing.assert_allclose(getattr(estimator, method)(X), getattr(first, method)(X), rtol=1e-12)


def test_linear_cross_validates_its_regularization_on_a_small_table():
    # As many columns as rows, and one that matters: with the default strength it overfits the noise.
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 100))
    y = X[:, 0] + random.normal(0, 2, 200)
    columns = list(range(100))
    tuned, default = (
        linear(Task.REGRESSION, FeatureColumns(columns, [], [], rows=rows), 0).fit(X[:100], y[:100])
        for rows in (100, 3_001)
    )

    assert isinstance(default[-1], Ridge)
    assert tuned.score(X[100:], y[100:]) > default.score(X[100:], y[100:])


@pytest.mark.parametrize(
    ("rows", "features", "classes", "iterations", "rate"),
    [
        (1_000, 3, 0, 150, 0.1),
        (1_001, 3, 0, 600, 0.1),
        (1_001, 3, 40, 60, 0.3),
        (1_000, 600, 0, 75, 0.2),
        (1_000, 3, 8, 75, 0.2),
        (1_000, 3, 1_000, 10, 0.3),
        (50_001, 3, 0, 100, 0.1),
    ],
)
def test_boosting_hyperparameters_follow_the_table_size(rows, features, classes, iterations, rate):
    columns = FeatureColumns([*range(features)], [], [], rows, classes)

    model = hist_gradient_boosting(Task.REGRESSION, columns, 0)[-1]

    assert (model.max_iter, model.learning_rate) == (iterations, pytest.approx(rate))


@pytest.mark.parametrize(("classes", "rows"), [(0, 2), (3, 2), (1_000, 100)])
def test_minimum_leaf_size_grows_with_the_number_of_classes(classes, rows):
    columns = FeatureColumns([0], [], [], 5_000, classes)

    assert random_forest(Task.CLASSIFICATION, columns, 0)[-1].min_samples_leaf == rows


def test_boosting_fits_a_class_of_one_row_in_a_large_table():
    # By default it stops early beyond 10,000 rows, which needs a stratified validation set.
    X, y = np.arange(10_100.0)[:, None], np.arange(10_100) % 2
    y[-1] = 2
    estimator = hist_gradient_boosting(Task.CLASSIFICATION, FeatureColumns([0], [], []), 0)

    estimator.set_params(histgradientboostingclassifier__max_iter=2).fit(X, y)

    assert estimator.classes_.tolist() == [0, 1, 2]


@pytest.mark.recipes("kernel", "poisson_boosting", "log_boosting", "log_kernel")
@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (FeatureColumns([0], [], [], rows=100, lowest=-1.0), ["kernel"]),
        (FeatureColumns([0], [], [], rows=100, lowest=0.0), ["kernel", "poisson_boosting"]),
        (
            FeatureColumns([0], [], [], rows=100, lowest=0.1),
            ["kernel", "poisson_boosting", "log_boosting", "log_kernel"],
        ),
        (FeatureColumns([0], [1], [], rows=19_000, lowest=-1.0, distinct={1: 5_000}), ["kernel"]),
        (FeatureColumns([0], [1, 2], [], rows=19_000, lowest=0.1), ["poisson_boosting", "log_boosting"]),
        (FeatureColumns([0], [], [], rows=100, classes=31), []),
    ],
)
def test_auto_tries_recipes_that_suit_the_columns_and_the_target(columns, names):
    asked = ("kernel", "poisson_boosting", "log_boosting", "log_kernel")

    assert [name for name in asked if ESTIMATORS[name].auto_if(columns)] == names


@pytest.mark.recipes("shallow_boosting")
@pytest.mark.parametrize(
    ("rows", "categories", "classes", "tried"),
    [(50_000, 0, 0, True), (50_001, 0, 0, False), (50_001, 11, 10, True), (1_000, 11, 11, False)],
)
def test_auto_tries_shallow_boosting_unless_it_is_the_same_or_slow(rows, categories, classes, tried):
    columns = FeatureColumns([0], [1], [], rows, classes, distinct={1: categories})

    assert ESTIMATORS["shallow_boosting"].auto_if(columns) == tried


@pytest.mark.recipes("splines")
@pytest.mark.parametrize(("rows", "seen"), [(20_000, None), (90_000, 20_000)])
def test_splines_of_large_tables_are_fitted_on_a_sample(rows, seen):
    splines = ESTIMATORS["splines"].make(Task.REGRESSION, FeatureColumns([0], [], [], rows), 0)

    assert getattr(splines, "rows", None) == seen
