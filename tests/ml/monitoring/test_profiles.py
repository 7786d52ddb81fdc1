"""Profiles of production data in the bins of the training data."""

import numpy as np
import polars as pl
import pytest

from mlapp.ml.monitoring.profiles import count_features, count_predictions
from mlapp.schemas import Distribution
from mlapp.tables.table import Table

COLUMNS = ["size", "parts", "kind", "made", "old", "load"]


def encoded(model, frame):
    return model.encoder.encode(Table(frame))


@pytest.mark.parametrize("target", ["price", "grade"])
def test_profile_of_the_training_table_is_its_distribution(table, fitting, target):
    fitted = fitting(table, target, features=COLUMNS)

    found = count_features(fitted.info, [encoded(fitted, table[:20]), encoded(fitted, table[20:])])

    assert found == fitted.info.distributions


def test_value_on_an_edge_belongs_to_the_bin_that_it_begins(table, fitting):
    model = fitting(table, "price", features=["size"]).info
    model = model.model_copy(update={"distributions": [Distribution(edges=[0, 1, 2, 3], counts=[0, 0, 0])]})

    (found,) = count_features(model, [np.array([[-5.0], [1.0], [1.5], [3.0], [9.0], [np.nan]])])

    assert (found.counts, found.missing) == ([1, 2, 2], 1)


def test_unknown_categories_are_counted_as_others(table, fitting):
    fitted = fitting(table, "price", features=["kind"])

    (found,) = count_features(fitted.info, [encoded(fitted, pl.DataFrame({"kind": ["fan", "boat", None, "fan"]}))])

    assert dict(zip(found.categories or [], found.counts, strict=True))["fan"] == 2
    assert (found.others, found.missing, found.total) == (1, 1, 4)


def test_predictions_are_counted_by_class(table, graded):
    predicted = graded.predict(encoded(graded, table))

    counts, found = count_predictions(graded.info, [predicted[:7], predicted[7:]])

    names = graded.answers.columns(predicted)["prediction"].to_list()
    assert found.counts == [names.count(name) for name in found.categories or []]
    assert (counts.count, counts.classes) == (len(table), [*found.counts, 0])


def test_predicted_values_are_summarized(table, priced):
    predicted = priced.predict(encoded(priced, table))

    counts, found = count_predictions(priced.info, [predicted])

    values = predicted[:, 0]
    assert (counts.low, counts.high) == (values.min(), values.max())
    assert counts.sum == pytest.approx(values.sum())
    assert (counts.count, found.total, found.edges) == (60, 60, priced.info.target_distribution.edges)
