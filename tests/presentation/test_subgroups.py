"""Sentences about subgroups of rows."""

from typing import Any

import pytest

from mlapp.presentation.evaluation.subgroups import (
    condition_text,
    counted_on,
    protected_note,
    protected_table,
    weak_spots,
    worst_rows_hint,
)
from mlapp.presentation.model_card import card
from mlapp.schemas import (
    ColumnFormat,
    Condition,
    Evaluation,
    LeaderboardEntry,
    ProtectedGroup,
    ProtectedGroups,
    Share,
    Slice,
    UnmetClaim,
)
from tests.presentation.comparison.test_differences import classifier, feature, info

OLD, NO_CABIN = Condition(column="age", above=55), Condition(column="cabin", missing=True)
SLICE: dict[str, Any] = {"conditions": [NO_CABIN, OLD], "rows": 84, "standard_error": 0.05}
CLAIM: dict[str, Any] = {"condition": OLD, "rows": 84, "claimed": 0.9, "actual": 0.71, "standard_error": 0.05}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"value": "C"}, "deck = C"),
        ({"value": True}, "deck = true"),
        ({"value": 3}, "deck = 3"),
        ({"missing": True}, "deck missing"),
        ({"above": 55}, "deck above 55"),
        ({"up_to": "2024-01-03"}, "deck up to 2024-01-03"),
        ({"above": 0.5, "up_to": 2.25}, "deck between 0.5 and 2.25"),
        ({}, "deck known"),
    ],
)
def test_conditions_are_said_in_words(fields: dict[str, Any], expected: str):
    assert condition_text(info(), Condition(column="deck", **fields)) == expected


def test_bounds_have_the_unit_of_their_feature():
    heavy = feature("weight").model_copy(update={"read_as": ColumnFormat(unit="kg")})

    assert condition_text(info(features=[heavy]), Condition(column="weight", above=90)) == "weight above 90 kg"


def test_slices_and_claims_of_classes():
    version = classifier(
        ["no", "yes"],
        slices=[Slice(**SLICE, error=0.41, elsewhere=0.17)],
        unmet_claims=[UnmetClaim(**CLAIM)],
    )

    assert weak_spots(version) == [
        "Among 84 rows with cabin missing and age above 55, it is wrong in 41.0%; elsewhere, in 17.0%.",
        "Among 84 rows with age above 55, it is right in 71.0% of cases, but expects 90.0%.",
    ]


def test_slices_and_claims_of_values():
    version = info(
        slices=[Slice(**SLICE, error=12.34, elsewhere=4)],
        unmet_claims=[UnmetClaim(**CLAIM)],
        target_read_as=ColumnFormat(unit="€"),
    )

    assert weak_spots(version) == [
        "Among 84 rows with cabin missing and age above 55, it is off by 12.3 € on average; elsewhere, by 4 €.",
        "Among 84 rows with age above 55, its intervals hold the true value in 71.0% of cases, not in 90%.",
    ]


def groups(**shares: Share | None) -> ProtectedGroups:
    error = Share(value=0.2, standard_error=0.05, rows=40)
    group = ProtectedGroup(condition=Condition(column="sex", value="f"), rows=40, error=error, **shares)
    positive, left_out = ("yes", 3) if shares else (None, 0)
    return ProtectedGroups(column="sex", positive=positive, groups=[group], left_out=left_out)


def test_protected_groups_of_classes_have_rates_with_standard_errors():
    share = Share(value=0.5, standard_error=0.08, rows=40)
    version = classifier(["no", "yes"], protected=groups(predicted_positive=share, true_positive_rate=None))

    header, rows = protected_table(version)

    assert header == ["Group", "Held-out rows", "Wrong", "Predicted yes"]
    assert rows == [["sex = f", "40", "20.0 ± 5.0%", "50.0 ± 8.0%"]]
    assert protected_note(version).endswith("3 rows of groups with fewer than 10 are left out.")


def test_a_rate_that_one_group_has_not_is_a_dash():
    found = groups(true_positive_rate=Share(value=0.5, standard_error=0.08, rows=20))
    without = found.groups[0].model_copy(update={"true_positive_rate": None})
    version = classifier(["no", "yes"], protected=found.model_copy(update={"groups": [*found.groups, without]}))

    assert [row[-1] for row in protected_table(version)[1]] == ["50.0 ± 8.0%", "–"]


def test_protected_groups_of_values_have_errors_in_the_unit_of_the_target():
    version = info(protected=groups(), target_read_as=ColumnFormat(unit="€"))

    assert protected_table(version) == (
        ["Group", "Held-out rows", "Mean error"],
        [["sex = f", "40", "0.200 ± 0.050 €"]],
    )
    assert protected_note(version) == "Counted on rows that were kept out of training. ± is the standard error."
    assert protected_table(info()) == ([], [])


def test_the_card_names_slices_and_protected_groups():
    plain = info(leaderboard=[LeaderboardEntry(estimator="linear", score=1, spread=0, fit_seconds=0)])
    found = {"slices": [Slice(**SLICE, error=12.34, elsewhere=4)], "protected": groups()}

    text = card(plain.model_copy(update=found), "http://localhost")

    assert "## Where it is wrong\n\n- Among 84 rows with cabin missing" in text
    assert "## Groups by sex\n\n| Group | Held-out rows |" in text
    assert "clearly worse than the rest" in card(plain, "http://localhost")


def test_worst_rows_are_seen_by_a_file_with_the_target():
    version = info(target="survived")

    hint = "Predict a file that has the column 'survived' to see the rows it gets most wrong."
    assert worst_rows_hint(version) == hint


def test_findings_say_on_which_rows_and_with_which_line_they_are_counted():
    classes = classifier(["no", "yes"])

    assert counted_on(info()) == "Counted on rows that were kept out of training."
    assert counted_on(classes.model_copy(update={"threshold": 0.3})).endswith("not with the line at 30.0%.")
    assert "may have been seen in training" in counted_on(info(evaluation=Evaluation.SEEN))
