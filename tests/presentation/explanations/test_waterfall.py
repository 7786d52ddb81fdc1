"""Waterfalls: steps from the average prediction to that of a row."""

from typing import Any

import pytest

from mlapp.presentation.explanations.waterfall import SHOWN, Reference, accuracy, waterfall
from mlapp.schemas import Explanation, VersionInfo
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted


@pytest.fixture
def regression(store: ModelStore, diabetes: Fitted) -> VersionInfo:
    return describe(store, "diabetes", diabetes.add_to(store))


@pytest.fixture
def classification(store: ModelStore, wine: Fitted) -> VersionInfo:
    return describe(store, "wine", wine.add_to(store))


def explanation(base: float = 150.0, error: float = 0.0, **contributions: float) -> Explanation:
    return Explanation(base=base, contributions=contributions, error=error)


def row(info: VersionInfo, **changed: Any) -> dict[str, Any]:
    return {feature.name: feature.example for feature in info.features} | changed


def test_steps_lead_from_the_average_to_the_prediction(regression: VersionInfo):
    found = waterfall(regression, row(regression, bmi=31, bp=None), explanation(bp=-10.0, bmi=30.0, age=0.0))

    assert [(step.label, step.text) for step in found] == [
        ("Average prediction", "150"),
        ("bmi = 31", "+30"),
        ("bp = missing", "-10"),
        ("This row", "170"),
    ]
    assert [step.kind for step in found] == ["total", "more", "less", "total"]


def test_bars_begin_where_the_one_before_ends(regression: VersionInfo):
    _, more, less, last = waterfall(regression, row(regression), explanation(bmi=30.0, bp=-10.0))

    assert (more.left, more.left + more.width) == pytest.approx((0, 100))
    assert less.left + less.width == pytest.approx(100)
    assert last.left + last.width == pytest.approx(less.left)


def test_probabilities_are_drawn_from_zero(classification: VersionInfo):
    first, more, _ = waterfall(classification, row(classification), explanation(base=0.25, ash=0.25))

    assert (first.text, more.text) == ("25.0%", "+25 points")
    assert (first.left, first.width) == pytest.approx((0, 50))


def test_small_contributions_are_one_step(regression: VersionInfo):
    contributions = {feature.name: 10.0 - index for index, feature in enumerate(regression.features)}

    found = waterfall(regression, row(regression), explanation(**contributions))

    assert len(found) == SHOWN + 3
    assert found[-2].label == f"{len(contributions) - SHOWN} others"
    assert found[-2].text == "+10"


def test_a_row_like_the_average_has_no_steps(regression: VersionInfo):
    assert [step.label for step in waterfall(regression, row(regression), explanation(bmi=0.0))] == [
        "Average prediction",
        "This row",
    ]


def test_differences_from_other_values_name_both(regression: VersionInfo):
    kept = Reference("Kept values", row(regression, bmi=20, bp=80), explanation(bmi=-5.0, bp=1.0))

    found = waterfall(regression, row(regression, bmi=31, bp=80), explanation(bmi=30.0, bp=2.0), kept)

    assert [(step.label, step.text) for step in found] == [
        ("Kept values", "146"),
        ("bmi: 20 → 31", "+35"),
        ("bp = 80", "+1"),
        ("This row", "182"),
    ]


def test_differences_from_a_version_include_its_average_and_features(regression: VersionInfo):
    values = row(regression, bmi=31, zip="8001")
    other = Reference("Version 2", values, explanation(base=140.0, bmi=30.0, zip=-3.0))

    found = waterfall(regression, values, explanation(bmi=30.0), other)

    assert [(step.label, step.text) for step in found[1:3]] == [("Other average", "+10"), ("zip = 8001", "+3")]


def test_accuracy_is_stated_for_sampled_contributions_only(regression: VersionInfo, classification: VersionInfo):
    assert accuracy(regression, explanation(bmi=30.0)) == ""
    assert accuracy(classification, explanation(error=0.004)) == "Contributions are accurate to about ± 0.4 points."
