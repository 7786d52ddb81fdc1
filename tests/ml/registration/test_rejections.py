"""Pipelines that cannot be registered, and rows that registered ones cannot predict."""

import numpy as np
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from mlapp.errors import Unacceptable
from mlapp.ml.data.invalid_rows import problems_of, reject_rows
from mlapp.tables.formats.json import JsonRows
from mlapp.tables.table import Table
from tests.ml.registration.conftest import loaded, register
from tests.ml.registration.transformers import Centered, Lost

NUMBERS = ["price", "count"]


def encoded(labels: pl.Series) -> pl.Series:
    return (labels == "yes").cast(pl.Int8)


@pytest.mark.parametrize(
    ("make", "target", "message"),
    [
        (lambda _: Ridge(), "total", "Ridge is not fitted"),
        (lambda t: StandardScaler().fit(t[NUMBERS]), "total", "StandardScaler has no method 'predict'"),
        (lambda t: LinearSVC().fit(t[NUMBERS], t["returned"]), "returned", "wrap it in CalibratedClassifierCV"),
        (lambda t: Ridge().fit(t[["total", "price"]], t["total"]), "total", "fitted on its own target 'total'"),
        (lambda t: Ridge().fit(t[NUMBERS].rename({"price": "cost"}), t["total"]), "total", "fitted on 'cost', which"),
        (lambda t: Ridge().fit(t[NUMBERS].to_numpy(), t["total"]), "total", r"was fitted on 2 columns.*features=\[…\]"),
        (
            lambda t: LogisticRegression().fit(t[NUMBERS], encoded(t["returned"])),
            "returned",
            "predicts '0', '1', but 'returned' has 'no', 'yes'",
        ),
        (
            lambda t: make_pipeline(FunctionTransformer(lambda x: x), Ridge()).fit(t[NUMBERS], t["total"]),
            "total",
            "functions without a name",
        ),
        (lambda t: Ridge().fit(t[NUMBERS], t[["total", "price"]]), "total", "predicts several values for each row"),
        (
            lambda t: KNeighborsClassifier().fit(t[NUMBERS], t[["returned", "city"]]),
            "returned",
            "predicts several values for each row",
        ),
        (lambda _: Ridge, "total", "Ridge is a class; register an estimator that was fitted"),
        (lambda _: Lost(), "total", "cannot be loaded again from what is stored: LookupError: no connection"),
    ],
)
def test_pipelines_that_cannot_be_served_are_rejected_with_a_sentence(make, target, message, table):
    with pytest.raises(Unacceptable, match=message):
        register(make(table), table, target)


def test_features_that_the_table_lacks_are_rejected(table):
    with pytest.raises(Unacceptable, match="names the column 'cost', which the table does not"):
        register(Ridge().fit(table[NUMBERS].to_numpy(), table["total"]), table, "total", features=["price", "cost"])


def test_pipelines_whose_rows_depend_on_others_are_rejected(table):
    table = table[[*NUMBERS, "total"]]

    with pytest.raises(Unacceptable, match="row 0 without other rows beside it differently"):
        register(make_pipeline(Centered(), Ridge()).fit(table[NUMBERS], table["total"]), table, "total")


def test_classes_of_a_script_are_rejected(table):
    class Own(FunctionTransformer):  # type: ignore[misc]
        pass

    Own.__module__, Own.__qualname__ = "__main__", "Own"
    import __main__

    __main__.Own = Own
    try:
        pipeline = make_pipeline(Own(), Ridge()).fit(table[NUMBERS], table["total"])
        with pytest.raises(Unacceptable, match=r"uses 'Own', which is defined in the notebook or script.*my_transform"):
            register(pipeline, table, "total")
    finally:
        del __main__.Own


def test_vectorizers_that_read_files_are_rejected(table):
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(table["review"], table["returned"])
    pipeline.set_params(tfidfvectorizer__input="filename")

    with pytest.raises(Unacceptable, match="TfidfVectorizer reads the files that a table names"):
        register(pipeline, table[["review", "returned"]], "returned")


@pytest.fixture(scope="module")
def strict(table):
    columns = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    pipeline = make_pipeline(columns, Ridge()).fit(table[["city", "price"]], table["total"])
    return loaded(register(pipeline, table[["city", "price", "total"]], "total"))


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"city": None, "price": 2.0}, "Row 0, feature 'city' is missing, and the pipeline cannot"),
        ({"city": "Köln", "price": 2.0}, "Row 0 cannot be predicted: The pipeline raises ValueError: Found unknown"),
        ({"city": "Ulm", "price": None}, "Row 0, feature 'price' is missing"),
        ({"price": 2.0}, "Row 0 lacks the feature 'city'"),
    ],
)
def test_rows_that_the_pipeline_cannot_predict_are_rejected(record, message, strict):
    assert strict.encoder.encode_plain(JsonRows([record])) is None
    with pytest.raises(Unacceptable, match=message) as caught:
        reject_rows(table := JsonRows([record]).table(), strict.encode_rows(table).invalid)
    assert len(caught.value.errors) == 1


def test_rows_of_files_have_the_reason_as_their_problem(strict):
    table = Table(pl.DataFrame({"city": ["Ulm", "Köln", None], "price": [1.0, 2.0, 3.0]}))

    rows = strict.encode_rows(table)

    problems = problems_of(table, rows.invalid)

    assert problems is not None
    first, second, third = problems
    assert first is None
    assert second.startswith(
        "It cannot be predicted: The pipeline raises ValueError: Found unknown categories ['Köln']"
    )
    assert third == "'city' is missing, and the pipeline cannot predict a row without it."
    assert np.isfinite(strict.predict_rows(rows)[:, 0]).tolist() == [True, False, False]


def test_errors_of_a_pipeline_are_no_errors_of_the_server(strict):
    with pytest.raises(Unacceptable, match="The pipeline raises ValueError"):
        strict.parts.estimator.predict(np.array([[np.nan, 1.0, "Köln"]], dtype=object))
