"""Training options."""

import pytest

from mlapp.errors import Unacceptable
from mlapp.schemas import ActivationPolicy, TrainOptions
from mlapp.services.options import merge_options, train_options


def test_options_of_a_query_string_are_converted():
    options = train_options({"target": "y", "seed": "3", "activate": "never", "coverage": "0.8", "features": ["a"]})
    typed = train_options({"types": '{"zip": "category"}'})

    assert options == TrainOptions(target="y", seed=3, activate=ActivationPolicy.NEVER, coverage=0.8, features=["a"])
    assert typed.types == {"zip": "category"}


@pytest.mark.parametrize(
    ("sent", "sentence", "pointer"),
    [
        ({"colour": "red"}, "There is no option 'colour'", "/colour"),
        ({"coverage": 2}, "Invalid option 'coverage'", "/coverage"),
        ({"features": ["a", 1]}, "Invalid option 'features'", "/features/1"),
        ({"features": []}, "Invalid option 'features'", "/features"),
        ({"activate": "false"}, "Invalid option 'activate': Input should be 'auto', 'always' or 'never'.", "/activate"),
        ({"model": ["a", "b"]}, "Invalid option 'model': Input should be a valid string.", "/model"),
        ({"seed": float("inf")}, "Invalid option 'seed'", "/seed"),
        ({"types": "{"}, "Invalid option 'types'", "/types"),
        ({"types": r'{"\ud800": "category"}'}, "Invalid option 'types'", "/types"),
        ({"types": "[" * 20_000}, "Invalid option 'types'", "/types"),
        ({"types": {"a": "colour"}}, "Invalid option 'types'", "/types/a"),
        ({"a/b~c": 1}, "There is no option 'a/b~c'", "/a~1b~0c"),
    ],
)
def test_invalid_option_is_named(sent: dict[str, object], sentence: str, pointer: str):
    with pytest.raises(Unacceptable) as error:
        train_options(sent)

    assert error.value.detail.startswith(sentence)
    assert error.value.errors[0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("sent", "suggested"),
    [
        ("Q3 Sales!", "q3-sales"),
        ("-a", "a"),
        ("Ümsätze", "umsatze"),
        ("日本", "churn-2"),
        ("", "churn-2"),
        ("a" * 99, "a" * 63),
    ],
)
def test_invalid_name_of_a_model_gets_the_rule_and_a_suggestion(sent: str, suggested: str):
    with pytest.raises(Unacceptable) as error:
        train_options({"model": sent})

    assert error.value.detail == (
        "Invalid option 'model': names of models have up to 63 lower-case letters, digits, - and _, and begin with a "
        f"letter or digit, as in '{suggested}'."
    )


def test_options_of_query_string_and_body_are_merged():
    assert merge_options({"target": "y"}, {"seed": 1}) == {"target": "y", "seed": 1}


@pytest.mark.parametrize(
    ("name", "query", "body"),
    [("seed", "1", 1), ("activate", "never", "never"), ("target", "y", "y"), ("features", ["a", "b"], ["a", "b"])],
)
def test_option_with_the_same_value_in_both_is_accepted(name: str, query: object, body: object):
    assert merge_options({name: query}, {name: body}) == {name: body}


@pytest.mark.parametrize(("query", "body"), [("1", 2), ("1", None), (["a"], ["b"])])
def test_option_with_two_values_is_rejected(query: object, body: object):
    with pytest.raises(Unacceptable, match="'seed' is given in the URL and in the body"):
        merge_options({"seed": query}, {"seed": body})


def test_deeply_nested_option_is_rejected_beside_the_query_string():
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]

    with pytest.raises(Unacceptable, match="with different values"):
        merge_options({"seed": "1"}, {"seed": nested})
