"""What-if: the prediction over one feature."""

import json

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.inference.what_if import what_if
from mlapp.tables.table import Table


@pytest.fixture
def model(priced):
    return priced


def curve(model, row, feature, **changed):
    return what_if(model, record(row) | changed, feature)


def record(row):
    """The first row as JSON has it."""
    return json.loads(row[:1].write_ndjson())


def test_numbers_cover_the_training_range_and_include_the_own_value(model, table):
    found = curve(model, table[:1], "size", size=5.123456)

    assert (found.feature, found.type, len(found.values)) == ("size", "number", 61)
    assert found.values == sorted(found.values)
    assert (found.values[0], found.values[-1]) == (table["size"].min(), table["size"].max())
    index = found.values.index(5.123456)
    assert found.predictions[index] == pytest.approx(
        model.predict(model.encoder.encode(Table(table[:1].with_columns(size=pl.lit(5.123456)))))[0, 0], rel=1e-12
    )
    assert all(low < value < high for low, value, high in zip(found.lower, found.predictions, found.upper, strict=True))
    assert found.probabilities is None


@pytest.mark.parametrize(("own", "end"), [(-100.0, 0), (100.0, -1)])
def test_own_value_beyond_the_range_extends_the_curve(model, table, own, end):
    assert curve(model, table[:1], "size", size=own).values[end] == own


def test_values_unlike_those_of_training_are_not_reliable(model, table):
    assert curve(model, table[:1], "size").reliable is None
    reliable = curve(model, table[:1], "size", size=1e9).reliable
    assert reliable.count(False) == 1
    assert not reliable[-1]


def test_few_integers_are_all_included(model, table):
    found = curve(model, table[:1], "parts")

    assert found.values == list(range(table["parts"].min(), table["parts"].max() + 1))
    assert {type(value) for value in found.values} == {int}


def test_many_integers_are_sampled_and_remain_whole(fitting, table):
    wide = table.with_columns(parts=pl.int_range(len(table)) * 1_000 - 7)

    values = curve(fitting(wide, "price"), wide[:1], "parts", parts=0.5).values

    assert len(values) == 61
    assert (values[0], values[-1]) == (-7, 58_993)
    assert [value for value in values if type(value) is not int] == [0.5]


def test_constant_feature_has_a_curve_of_one_point(fitting, table):
    constant = table.with_columns(parts=pl.lit(7))
    model = fitting(constant, "price", features=["size", "parts"])

    assert curve(model, constant[:1], "parts").values == [7]


def test_missing_value_is_not_on_the_curve(model, table):
    found = curve(model, table[:1], "load", load=None)

    assert len(found.values) == 60
    assert None not in found.values


def test_long_periods_are_sampled_by_day(model, table):
    found = curve(model, table[:1], "made", made="2024-03-01T12:00:00")

    assert found.values == sorted(found.values)
    assert (found.values[0], found.values[-1], len(found.values)) == ("2024-01-01", "2024-12-24", 61)
    assert [value for value in found.values if "T" in value] == ["2024-03-01T12:00:00"]


def test_short_periods_are_sampled_by_time(fitting, table):
    start = pl.datetime(2024, 1, 1)
    day = table.with_columns(made=start + pl.duration(minutes=pl.int_range(len(table)) * 5))

    values = curve(fitting(day, "price"), day[:1], "made").values

    assert (values[0], values[-1]) == ("2024-01-01", "2024-01-01T04:55:00")
    assert len(values) == 60


def test_booleans_have_both_values(model, table):
    assert curve(model, table[:1], "old").values == [False, True]


def test_categories_are_the_most_frequent_and_the_own_one(fitting, table):
    names = [f"k{index:02}" for index in range(30)]
    kinds = table.with_columns(kind=pl.Series([*names, *reversed(names)]))
    model = fitting(kinds, "price", features=["kind"])
    (feature,) = model.info.features

    assert curve(model, kinds[:1], "kind", kind="never seen").values == [*feature.categories[:20], "never seen"]


def test_classes_are_the_most_probable_ones(fitting, table):
    many = table.with_columns(grade=pl.Series([f"g{row % 7}" if row < 35 else "most" for row in range(len(table))]))
    model = fitting(many, "grade")

    found = curve(model, many[:1], "size")

    means = [sum(chances) for chances in found.probabilities.values()]
    assert (len(means), means) == (5, sorted(means, reverse=True))
    assert all(len(chances) == len(found.values) for chances in found.probabilities.values())
    assert set(found.predictions) <= set(many["grade"])
    assert found.lower is None


def test_other_features_are_unchanged(model, table):
    flat = curve(model, table[:1], "old", size=1.0)
    raised = curve(model, table[:1], "old", size=9.0)

    assert raised.predictions[0] - flat.predictions[0] == pytest.approx(8 * 7, rel=0.1)


def test_unknown_feature_is_rejected(model, table):
    with pytest.raises(Unacceptable, match="Version 3 of prices has no feature 'price'"):
        curve(model, table[:1], "price")


@pytest.mark.parametrize("dtype", [pl.String, pl.Float64])
def test_feature_without_any_value_is_rejected(fitting, table, dtype):
    empty = table.with_columns(load=pl.lit(None, dtype=dtype))
    model = fitting(empty, "price", features=["size", "load"])

    with pytest.raises(Unacceptable, match="There is no value of 'load' to try"):
        curve(model, empty[:1], "load")
