"""Options that name columns."""

import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.data.column_options import check_columns, feature_names
from mlapp.schemas import TrainOptions

COLUMNS = ["a", "b", "y"]


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"target": "z"}, "/target"),
        ({"time_column": "z"}, "/time_column"),
        ({"exclude": ["a", "z"]}, "/exclude/1"),
        ({"merge_values": ["y", "z"]}, "/merge_values/1"),
        ({"types": {"a": "number", "z": "category"}}, "/types/z"),
    ],
)
def test_unknown_column_is_rejected_with_a_pointer(options, pointer):
    with pytest.raises(Unacceptable) as rejected:
        check_columns(COLUMNS, TrainOptions(**{"target": "y"} | options))

    assert rejected.value.detail == "There is no column 'z' in the table; there are 'a', 'b', 'y'."
    assert [error["pointer"] for error in rejected.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("tags", "Column 'tags' has List(String) values, not numbers, text, booleans or dates; it is left out."),
        ("Unnamed: 0", "Column 1 (A) was left out: it only numbers or names the rows."),
        ("", "Column 1 (A) was left out: it only numbers or names the rows."),
    ],
)
def test_column_that_the_reader_left_out_may_be_excluded(name, sentence):
    assert check_columns(COLUMNS, TrainOptions(target="y", exclude=[name]), [sentence]) == "y"
    for options, sentences in [({"target": "y", "exclude": [name]}, []), ({"target": name}, [sentence])]:
        with pytest.raises(Unacceptable, match=f"no column '{name}'"):
            check_columns(COLUMNS, TrainOptions(**options), sentences)


@pytest.mark.parametrize("option", ["time_column", "group_column", "weight_column"])
def test_target_says_nothing_else_about_its_rows(option):
    with pytest.raises(Unacceptable, match=f"The {option.replace('_', ' ')} 'y' is the target") as rejected:
        check_columns(COLUMNS, TrainOptions.model_validate({"target": "y", option: "y"}))

    assert [error["pointer"] for error in rejected.value.errors] == [f"/{option}"]


def test_all_unknown_columns_are_listed():
    options = TrainOptions(target="y", exclude=["u"], types={"v": "category"})

    with pytest.raises(Unacceptable, match="There is no column 'u'") as rejected:
        check_columns(COLUMNS, options)

    assert [error["pointer"] for error in rejected.value.errors] == ["/exclude/0", "/types/v"]


@pytest.mark.parametrize(
    ("columns", "listed"), [([], "there are none."), ([f"c{column}" for column in range(30)], "'c18', 'c19', ….")]
)
def test_known_columns_are_listed_up_to_a_limit(columns, listed):
    with pytest.raises(Unacceptable) as rejected:
        check_columns(columns, TrainOptions(target="y"))

    assert rejected.value.detail.endswith(listed)


def test_target_is_required():
    with pytest.raises(Unacceptable, match="Say which column to predict"):
        check_columns(COLUMNS, TrainOptions())


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["a", "b"]),
        ({"features": ["b", "a"]}, ["b", "a"]),
        ({"exclude": ["a"]}, ["b"]),
        ({"exclude": ["a", "b"]}, []),
    ],
)
def test_features_are_the_chosen_columns_or_all_others(options, names):
    assert feature_names(COLUMNS, "y", TrainOptions(**options)) == names


@pytest.mark.parametrize(
    ("options", "sentence", "pointer"),
    [
        ({"features": ["a", "z"]}, "'z' in 'features' is not a column", "/features/1"),
        ({"features": ["y"]}, "'y' in 'features' is the target", "/features/0"),
        ({"features": ["a", "a"]}, "'a' in 'features' is given twice", "/features/1"),
        ({"exclude": ["a", "y"]}, "'y' in 'exclude' is the target", "/exclude/1"),
        ({"features": ["a"], "exclude": ["b"]}, "Send 'features' or 'exclude', not both", "/exclude"),
    ],
)
def test_wrong_choice_of_features_is_rejected_with_a_pointer(options, sentence, pointer):
    with pytest.raises(Unacceptable, match=sentence) as rejected:
        feature_names(COLUMNS, "y", TrainOptions(**options))

    assert rejected.value.errors[0]["pointer"] == pointer
