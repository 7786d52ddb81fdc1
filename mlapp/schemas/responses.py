"""Response bodies of predictions (and their previews), what-if curves, health, readiness and problem details."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from mlapp.schemas.reading import ReadAs
from mlapp.schemas.types import ColumnType, OmitIfNone, Scalar, Schema


class ValueWarning(Schema):
    """A value outside the training data; the row was predicted nevertheless."""

    row: int
    """Index of the row in the request, from 0."""
    feature: str
    """Name of the feature."""
    code: Literal["out_of_range", "unknown_category", "missing", "not_whole", "odd_value", "similar_name"]
    """Kind of the warning."""
    detail: str
    """Explanation for people."""


class Explanation(Schema):
    """Why a row was predicted so: what each feature contributes to the answer."""

    base: float
    """Mean of the answer over the background rows: of the value, or of the probability of the predicted class."""
    contributions: dict[str, float]
    """Contribution of each feature, in units of the target, or of probability. The base and all contributions add up to
    the predicted value, or to the probability of the predicted class."""
    error: float
    """Error of all contributions together: one of them is off by more in about one of a hundred rows; 0 if they are
    exact."""


class PredictResponse(Schema):
    """Predictions for the rows of a request, in their order."""

    model: str
    """The model that made the predictions."""
    version: int
    """Its version that made them."""
    predictions: list[Scalar]
    """Predicted value or class per row."""
    lower: OmitIfNone[list[float]] = None
    """Lower ends of the prediction intervals (regression)."""
    upper: OmitIfNone[list[float]] = None
    """Upper ends of the prediction intervals (regression)."""
    coverage: OmitIfNone[float] = None
    """Nominal coverage of the prediction intervals (regression), or of the sets of classes."""
    probabilities: OmitIfNone[list[dict[str, float]]] = None
    """Probability per class for each row (classification)."""
    threshold: OmitIfNone[float] = None
    """Probability of the class of interest from which on it is predicted, if the model has costs, a limit or a
    threshold."""
    sets: OmitIfNone[list[list[Scalar]]] = None
    """Classes per row that contain the true one with the nominal coverage, the likeliest first (option `sets`)."""
    reliable: OmitIfNone[list[bool]] = None
    """Whether each row is like those of the training table, so that probabilities and intervals are verified for it;
    omitted if all are."""
    explanations: OmitIfNone[list[Explanation]] = None
    """Why each row was predicted so (option `explain`)."""
    warnings: list[ValueWarning]
    warnings_total: OmitIfNone[int] = None
    """Total number of warnings; `warnings` has the first 100. Omitted without warnings."""


class WhatIf(Schema):
    """The predictions for a row while one feature varies and all others stay fixed."""

    feature: str
    type: ColumnType
    values: list[Scalar]
    """Values of the feature, ascending for numbers and datetimes. They include the value of the row, unless missing."""
    predictions: list[Scalar]
    """The prediction for each value."""
    lower: list[float] | None = None
    """Lower ends of the prediction intervals (regression)."""
    upper: list[float] | None = None
    """Upper ends of the prediction intervals (regression)."""
    probabilities: dict[str, list[float]] | None = None
    """Probabilities of the up to 5 classes with the highest mean probability, the highest first (classification)."""
    reliable: list[bool] | None = None
    """Whether the training table has rows like each of these, so that intervals and probabilities are verified; null if
    it has for all."""


class RowProblem(Schema):
    """A row that cannot be predicted."""

    line: int
    """Its line in the file, or its number from 1."""
    detail: str


class WorstRow(Schema):
    """A row of a file on which a version is wrong."""

    line: int
    """Its line in the file, or its number from 1."""
    cells: list[str | None]
    """The row as text, by column of the file, with the actual target."""
    prediction: Scalar
    measure: float
    """Absolute error (regression), or probability of the actual class."""


class PredictionPreview(Schema):
    """A preview of the predictions for a file: its first rows, and totals of the whole file."""

    names: list[str]
    """Column names of the response file."""
    rows: list[list[str | None]]
    """The first rows as text, in the order of `names`."""
    lines: list[int]
    """The line in the file of each of these rows, or its number from 1."""
    total: int
    """Number of rows in the file."""
    warnings_total: int
    warnings: list[ValueWarning]
    """The first 100, by row."""
    warning_lines: list[int]
    """The line in the file of each of the warnings, or the number of its row from 1."""
    problems_total: int
    """Number of rows that cannot be predicted."""
    problems: list[RowProblem]
    """The first 100 of them."""
    read_as: ReadAs
    """How the file was read."""
    score: dict[str, float] | None
    """Metrics on the rows whose target is in the file; null if there are none."""
    scored_rows: int
    """Number of rows with a target that the score is of."""
    worst: list[WorstRow]
    """The up to 20 of these rows on which the version is most wrong, the worst first. They are never stored."""


class Health(Schema):
    """Liveness of the process."""

    status: Literal["healthy"] = "healthy"
    message: str
    version: str
    """Version of the app."""
    default_model: str | None
    """The model that answers `POST /predict`; null if there is none."""
    active_version: int | None
    """Its version that answers; null if none is loaded."""


class Readiness(Schema):
    """Readiness: whether the default model is loaded."""

    ready: bool
    message: str
    wanted_version: OmitIfNone[int] = None
    """The active version of the default model, if it cannot be loaded and the previous one still answers."""
    problem: OmitIfNone[str] = None
    """Why the active version cannot be loaded."""


class Problem(BaseModel):
    """Problem details of an error response.

    Source: RFC 9457.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)

    type: str = "about:blank"
    title: str
    """Phrase of the HTTP status."""
    status: int
    """HTTP status code."""
    detail: str
    """What is wrong and what to do about it."""
    errors: OmitIfNone[list[dict[str, str]]] = None
    """Up to 100 errors in the request, each with a `detail` and a JSON `pointer` (RFC 6901)."""
    request_id: OmitIfNone[str] = None
    """Id of the request in the log; the same as the header `X-Request-ID`."""
