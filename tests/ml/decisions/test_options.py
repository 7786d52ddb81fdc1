"""The class of interest, and costs that suit the classes."""

import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.decisions.options import check_costs, check_two_classes, positive_class
from mlapp.ml.decisions.rules import cost_matrix
from mlapp.schemas import Costs, ModelPatch, Scalar, TrainOptions

BOTH: Costs = {"false_negative": 10.0, "false_positive": 1.0}
KINDS = ["Adelie", "Chinstrap", "Gentoo"]


@pytest.mark.parametrize(
    ("classes", "positive"),
    [
        (["no", "yes"], "yes"),
        (["Ja", "Nein"], "Ja"),
        ([False, True], True),
        ([0, 1], 1),
        ([1, 2], 2),
        (["benign", "malignant"], "malignant"),
        (KINDS, None),
        (None, None),
    ],
)
def test_class_of_interest_means_yes_or_is_the_second(classes: list[Scalar] | None, positive: Scalar | None):
    assert positive_class(classes, TrainOptions()) == positive


@pytest.mark.parametrize(
    ("classes", "given"),
    [(["no", "yes"], "no"), ([False, True], "false"), ([0, 1], 0), ([0, 1], "0"), (["false", "true"], False)],
)
def test_class_of_interest_is_the_given_one(classes: list[Scalar], given: Scalar):
    assert positive_class(classes, TrainOptions(positive=given)) == classes[0]


@pytest.mark.parametrize(
    ("classes", "options", "sentence"),
    [
        (None, {"positive": "yes"}, "'positive' is for classes, and this target is predicted as numbers; leave it out"),
        (KINDS, {"positive": "Gentoo"}, "'positive' is one of two classes, and the target has 3; leave it out"),
        (["no", "yes"], {"positive": "maybe"}, "There is no class 'maybe'; send no or yes."),
        ([0, 1], {"positive": 10**40}, "There is no class '10000.*'; send 0 or 1."),
        (None, {"costs": BOTH}, "'costs' is for classes"),
        (KINDS, {"costs": BOTH}, 'The target has 3 classes; .* as in {"Adelie": {"Chinstrap": 10}}'),
        (KINDS, {"costs": {"Gentoo": {"Emu": 2}}}, "There is no class 'Emu'; the classes are Adelie, Chinstrap, Gent"),
        ([str(label) for label in range(12)], {"costs": {"x": {"0": 2}}}, "the classes are 0, .*, 9, …."),
        (["no", "yes"], {"costs": {"no": {"yes": 0}, "yes": {"no": 0}}}, "No error costs anything; give at least one"),
    ],
)
def test_options_that_do_not_suit_the_classes_are_rejected(
    classes: list[Scalar] | None, options: dict[str, object], sentence: str
):
    with pytest.raises(Unacceptable, match=sentence) as raised:
        positive_class(classes, TrainOptions(**options))

    assert raised.value.errors[0]["pointer"] == f"/{next(iter(options))}"


def test_limit_needs_two_classes():
    check_two_classes("limit", ["no", "yes"])
    check_costs(BOTH, ["no", "yes"])

    with pytest.raises(Unacceptable, match="'limit' is for two classes, and the target has 3; send 'costs' instead"):
        check_two_classes("limit", [*KINDS])
    with pytest.raises(Unacceptable, match="'limit' is for classes"):
        check_two_classes("limit", None)


@pytest.mark.parametrize(
    "costs",
    [
        {},
        {"false_negative": 1},
        {"false_negative": 1, "yes": {"no": 1}},
        {"false_negative": 0, "false_positive": 0},
        {"yes": {"no": -1}},
        {"yes": {"no": True}},
    ],
)
def test_costs_of_another_form_are_invalid(costs: dict[str, object]):
    with pytest.raises(ValueError, match="costs"):
        TrainOptions(costs=costs)


def test_error_may_cost_nothing_as_others_cost_1():
    check_costs({"yes": {"no": 0}}, ["no", "yes"])


def test_booleans_are_no_limit():
    with pytest.raises(ValueError, match="send a number instead of true"):
        ModelPatch(limit=True)


def test_errors_without_a_cost_cost_1():
    assert cost_matrix({"Gentoo": {"Adelie": 7}}, KINDS) == [[0, 1, 1], [1, 0, 1], [7, 1, 0]]
