"""What is answered: predictions, health, problems."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from mlapp.schemas.types import ColumnType, OmitIfNone, Scalar, Schema

PLAIN_BYTES = 16_000
"""Bodies of JSON up to here may be plain rows, which take a shorter way to their answer."""


class Warned(Schema):
    """A value that training never saw, and was predicted from all the same."""

    row: int
    feature: str
    code: Literal["out_of_range", "unknown_category", "missing", "not_whole"]
    detail: str


class Answer(Schema):
    """Predictions for rows, in their order."""

    version: int
    predictions: list[Scalar]
    lower: OmitIfNone[list[float]] = None
    upper: OmitIfNone[list[float]] = None
    coverage: OmitIfNone[float] = None
    probabilities: OmitIfNone[list[dict[str, float]]] = None
    warnings: list[Warned]
    warnings_total: OmitIfNone[int] = None
    """How many warnings there are in all; `warnings` holds the first 100."""


class WhatIf(Schema):
    """How the prediction for a row changes with one of its features, everything else as it is."""

    feature: str
    type: ColumnType
    values: list[Scalar]
    """Values of the feature, ascending for numbers and moments; the row's own is among them, but for a gap."""
    predictions: list[Scalar]
    """The prediction for each value."""
    lower: list[float] | None = None
    """Lower ends of the prediction intervals (regression)."""
    upper: list[float] | None = None
    """Upper ends of the prediction intervals (regression)."""
    probabilities: dict[str, list[float]] | None = None
    """Of the classes that are likeliest over the curve, by their spelling in a CSV, the likeliest first; at most 5."""


class Sample(Schema):
    """The beginning of the file that answers a table, which is checked to its end."""

    names: list[str]
    """Names of the file's columns."""
    rows: list[list[str | None]]
    """The first rows as text, in the order of `names`."""
    total: int
    """Rows in all."""
    warnings_total: int
    warnings: list[Warned]
    """The first 100, by row."""


class Health(Schema):
    """Whether the process lives."""

    status: Literal["healthy"] = "healthy"
    message: str
    version: str
    """Version of the app."""
    active_model: int | None


class Readiness(Schema):
    """Whether a model answers."""

    ready: bool
    message: str
    wanted_version: OmitIfNone[int] = None
    """The version that is active in the store, where it cannot be loaded and the one before goes on answering."""
    problem: OmitIfNone[str] = None
    """Why it cannot be loaded."""


class Problem(BaseModel):
    """An error.

    Source: RFC 9457.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: OmitIfNone[list[dict[str, str]]] = None
    request_id: OmitIfNone[str] = None
    """What the log calls the request; the header `X-Request-ID` says it, too."""
