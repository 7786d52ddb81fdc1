"""Decisions: how predictions are made of class probabilities, and the out-of-fold data that they are chosen by."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from mlapp.schemas.reading import parse_json
from mlapp.schemas.types import OmitIfNone, Schema

ROWS_PER_LIMIT = 1_000
MAX_COST = 1e12
BY_KIND = {"false_negative", "false_positive"}
"""Keys of costs by kind of error."""


def _check_number(value: object) -> object:
    if value is True or value is False:
        raise ValueError(f"send a number instead of {str(value).lower()}")
    return value


Number = BeforeValidator(_check_number)
Cost = Annotated[float, Field(ge=0, le=MAX_COST, allow_inf_nan=False), Number]


def _check_form(costs: dict[str, float | dict[str, float]]) -> dict[str, float | dict[str, float]]:
    matrix = {name: row for name, row in costs.items() if isinstance(row, dict)}
    numbers = [cost for cost in costs.values() if not isinstance(cost, dict)]
    if numbers and (matrix or costs.keys() != BY_KIND):
        raise ValueError(
            'give the costs of both kinds of error, {"false_negative": 10, "false_positive": 1}, or costs by actual '
            'and predicted class, {"yes": {"no": 10}, "no": {"yes": 1}}'
        )
    if numbers and not any(numbers):
        raise ValueError("at least one cost has to be above 0")
    return costs


Costs = Annotated[
    dict[str, Cost | dict[str, Cost]], Field(min_length=1), AfterValidator(_check_form), BeforeValidator(parse_json)
]
"""Costs by kind of error, or by actual and predicted class; an error without a cost costs 1, a correct prediction 0."""
Limit = Annotated[float, Field(gt=0, le=ROWS_PER_LIMIT), Number]
Threshold = Annotated[float, Field(gt=0, lt=1), Number]


class Decision(Schema):
    """What the predictions of a model follow instead of the most probable class: one of costs, limit and threshold.

    It is kept for all its versions: each has a threshold of its own, found on its own held-out rows.
    """

    costs: OmitIfNone[Costs] = None
    """Costs of errors: `{"false_negative": 10, "false_positive": 1}`, or by actual and predicted class. The class of
    the lowest expected cost is predicted."""
    limit: OmitIfNone[Limit] = None
    """At most this many of 1,000 rows are predicted as the class of interest (`positive`)."""
    threshold: OmitIfNone[Threshold] = None
    """Probability of the class of interest from which on it is predicted, in all versions."""
    by: str
    """Who set it: the caller, as in the log of the server."""
    at: datetime
    """When it was set."""


class ThresholdCurve(Schema):
    """How many held-out rows are predicted as the class of interest from each threshold on (two classes).

    Rows count by their weights.
    """

    thresholds: list[float]
    """Probabilities, ascending; at most 200."""
    true_positives: list[float]
    """Rows of the class of interest whose probability is the threshold or higher."""
    false_positives: list[float]
    """Rows of the other class whose probability is the threshold or higher."""
    positives: float
    """Rows of the class of interest."""
    negatives: float
    """Rows of the other class."""


class CostTrial(Schema):
    """What costs of errors between several classes do to held-out rows."""

    counts: list[list[float]]
    """Rows by actual and predicted class, by their weights."""
    cost: float
    """Mean cost of a row."""
    usual_cost: float
    """Mean cost of a row if the most probable class is predicted."""
    accuracy: float
    """Share of correct predictions."""


class ClassSets(Schema):
    """Parameters of the sets of classes that contain the true class of a row with the nominal coverage.

    The most probable class is in the set, and every class whose probability is high enough. The coverage is that of all
    rows; rows of a rare class may be covered less often.
    """

    least: float
    """The least probability of a class that is in a set beside the most probable one."""
