"""Pipelines that were fitted elsewhere, as versions."""

import numpy as np
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlapp.schemas import Evaluation, InputKind, Registered
from mlapp.tables.formats.json import JsonRows
from mlapp.tables.table import Table
from tests.ml.registration.conftest import FEATURES, loaded, register
from tests.ml.registration.transformers import Doubling, Halving, first_letters


def test_predictions_are_those_of_the_pipeline(fitted, pipeline, table):
    rows = fitted.encoder.encode_rows(Table(table.drop("total", "returned")))

    assert np.array_equal(fitted.predict_rows(rows), pipeline.predict_proba(table[FEATURES]))


def test_json_rows_answer_as_the_pipeline_does(fitted, pipeline, table):
    x = fitted.encoder.encode_plain(JsonRows(table[FEATURES].head(3).to_dicts()))

    assert np.array_equal(fitted.predict_batch([x]).predicted, pipeline.predict_proba(table[FEATURES].head(3)))


def test_unknown_categories_reach_the_pipeline_as_they_are(table):
    first_letter = FunctionTransformer(first_letters)
    pipeline = make_pipeline(first_letter, OneHotEncoder(), Ridge()).fit(table[["city"]], table["total"])
    fitted = loaded(register(pipeline, table[["city", "total"]], "total"))
    frame = pl.DataFrame({"city": ["Bremen"]})

    found = fitted.predict_rows(fitted.encode_rows(Table(frame)))

    assert np.allclose(found[:, 0], pipeline.predict(frame), rtol=1e-12)
    assert fitted.parts.rejected is not None
    assert fitted.parts.rejected.unknown.tolist() == [True]


def test_pipeline_predicts_on_one_thread_and_the_original_keeps_its_own(fitted, pipeline):
    assert fitted.parts.estimator.pipeline["forest"].n_jobs == 1
    assert pipeline["forest"].n_jobs == 2


def test_record_has_what_records_of_trainings_have(registered):
    record = registered.record

    assert record["estimator"] == "RandomForestClassifier"
    assert record["parameters"]["n_estimators"] == 8
    assert record["registered"] == Registered(input=InputKind.POLARS, seen=False, imports=[])
    assert record["metrics"]["log_loss"] < record["baseline"]["log_loss"]
    assert record["importance"][0].feature == "review"
    assert record["evaluation"] is Evaluation.CROSS_VALIDATION
    assert len(record["distributions"]) == len(FEATURES)


def test_texts_that_usually_mark_missing_values_are_values(registered):
    city = next(feature for feature in registered.record["features"] if feature.name == "city")

    assert "NA" in city.categories
    assert city.required


def test_explanations_add_up(fitted, table):
    x = fitted.encoder.encode(Table(table[FEATURES].head(2)))
    predicted = fitted.predict(x)

    for explanation, row in zip(fitted.explain(x, predicted), predicted, strict=True):
        assert explanation.base + sum(explanation.contributions.values()) == pytest.approx(row.max(), abs=1e-9)


def test_background_has_no_text_of_the_table(fitted, table):
    texts = set(fitted.parts.background[:, -1])

    assert len(texts) > 1
    assert not texts & set(table["review"])


def test_regression_has_intervals_and_is_compiled(table):
    pipeline = make_pipeline(StandardScaler(), Ridge()).fit(table[["price", "count"]], table["total"])
    fitted = loaded(register(pipeline, table[["price", "count", "total"]], "total"))

    assert fitted.compiled.one is not None
    predicted = fitted.predict(fitted.encoder.encode(Table(table[["price", "count"]])))
    assert np.allclose(predicted[:, 0], pipeline.predict(table[["price", "count"]]), rtol=1e-12)
    assert (predicted[:, 1] < predicted[:, 0]).all()


def test_array_pipelines_take_the_columns_in_their_order(table):
    pipeline = Ridge().fit(table[["count", "price"]].to_numpy(), table["total"])
    trained = register(pipeline, table, "total", features=["count", "price"])

    assert trained.record["registered"].input is InputKind.ARRAY
    x = loaded(trained).encoder.encode(Table(table))
    assert np.allclose(pipeline.predict(table[["count", "price"]].to_numpy()), loaded(trained).predict(x)[:, 0])


def test_pipelines_of_texts_take_a_single_column(table):
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(table["review"], table["returned"])
    fitted = loaded(register(pipeline, table[["review", "returned"]], "returned"))

    assert fitted.info.registered == Registered(input=InputKind.TEXTS, seen=False, imports=[])
    found = fitted.predict(fitted.encoder.encode(Table(table[["review"]])))
    assert np.array_equal(found, pipeline.predict_proba(table["review"]))


def test_pipeline_that_cannot_be_cloned_claims_nothing(table):
    pipeline = FrozenEstimator(RandomForestRegressor(3, random_state=0).fit(table[["price"]], table["total"]))
    fitted = loaded(register(pipeline, table[["price", "total"]], "total"))

    assert fitted.info.evaluation is Evaluation.SEEN
    assert fitted.info.interval is None
    assert "may have been fitted on" in fitted.info.warnings[-1]
    response = fitted.answers.response(fitted.predict(fitted.examples))
    assert response.lower is None
    assert response.coverage is None
    assert fitted.answers.column_names == ["prediction"]


@pytest.mark.parametrize(("estimator", "target"), [(Doubling(), "total"), (Halving(), "returned")])
def test_estimators_without_parameters_and_tags_are_served(estimator, target, table):
    fitted = loaded(register(estimator, table[["price", target]], target))

    found = fitted.predict(fitted.encoder.encode(Table(table[["price"]])))

    method = estimator.predict if target == "total" else estimator.predict_proba
    assert np.allclose(found.reshape(len(table), -1), method(table[["price"]]).reshape(len(table), -1), rtol=1e-12)
    assert fitted.info.parameters == {}


def test_large_tables_get_learned_intervals_beside_texts():
    random = np.random.default_rng(1)
    x, kind = random.uniform(0, 9, 1_200), random.choice(["a", "b"], 1_200)
    y = 100 + 3 * x + np.where(kind == "a", 0.1, 10) * random.normal(size=1_200)
    table = pl.DataFrame({"x": x, "kind": kind, "y": y})
    columns = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    pipeline = make_pipeline(columns, Ridge()).fit(table.drop("y"), table["y"])
    fitted = loaded(register(pipeline, table, "y"))

    assert fitted.info.interval is not None
    assert fitted.info.interval.learned
    predicted = fitted.predict(fitted.encoder.encode(Table(pl.DataFrame({"x": [5.0, 5.0], "kind": ["a", "b"]}))))
    assert np.diff(predicted[0, 1:])[0] < np.diff(predicted[1, 1:])[0] / 5
