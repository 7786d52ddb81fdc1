"""Model signature."""

import numpy as np
import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.data.encoding import encode_columns
from mlapp.ml.data.signature import infer_signature
from mlapp.schemas import ColumnType, TrainOptions
from mlapp.tables.table import Table


def inferred(chosen=None, exclude=(), types=None, merge_values=(), **columns):
    rows = len(next(iter(columns.values())))
    options = TrainOptions(features=chosen, exclude=[*exclude], types=types or {}, merge_values=[*merge_values])
    return infer_signature(Table(pl.DataFrame(columns | {"y": range(rows)})), "y", options)


def test_features_are_described_by_the_training_rows(table):
    features = {feature.name: feature for feature in infer_signature(Table(table), "price", TrainOptions()).features}

    assert [feature.type.value for feature in features.values()][:6] == [
        "number",
        "integer",
        "category",
        "datetime",
        "boolean",
        "number",
    ]
    assert (features["parts"].min, features["parts"].max) == (table["parts"].min(), table["parts"].max())
    assert features["size"].mean == pytest.approx(np.mean(table["size"].to_numpy()))
    assert str(features["made"].min) == "2024-01-01 00:00:00"
    assert (features["old"].min, features["old"].categories, features["size"].categories) == (None, None, None)
    assert {name for name, feature in features.items() if not feature.required} == {"load"}


def test_categories_are_sorted_by_frequency_then_by_name():
    (feature,) = inferred(kind=["b", "a", "c", "c", None]).features

    assert (feature.categories, feature.required) == (["c", "a", "b"], False)


def test_dumped_feature_omits_fields_that_do_not_apply():
    number, text = inferred(["a", "b"], a=[1, 2], b=[None, None]).features

    assert set(number.model_dump()) == {"name", "type", "required", "example", "min", "max", "mean"}
    assert set(text.model_dump()) == {"name", "type", "required", "example", "categories"}


def test_example_is_the_first_row_with_the_fewest_missing_values():
    features = inferred(a=[None, 2, 3], b=["x", "x", "z"], c=["2024-01-31", "2024-02-01T10:00", ""]).features

    assert [feature.example for feature in features] == [2, "x", "2024-02-01T10:00:00"]


def test_example_may_have_missing_values():
    features = inferred(["a", "b"], a=[1, 2], b=[None, None]).features

    assert [feature.example for feature in features] == [1, None]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([None, None, None], "is empty"),
        (["", None, ""], "is empty"),
        ([1, 1, None], "has only one value, '1'"),
        (["2024-01-31"] * 3, "has only one value, '2024-01-31'"),
        (["x", "y", "z"], "has a distinct text in every row, like a name or an ID"),
    ],
)
def test_useless_column_is_ignored_unless_chosen(values, reason):
    ignored, chosen = inferred(a=values, b=[1, 2, 3]), inferred(["a"], a=values, b=[1, 2, 3])

    assert [(column.name, column.reason) for column in ignored.ignored] == [("a", reason)]
    assert [feature.name for feature in ignored.features] == ["b"]
    assert (chosen.ignored, [feature.name for feature in chosen.features]) == ([], ["a"])
    assert chosen.warnings == [f"Feature 'a' was chosen although it {reason}."]


def test_free_text_is_ignored():
    texts = [f"text {row // 2}" for row in range(20_004)]

    signature = inferred(a=texts, b=range(20_004))

    assert "10,002 distinct texts" in signature.ignored[0].reason


def test_warnings_name_what_stands_in_the_way_of_numbers_and_dates():
    signature = inferred(a=["1.5"] * 30 + ["2", "00123", "7x", ">5", ""], b=["yes", "no"] * 17 + [""])

    (warning,) = signature.warnings
    assert warning.startswith("Column 'a' is treated as categories because 3 of its 34 values are not numbers")
    assert [feature.type for feature in signature.features] == [ColumnType.CATEGORY, ColumnType.BOOLEAN]


def test_spellings_are_reported_and_merged_on_request():
    values = ["Bonn", "bonn", "Bonn ", "Bonn", "Ulm", "Ulm"]

    apart, merged = inferred(city=values), inferred(merge_values=["city"], city=values)

    (warning,) = apart.warnings
    assert warning.startswith("The spellings 'Bonn', 'Bonn ', 'bonn' in 'city' differ only by case or spaces; merge")
    assert warning.endswith("merge_values=city.")
    assert apart.features[0].categories == ["Bonn", "Ulm", "Bonn ", "bonn"]
    assert (merged.warnings, merged.features[0].categories) == ([], ["Bonn", "Ulm"])


def test_spellings_of_many_values_are_summarized():
    names = [f"city {number}" for number in range(5)]

    (warning,) = inferred(
        city=[spelled for name in names for spelled in (name, name.title(), name.upper(), name + " ")] * 2
    ).warnings

    assert "The spellings 'CITY 0', 'City 0', 'city 0', … in 'city' differ" in warning
    assert "as do those of 4 others" in warning


def test_type_in_the_options_overrules_the_inferred_type():
    signature = inferred(types={"zip": "category"}, zip=["10115", "20095", "10115"])

    assert (signature.features[0].type, signature.features[0].categories) == (ColumnType.CATEGORY, ["10115", "20095"])


def test_type_that_does_not_fit_is_rejected():
    with pytest.raises(Unacceptable, match="Column 'a' cannot be read as numbers, as 'types' asks for"):
        inferred(types={"a": "number"}, a=["x", "1", "2"])


def test_features_keep_how_their_values_are_written():
    percent, plain = inferred(a=["1.5%", "2%", "3%"], b=["1", "2", "4"]).features

    assert percent.read_as
    assert (percent.type, percent.read_as.unit, percent.max, plain.read_as) == (ColumnType.NUMBER, "%", 0.03, None)


@pytest.mark.parametrize("name", ["Unnamed: 0", "index", "level_0", "rownames", "__index_level_0__", "#"])
@pytest.mark.parametrize("values", [range(30), [*range(0, 90, 6), *range(3, 93, 6)], range(1, 120, 4)])
def test_column_of_row_numbers_is_ignored_unless_chosen(name, values):
    columns = {name: list(values), "a": [1, 2, 3] * 10}

    ignored, chosen = inferred(**columns), inferred([name], **columns)

    assert [(column.name, column.reason) for column in ignored.ignored] == [
        (name, "has a distinct whole number in every row and the name of an index")
    ]
    assert [feature.name for feature in chosen.features] == [name]


@pytest.mark.parametrize("values", [[1, 2, 2] * 10, [*range(29), None], range(-3, 27), [900, 7, 30, *range(27)]])
def test_column_with_the_name_of_an_index_is_used_for_other_values(values):
    assert [feature.name for feature in inferred(index=list(values)).features] == ["index"]


def test_excluded_columns_are_ignored():
    signature = inferred(exclude=["b", "b"], a=[1, 2, 3], b=[1, 2, 4])

    assert [feature.name for feature in signature.features] == ["a"]
    assert [(column.name, column.reason) for column in signature.ignored] == [("b", "was excluded")]


def test_columns_that_are_not_chosen_are_not_looked_at():
    assert inferred(["a"], a=[1, 2, 3], b=[1e300, 1, 2]).features[0].name == "a"


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"a": [1, 1]}, "to predict from: 'a' has only one value, '1'.$"),
        ({name: [1, 1] for name in "abcd"}, "'c' has only one value, '1'; …$"),
    ],
)
def test_table_without_a_useful_column_is_rejected(columns, sentence):
    with pytest.raises(Unacceptable, match=sentence):
        inferred(**columns)


def test_table_with_only_the_target_is_rejected():
    with pytest.raises(Unacceptable, match="has only the target"):
        infer_signature(Table(pl.DataFrame({"y": [1, 2]})), "y", TrainOptions())


@pytest.mark.parametrize("name", ["^x$", "*", "count", "a.b c", ":x", "/~"])
def test_feature_keeps_its_name_with_any_characters(name):
    signature = inferred(**{name: ["u", "v", "u"], "ab": [1, 2, 3]})

    assert signature.features[0].name == signature.frame.columns[0] == name
    assert signature.features[0].categories == ["u", "v"]


def test_matrix_holds_numbers_codes_and_days():
    signature = inferred(
        a=[1.5, None, 3], b=[True, False, None], c=["u", "v", "v"], d=["1970-01-02", "1970-01-01T12:00", ""]
    )

    made = encode_columns(signature.frame, signature.features)

    assert made.dtype == np.float64
    np.testing.assert_array_equal(made, [[1.5, 1, 1, 1], [np.nan, 0, 0, 0.5], [3, np.nan, 0, np.nan]])


def test_matrix_is_nan_for_an_unknown_category():
    features = inferred(a=["u", "v", "v"]).features

    assert np.isnan(encode_columns(pl.DataFrame({"a": ["w", None]}), features)).all()


def test_every_category_has_a_code():
    signature = inferred(a=[f"k{row // 2:03}" for row in range(600)])

    codes = encode_columns(signature.frame, signature.features)[:, 0]

    assert (codes.max(), len(np.unique(codes)), signature.features[0].type) == (299, 300, ColumnType.CATEGORY)
