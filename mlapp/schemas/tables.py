"""Tables and their columns, as training and the pages see them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, WithJsonSchema

from mlapp.schemas.distributions import Distribution
from mlapp.schemas.types import ColumnType, OmitIfNone, Scalar, Schema, Task

DatetimeValue = Annotated[datetime, WithJsonSchema({"type": "string"})]
"""A value of a datetime column: with an offset only where the table has one, so it is no `date-time` of JSON Schema."""


class Feature(Schema):
    """A column used to predict, as training saw it."""

    name: str
    type: ColumnType
    required: bool
    """False when training saw gaps: a row without the feature then counts as missing."""
    example: Scalar | None
    """The value in a real row of the training table."""
    min: OmitIfNone[int | float | DatetimeValue] = None
    """Smallest value seen (numbers, integers, datetimes)."""
    max: OmitIfNone[int | float | DatetimeValue] = None
    """Largest value seen (numbers, integers, datetimes)."""
    mean: OmitIfNone[float] = None
    """Mean of the values seen (numbers, integers)."""
    categories: OmitIfNone[list[str]] = None
    """Values seen, the most frequent first (categories)."""


class DataSource(Schema):
    """Where a table came from: it is a bundled one, or a file that was sent."""

    dataset: OmitIfNone[str] = None
    """Name of the bundled table."""
    simulated: OmitIfNone[bool] = None
    """Whether the rows of the bundled table are simulated."""
    file: OmitIfNone[str] = None
    """Name of the file."""


class IgnoredColumn(Schema):
    """A column that the model does not use."""

    name: str
    reason: str


class TableColumn(Schema):
    """A column of a table that is looked at before training."""

    name: str
    type: ColumnType
    missing: int
    """Rows without a value."""
    distinct: int
    """Different values, gaps not counted."""
    examples: list[str]
    """The first few values."""
    distribution: Distribution | None = None
    """How its values lie."""


class TablePreview(Schema):
    """A table as the Train page shows it before training."""

    rows: int
    columns: list[TableColumn]
    head: list[list[str | None]]
    """The first rows as text, in the order of `columns`."""
    target: str = ""
    """The column to predict: the one that was asked for, else the last one."""
    warnings: list[str] = Field(default_factory=list)
    """What should be looked at before training on the table, and what will be left out."""
    estimates: dict[str, float] = Field(default_factory=dict)
    """Estimator → about how many seconds it will take; those are left out of which that cannot be said."""


class DatasetInfo(Schema):
    """A bundled table."""

    name: str
    description: str
    rows: int
    columns: list[str]
    target: str
    task: Task
    simulated: bool
