"""Explanations of versions: exact where they can be, and those of a fork's estimators."""

import numpy as np
import polars as pl
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline

from mlapp.ml.inference.explanation import shapley
from mlapp.ml.inference.explanation.additive import CHUNK_ROWS, AdditiveSource
from mlapp.ml.inference.explanation.background import make_background
from mlapp.ml.inference.explanation.explainer import Explainer
from mlapp.ml.inference.explanation.parts import parts_of
from mlapp.ml.inference.fitted_version import FittedVersion
from mlapp.ml.recipes.ensemble import Ensemble
from mlapp.schemas import Explanation
from mlapp.tables.table import Table
from tests.ml.conftest import fewer_trees

FEATURES = 10
X = np.random.default_rng(0).normal(size=(200, FEATURES))
Y = X @ np.arange(FEATURES) + X[:, 0] * X[:, 1]


def explainer(estimator: BaseEstimator, classes: int | None = None) -> Explainer:
    blocks = [[column] for column in range(FEATURES)]
    return Explainer(
        parts_of(estimator, classes, X[:5]), make_background(X, 0), blocks, [f"x{column}" for column in range(FEATURES)]
    )


def adds_up(found: Explanation, predicted: float) -> bool:
    return abs(found.base + sum(found.contributions.values()) - predicted) < 1e-9


def explain(fitted: FittedVersion, frame: pl.DataFrame):
    x = fitted.encoder.encode(Table(frame))
    predicted = fitted.predict(x)
    return fitted.explain(x, predicted), predicted


@pytest.fixture(scope="module", params=["linear", "splines", "kernel", "hist_gradient_boosting", "residual_boosting"])
def recipe(request, table, fitting):
    with fewer_trees():
        return fitting(table, "price", estimator=request.param, exclude=["grade", "sold"])


def test_contributions_of_every_recipe_add_up_to_the_value(recipe, table):
    found, predicted = explain(recipe, table[:4])

    assert all(adds_up(each, value) for each, value in zip(found, predicted[:, 0], strict=True))
    assert len({each.base for each in found}) == 1
    assert found[0].contributions.keys() == {"size", "parts", "kind", "made", "old", "load"}


def test_contributions_add_up_to_the_probability_of_the_predicted_class(fitting, table):
    fitted = fitting(table, "grade", exclude=["sold"])

    found, predicted = explain(fitted, table[:10])

    assert all(adds_up(each, row.max()) for each, row in zip(found, predicted, strict=True))
    assert len({round(each.base, 9) for each in found}) == 2


def test_linear_contributions_are_weights_times_distances_from_the_mean():
    model = LinearRegression().fit(X, Y)

    (found,) = explainer(model).explain(X[:1], [0])

    expected = model.coef_ * (X[0] - make_background(X, 0).mean(axis=0))
    assert found.error == 0
    assert np.allclose(list(found.contributions.values()), expected)


def test_sampled_contributions_are_near_those_of_all_coalitions(monkeypatch):
    explaining = explainer(KNeighborsRegressor(3).fit(X, Y))
    (sampled,) = explaining.explain(X[:1], [0])
    monkeypatch.setattr(shapley, "ENUMERATED_PLAYERS", FEATURES)
    (exact,) = explaining.explain(X[:1], [0])

    values = np.array([*exact.contributions.values()])
    assert np.abs(values - [*sampled.contributions.values()]).max() <= 0.08 * np.abs(values).max()
    assert 0 < sampled.error <= 0.05 * np.abs(values).max() * 1.1
    assert exact.error == 0


def test_pipelines_that_cannot_be_compiled_are_explained_as_they_are():
    model = Pipeline([("nothing", "passthrough"), ("ridge", Ridge(1e-9))]).fit(X, Y)

    (found,) = explainer(model).explain(X[:1], [0])

    assert adds_up(found, model.predict(X[:1])[0])


def test_several_members_without_exact_contributions_add_up():
    members = [(f"of {count}", KNeighborsRegressor(count)) for count in (3, 5)]
    model = Ensemble(members, [0.25, 0.75]).fit(X, Y)

    (found,) = explainer(model).explain(X[:1], [0])

    assert adds_up(found, model.predict(X[:1])[0])


def test_equal_rows_have_equal_explanations():
    explaining = explainer(KNeighborsRegressor(3).fit(X, Y))

    together = explaining.explain(X[[4, 5, 4]], [0, 0, 0])
    (alone,) = explaining.explain(X[4:5], [0])

    assert together[0] == together[2] == alone
    assert together[0] != together[1]


def test_classes_are_explained_on_the_scale_of_their_probability():
    model = LogisticRegression().fit(X, (Y > 0).astype(int))

    (found,) = explainer(model, 2).explain(X[:1], [1])

    assert adds_up(found, model.predict_proba(X[:1])[0, 1])


def test_missing_values_contribute_like_others(table, fitting):
    fitted = fitting(table, "price", exclude=["grade", "sold"])
    rows = table[:1].with_columns(load=pl.Series([None], dtype=pl.Float64))

    (found,), predicted = explain(fitted, rows)

    assert adds_up(found, predicted[0, 0])
    assert found.contributions["load"] != 0


def test_texts_contribute_as_one_feature(fitting):
    random = np.random.default_rng(0)
    words = [["good", "fine", "great"], ["bad", "poor", "awful"]]
    notes = [" ".join(random.choice(words[row % 2], 8)) + f" item {row} on the shelf" for row in range(60)]
    frame = pl.DataFrame(
        {"note": notes, "size": random.normal(size=60), "score": [float(row % 2) for row in range(60)]}
    )
    fitted = fitting(frame, "score", task="regression", types={"note": "text"})

    (found,), predicted = explain(fitted, frame[:1])

    assert found.contributions.keys() == {"note", "size"}
    assert adds_up(found, predicted[0, 0])
    assert abs(found.contributions["note"]) > abs(found.contributions["size"])


def test_a_single_feature_contributes_the_whole_difference(fitting, table):
    frame = table.select("size", "price")
    fitted = fitting(frame, "price", estimator="linear")

    [found], predicted = explain(fitted, frame[:1])

    assert list(found.contributions) == ["size"]
    assert adds_up(found, predicted[0, 0])


def test_wide_rows_are_changed_a_few_at_a_time():
    features, seen = 500, []
    random = np.random.default_rng(0)
    background, weights = random.normal(size=(32, features)), random.normal(size=(features, 1))

    def source(x: np.ndarray) -> np.ndarray:
        seen.append(len(x))
        return np.asarray(x @ weights)

    AdditiveSource(source, np.arange(features), background).of_row(background[:1])

    assert max(seen) <= CHUNK_ROWS
