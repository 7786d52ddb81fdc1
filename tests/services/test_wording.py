"""What is said about a model, in sentences."""

import json
import shlex

import pytest

from mlapp.schemas import Model
from mlapp.services.versions import describe
from mlapp.services.wording import curl, figure, headline, percent, quality
from mlapp.store import ModelStore
from tests.services.conftest import Fitted


@pytest.fixture
def regression(store: ModelStore, diabetes: Fitted) -> Model:
    return describe(store, diabetes.but(metrics={"mae": 44.2519}, baseline={"mae": 65.6}).add_to(store))


@pytest.fixture
def classification(store: ModelStore, wine: Fitted) -> Model:
    fitted = wine.but(features=wine.record.features[:1], metrics={"accuracy": 0.987}, baseline={"accuracy": 0.399})
    return describe(store, fitted.add_to(store))


def test_headline_says_what_is_predicted_from_how_much(regression: Model, classification: Model):
    assert headline(regression) == "predicts progression from 10 features"
    assert headline(classification) == "predicts cultivar from 1 feature"


def test_quality_compares_with_a_model_that_is_blind(regression: Model, classification: Model):
    assert quality(regression) == (
        "On rows it had not seen, it is off by 44.25 on average. Always guessing the mean would be off by 65.6."
    )
    assert quality(classification) == (
        "On rows it had not seen, it is right 98.7 % of the time. "
        "Always answering the most frequent class would be right 39.9 % of the time."
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (1, "1"),
        (1_000, "1,000"),
        (-12.3456, "-12.35"),
        (0.0123456, "0.01235"),
        (0.00001234567, "1.235e-05"),
        (1_234_567.8, "1,234,568"),
        (1e9, "1e+09"),
    ],
)
def test_figure_has_four_digits(number: float, text: str):
    assert figure(number) == text


def test_percent_has_one_decimal():
    assert percent(0.98765) == "98.8 %"


def test_curl_quotes_for_the_shell():
    row = {"it's": "ü $HOME `id`", "x": None}

    words = shlex.split(curl("http://localhost:8000/", row, version=7))

    assert words[3] == "http://localhost:8000/predict?version=7"
    assert json.loads(words[-1]) == {"records": [row]}
    assert shlex.split(curl("http://localhost", row))[3] == "http://localhost/predict"
