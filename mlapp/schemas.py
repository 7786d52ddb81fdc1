"""The words of mlapp as types: what is stored with a model and what HTTP and the pages speak."""

from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

Scalar = bool | int | float | str
"""The value of a cell; a missing one is None."""

DEFAULT_COVERAGE = 0.9
MAX_NAME_LENGTH = 200


class ColumnType(StrEnum):
    """What the values of a column are."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    DATETIME = "datetime"


class Task(StrEnum):
    """What kind of target a model predicts."""

    REGRESSION = "regression"
    CLASSIFICATION = "classification"


class Format(StrEnum):
    """How a table is written down, by media type."""

    JSON = "application/json"
    CSV = "text/csv"
    PARQUET = "application/vnd.apache.parquet"
    NDJSON = "application/x-ndjson"

    @classmethod
    def of_media_type(cls, header: str) -> "Format | None":
        """Return the format that a content type stands for; its parameters do not matter."""
        kind = header.partition(";")[0].strip().lower()
        return next((known for known in cls if known == kind), None)

    @classmethod
    def of_file(cls, name: str) -> "Format | None":
        """Return the format that a file's name stands for."""
        return _SUFFIXES.get(PurePath(name).suffix.lower())

    @property
    def suffix(self) -> str:
        """How the name of a file of this format ends."""
        return next(suffix for suffix, known in _SUFFIXES.items() if known is self)


_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".txt": Format.CSV,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".json": Format.JSON,
}


class JobStatus(StrEnum):
    """Where a training run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class Word(BaseModel):
    """Base of all types here: field docstrings become the OpenAPI text."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")


class Feature(Word):
    """A column used to predict, as training saw it."""

    name: str
    type: ColumnType
    required: bool
    """False when training saw gaps: a row without the feature then counts as missing."""
    example: Scalar | None
    """The value in a real row of the training table."""
    min: int | float | datetime | None = None
    """Smallest value seen (numbers, integers, datetimes)."""
    max: int | float | datetime | None = None
    """Largest value seen (numbers, integers, datetimes)."""
    mean: float | None = None
    """Mean of the values seen (numbers, integers)."""
    categories: list[str] | None = None
    """Values seen, the most frequent first (categories)."""

    @model_serializer(mode="wrap")
    def _without_what_does_not_apply(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        return {name: value for name, value in fields.items() if value is not None or name == "example"}


class Ignored(Word):
    """A column that the model does not use."""

    name: str
    reason: str


class Target(Word):
    """The column to predict."""

    name: str
    type: ColumnType


class TableColumn(Word):
    """A column of a table that is looked at before training."""

    name: str
    type: ColumnType
    missing: int
    """Rows without a value."""
    distinct: int
    """Different values, gaps not counted."""
    examples: list[str]
    """The first few values."""


class TablePreview(Word):
    """A table as the Train page shows it before training."""

    rows: int
    columns: list[TableColumn]
    head: list[list[str | None]]
    """The first rows as text, in the order of `columns`."""


class LeaderboardEntry(Word):
    """How one estimator did in the comparison."""

    estimator: str
    score: float
    """Mean over the folds: RMSE for regression, log loss for classification; lower is better."""
    spread: float
    """Standard deviation of the score over the folds."""
    fit_seconds: float
    """Mean time of one fit."""


class Importance(Word):
    """How much worse the score gets when a feature's values are shuffled."""

    feature: str
    mean: float
    std: float


class TrainOptions(Word):
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

    records: list[dict[str, Any]] | None = None
    """The table as one object a row."""
    columns: dict[str, list[Any]] | None = None
    """The table as one list a column, all equally long."""
    dataset: str | None = None
    """Name of a bundled table."""


class ModelSummary(Word):
    """A model in short."""

    version: int
    created_at: datetime
    active: bool
    usable: bool
    """False when it was trained under another Python or scikit-learn (major.minor)."""
    task: Task
    target: str
    estimator: str
    rows: int
    metrics: dict[str, float]
    note: str


class Numbered(Word):
    """What the store knows of a model besides its record."""

    version: int
    active: bool
    usable: bool
    """False when it was trained under another Python or scikit-learn (major.minor)."""


class Record(Word):
    """What is stored beside a model file: all of a model that does not change."""

    created_at: datetime
    task: Task
    target: str
    target_type: ColumnType
    classes: list[Scalar] | None
    """The values a classification can answer, in the order of its probabilities."""
    features: list[Feature]
    ignored: list[Ignored]
    estimator: str
    parameters: dict[str, Any]
    rows: int
    """Rows trained on."""
    rows_dropped: int
    """Rows left out because their target is missing."""
    metrics: dict[str, float]
    """Out-of-fold, on rows the model had not seen."""
    baseline: dict[str, float]
    """The same of a model that ignores the features."""
    spread: dict[str, float]
    """Standard deviation of the metrics over the folds."""
    leaderboard: list[LeaderboardEntry]
    importance: list[Importance]
    warnings: list[str]
    plots: dict[str, Any]
    coverage: float | None
    """Asked coverage of the prediction intervals (regression)."""
    interval: float | None
    """Half-width of the prediction intervals, in units of the target (regression)."""
    seed: int
    budget_reached: bool
    training_seconds: float
    data_sha256: str
    """Hash of the table's values: the same whichever format it came in."""
    model_sha256: str
    """Hash of the model file; only a file that it vouches for is loaded."""
    library_versions: dict[str, str]
    note: str


class Model(Record, Numbered):
    """One fitted, stored, immutable version."""


class ModelList(Word):
    """All models, newest first."""

    active: int | None
    models: list[ModelSummary]


class Activation(Word):
    """An entry of the activation log."""

    at: datetime
    action: Literal["activate", "rollback"]
    version: int


class History(Word):
    """The activation log, newest first."""

    activations: list[Activation]


class EstimatorInfo(Word):
    """An estimator on offer."""

    name: str
    tasks: list[Task]
    description: str


class DatasetInfo(Word):
    """A bundled table."""

    name: str
    description: str
    rows: int
    columns: list[str]
    target: str
    task: Task
    simulated: bool


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
    warnings: list[Warned] = []
    warnings_total: int | None = None
    """How many warnings there are in all; `warnings` holds the first 100."""


class Job(Word):
    """One training run."""

    id: str
    status: JobStatus
    stage: str
    progress: Annotated[float, Field(ge=0, le=1)]
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    version: int | None = None
    """The model it made."""
    error: str | None = None
    """Why it failed, as a sentence."""


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


class Submission(Word):
    """A table to train on, and how: what a door hands to the training service."""

    options: dict[str, Any]
    """As sent; checked where the table is read."""
    format: Format | None = None
    path: str | None = None
    """File that holds the body; the training removes it."""
    dataset: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.dataset is None):
            raise ValueError("exactly one of path and dataset")
        return self
