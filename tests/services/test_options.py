"""The options of a training."""

import pytest

from mlapp.errors import Unacceptable
from mlapp.schemas import TrainOptions
from mlapp.services.options import together, train_options


def test_options_of_a_query_string_are_converted():
    options = train_options({"target": "y", "seed": "3", "activate": "false", "coverage": "0.8", "features": ["a"]})

    assert options == TrainOptions(target="y", seed=3, activate=False, coverage=0.8, features=["a"])


@pytest.mark.parametrize(
    ("sent", "sentence", "pointer"),
    [
        ({"colour": "red"}, "There is no option 'colour'; there are target, estimator,", "/colour"),
        ({"coverage": 2}, "The option 'coverage' will not do: Input should be less than", "/coverage"),
        ({"features": ["a", 1]}, "The option 'features' will not do: Input should be a valid string.", "/features/1"),
        ({"features": []}, "The option 'features' will not do: List should have at least 1 item", "/features"),
        ({"seed": float("inf")}, "The option 'seed' will not do: Input should be a finite number.", "/seed"),
        ({"a/b~c": 1}, "There is no option 'a/b~c'", "/a~1b~0c"),
    ],
)
def test_options_that_will_not_do_are_named(sent: dict[str, object], sentence: str, pointer: str):
    with pytest.raises(Unacceptable) as refused:
        train_options(sent)

    assert refused.value.detail.startswith(sentence)
    assert refused.value.errors[0]["pointer"] == pointer


def test_options_of_both_places_are_taken_together():
    assert together({"target": "y"}, {"seed": 1}) == {"target": "y", "seed": 1}


@pytest.mark.parametrize(
    ("name", "query", "body"),
    [("seed", "1", 1), ("activate", "false", False), ("target", "y", "y"), ("features", ["a", "b"], ["a", "b"])],
)
def test_option_with_the_same_value_in_both_places_is_taken(name: str, query: object, body: object):
    assert together({name: query}, {name: body}) == {name: body}


@pytest.mark.parametrize(("query", "body"), [("1", 2), ("1", None), (["a"], ["b"])])
def test_option_with_two_values_is_refused(query: object, body: object):
    with pytest.raises(Unacceptable, match="The option 'seed' is given in the query string and in the body, with"):
        together({"seed": query}, {"seed": body})


def test_option_that_is_nested_deeply_is_refused_beside_the_query_string():
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]

    with pytest.raises(Unacceptable, match="with different values"):
        together({"seed": "1"}, {"seed": nested})
