"""Reasons: contributions in words."""

import numpy as np
import pytest

from mlapp.presentation.explanations.reasons import format_contribution, largest, reasons
from mlapp.schemas import ColumnType, Explanation, VersionInfo
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted


@pytest.fixture
def regression(store: ModelStore, diabetes: Fitted) -> VersionInfo:
    return describe(store, "diabetes", diabetes.add_to(store))


@pytest.fixture
def classification(store: ModelStore, wine: Fitted) -> VersionInfo:
    number = wine.record.features[0]
    sex = number.model_copy(update={"name": "sex", "type": ColumnType.CATEGORY})
    fare, age = (number.model_copy(update={"name": name, "type": ColumnType.NUMBER}) for name in ("fare", "age"))
    return describe(store, "wine", wine.but(features=[sex, fare, age]).add_to(store))


def explanation(**contributions: float) -> Explanation:
    return Explanation(base=0.4, contributions=contributions, error=0.0)


def test_reasons_have_values_and_points(classification: VersionInfo):
    found = reasons(
        classification,
        explanation(age=-0.012, sex=0.312, fare=0.06),
        [0.0, 71.2833, np.nan],
        {"sex": "female"}.__getitem__,
    )

    assert found == "sex = female (+31 points), fare = 71.3 (+6.0 points), age = missing (-1.2 points)"


def test_reasons_leave_out_features_without_a_contribution(classification: VersionInfo):
    assert reasons(classification, explanation(sex=0.0, fare=0.0, age=-0.2), [0.0, 1.0, 30.0], str) == (
        "age = 30 (-20 points)"
    )


def test_long_values_are_shortened(classification: VersionInfo):
    found = reasons(classification, explanation(sex=0.3), [0.0, 1.0, 30.0], lambda _: "x" * 100)

    assert len(found) < 70


@pytest.mark.parametrize(("value", "text"), [(30.23, "+30.2"), (-0.001234, "-0.00123"), (0.0, "0")])
def test_contributions_to_numbers_have_the_unit_of_the_target(regression: VersionInfo, value: float, text: str):
    assert format_contribution(regression, value) == text


def test_largest_contributions_come_first():
    assert [name for name, _ in largest(explanation(sex=0.1, fare=-0.3, age=0.0))] == ["fare", "sex"]
