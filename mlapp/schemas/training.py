"""Trainings: what is asked for, and the jobs it becomes."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from mlapp.schemas.types import Format, JobStatus, Schema, Task

DEFAULT_COVERAGE = 0.9


class TrainOptions(Schema):
    """The options of a training."""

    target: str | None = None
    """The column to predict; needed unless `dataset` is given."""
    estimator: str = "auto"
    """Name of an estimator, or `auto`: compare all by cross-validation and keep the best."""
    task: Task | None = None
    """`regression` or `classification`; inferred from the target when not given."""
    features: Annotated[list[str], Field(min_length=1)] | None = None
    """Columns to predict from; all others when not given."""
    activate: bool = True
    """Whether the new version answers `/predict` from now on."""
    coverage: Annotated[float, Field(ge=0.5, le=0.99)] = DEFAULT_COVERAGE
    """Share of true values that prediction intervals should hold."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Seed of everything random: same table and seed, same model."""
    note: Annotated[str, Field(max_length=2000)] = ""
    """Free text kept with the model."""
    budget_s: Annotated[float, Field(gt=0, le=86_400)] = 60
    """Seconds after which `auto` tries no further estimator: a safety stop."""
    time_column: str | None = None
    """Evaluate on the latest rows by this column instead of random ones."""


class TrainBody(TrainOptions):
    """A training as JSON: exactly one of `records`, `columns` and `dataset`, and options."""

    records: list[dict[str, Any]] | SkipJsonSchema[None] = None
    """The table as one object a row."""
    columns: dict[str, list[Any]] | SkipJsonSchema[None] = None
    """The table as one list a column, all equally long."""
    dataset: str | SkipJsonSchema[None] = None
    """Name of a bundled table."""


class Submission(Schema):
    """A table to train on, and how: what a door hands to the training service."""

    options: dict[str, Any]
    """As sent; checked where the table is read."""
    format: Format | None = None
    path: str | None = None
    """File that holds the body; the training removes it."""
    dataset: str | None = None
    name: str | None = None
    """What the sender calls the file; shown, and nothing else."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.dataset is None):
            raise ValueError("exactly one of path and dataset")
        return self


class Job(Schema):
    """One training run."""

    id: int
    status: JobStatus
    stage: str
    """What it is doing, in words."""
    progress: Annotated[float, Field(ge=0, le=1)]
    """Share of the work that is done."""
    remaining_s: float | None = None
    """Seconds it will take from now, judged by the work done so far; None where that cannot be said."""
    queue_position: int | None = None
    """Its place among those that wait, from 1."""
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    version: int | None = None
    """The model it made."""
    error: str | None = None
    """Why it did not make one, as a sentence."""
    table: str
    """What it trains on, in words."""
    target: str | None = None
    """The column to predict, once that is known."""
    estimator: str | None = None
    """The estimator asked for, once that is known."""


class JobList(Schema):
    """All jobs that are remembered, newest first."""

    jobs: list[Job]
