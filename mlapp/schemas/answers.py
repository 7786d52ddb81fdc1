"""What is answered: predictions, health, problems."""

from typing import Literal

from pydantic import BaseModel

from mlapp.schemas.words import Scalar, Word


class Warned(Word):
    """A value that training never saw, and was predicted from all the same."""

    row: int
    feature: str
    code: Literal["out_of_range", "unknown_category", "missing", "not_whole"]
    detail: str


class Answer(Word):
    """Predictions for rows, in their order."""

    version: int
    predictions: list[Scalar]
    lower: list[float] | None = None
    upper: list[float] | None = None
    coverage: float | None = None
    probabilities: list[dict[str, float]] | None = None
    warnings: list[Warned]
    warnings_total: int | None = None
    """How many warnings there are in all; `warnings` holds the first 100."""


class Health(Word):
    """Whether the process lives."""

    status: Literal["healthy"] = "healthy"
    message: str
    version: str
    """Version of the app."""
    active_model: int | None


class Readiness(Word):
    """Whether a model answers."""

    ready: bool
    message: str


class Problem(BaseModel):
    """An error.

    Source: RFC 9457.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None
