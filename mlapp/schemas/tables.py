"""Tables: features, columns, previews before training, and bundled datasets."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, WithJsonSchema

from mlapp.schemas.distributions import Distribution
from mlapp.schemas.reading import ColumnFormat, ReadAs
from mlapp.schemas.types import ColumnType, OmitIfNone, Scalar, Schema, Task

RowOption = Literal["group_column", "time_column"]
"""The options by which whole groups, or the latest rows, are held out."""

DatetimeValue = Annotated[datetime, WithJsonSchema({"type": "string"})]
"""A value of a datetime column. It has an offset only if the table has one, so it is not a JSON Schema `date-time`."""


class Feature(Schema):
    """A column that predictions are made from, with its values in the training table."""

    name: str
    type: ColumnType
    required: bool
    """False if the training table has missing values; rows may then omit the feature."""
    example: Scalar | None
    """The value in a row of the training table; a made-up one instead of a text."""
    min: OmitIfNone[int | float | DatetimeValue] = None
    """Smallest training value (number, integer, datetime), or fewest characters (text)."""
    max: OmitIfNone[int | float | DatetimeValue] = None
    """Largest training value (number, integer, datetime), or most characters (text)."""
    mean: OmitIfNone[float] = None
    """Mean of the training values (number, integer)."""
    categories: OmitIfNone[list[str]] = None
    """Training values, the most frequent first (category)."""
    read_as: OmitIfNone[ColumnFormat] = None
    """How its values are written in the training table, where they are not plain."""


class DataSource(Schema):
    """Origin of a training table: a bundled dataset or an uploaded file."""

    dataset: OmitIfNone[str] = None
    """Name of the bundled dataset."""
    simulated: OmitIfNone[bool] = None
    """Whether the bundled dataset is simulated."""
    file: OmitIfNone[str] = None
    """Name of the uploaded file."""


class IgnoredColumn(Schema):
    """A column of the training table that the version does not use."""

    name: str
    reason: str
    """Why the column is not used."""


class TableColumn(Schema):
    """A column in a table preview."""

    name: str
    type: ColumnType
    missing: int
    """Number of missing values."""
    distinct: int
    """Number of distinct values, without missing ones."""
    examples: list[str]
    """The first few values."""
    distribution: Distribution | None = None
    """Distribution of the values."""
    read_as: OmitIfNone[ColumnFormat] = None
    """How its values are written, where they are not plain."""
    ignored: OmitIfNone[str] = None
    """Why the column would not be used; null if it would be."""
    warnings: list[str] = Field(default_factory=list)
    """Data-quality warnings about the column, as sentences."""
    leaks: bool = False
    """Whether the column alone predicts the target almost perfectly."""
    variants: bool = False
    """Whether values differ only by case or spaces, so that `merge_values` would merge them."""


class Suggestion(Schema):
    """An option that judges the model by rows as they will come, where random rows would be too easy to predict."""

    option: RowOption
    column: str
    """The value for the option."""
    detail: str
    """What was found and measured, as a sentence."""

    @property
    def warning(self) -> str:
        """The same with the option to send."""
        return f"{self.detail.removesuffix('.')}: send {self.option}={self.column}."


class TablePreview(Schema):
    """A preview of a table before training."""

    rows: int
    columns: list[TableColumn]
    head: list[list[str | None]]
    """The first rows as text, in the order of `columns`."""
    target: str | None = None
    """The column to predict: the requested one, or a plausible one; null if none is plausible."""
    task: Task | None = None
    """The task that the target implies; null without a usable target."""
    two_classes: list[Scalar] = Field(default_factory=list)
    """The classes of the target if there are two, that of interest last; empty for other targets."""
    read_as: ReadAs | None = None
    """How the file was read."""
    error: str | None = None
    """Why no version can be trained with these options; null if one can."""
    warnings: list[str] = Field(default_factory=list)
    """Data-quality warnings, and the columns and rows that will be dropped."""
    suggestions: list[Suggestion] = Field(default_factory=list)
    """Options that make the metrics honest, where rows look grouped or ordered in time but would be split at random."""
    estimates: dict[str, float] = Field(default_factory=dict)
    """Estimated training time in seconds by estimator; without those that cannot be estimated."""


class DatasetInfo(Schema):
    """A bundled dataset."""

    name: str
    description: str
    rows: int
    columns: list[str]
    target: str
    task: Task
    simulated: bool
    """Whether the rows are simulated."""


class TransferredTable(NamedTuple):
    """A table that another process has read from a file of typed cells, without its options."""

    columns: bytes
    """The columns as Arrow IPC."""
    read_as: ReadAs
    lines: Sequence[int] | None
    problems: dict[int, str]
    mixed: Collection[str]
