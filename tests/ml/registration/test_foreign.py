"""Estimators of other libraries, labels of other types, and pipelines that cannot be fitted again."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from mlapp.errors import Unacceptable
from mlapp.schemas import Evaluation
from mlapp.tables.table import Table
from tests.ml.registration.conftest import loaded, register
from tests.ml.registration.transformers import FittedOnce, Plain

TABLE = pl.DataFrame({"x": range(24), "y": np.arange(24) * 1.5, "is_late": [0, 1, 0] * 8})


def test_estimators_without_scikit_learn_are_served():
    trained = register(Plain().fit(TABLE[["x"]], TABLE["y"]), TABLE[["x", "y"]], "y")

    assert trained.record["evaluation"] is Evaluation.SEEN
    assert "TypeError: Cannot clone object" in " ".join(trained.record["warnings"])
    assert loaded(trained).predict(np.array([[3.0]])).tolist() == [[pytest.approx(TABLE["y"].mean())]]


def test_pipelines_that_fail_on_every_kind_of_input_are_rejected():
    with pytest.raises(Unacceptable, match=r"raises OSError: the disk is full\. Pass the table that"):
        register(Plain(fails=True), TABLE[["x", "y"]], "y")


def test_pipelines_that_cannot_be_fitted_again_say_why():
    trained = register(FittedOnce().fit(TABLE[["x"]], TABLE["y"]), TABLE[["x", "y"]], "y")

    assert "cannot be fitted again: RuntimeError: too few rows. They say" in " ".join(trained.record["warnings"])


@pytest.mark.parametrize("label", [float, bool, str])
def test_labels_of_other_types_are_those_of_the_table(label):
    pipeline = LogisticRegression().fit(TABLE[["x"]], [label(each) for each in TABLE["is_late"]])
    table = TABLE[["x"]].with_columns(pl.Series("is_late", [label(each) for each in TABLE["is_late"]]))

    fitted = loaded(register(pipeline, table, "is_late"))

    assert np.allclose(
        fitted.predict(fitted.encoder.encode(Table(TABLE[["x"]]))), pipeline.predict_proba(TABLE[["x"]]), rtol=1e-12
    )
