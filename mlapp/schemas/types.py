"""Base class, enumerations and value types of the schemas."""

from enum import StrEnum
from pathlib import PurePath
from typing import Annotated, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

MAX_NAME_LENGTH = 200
MAX_JSON_BYTES = 10_000_000
"""Larger tables come as CSV, NDJSON or Parquet, which are read a piece at a time."""


T = TypeVar("T")

OmitIfNone = Annotated[
    T | SkipJsonSchema[None],
    Field(exclude_if=lambda value: value is None, json_schema_extra=lambda schema: schema.pop("default", None)),
]
"""A field that is omitted from JSON if it is None."""


class VersionKey(NamedTuple):
    """Identifies a version in the store; numbers are never assigned again, not even those of a deleted model."""

    model: str
    version: int


Scalar = bool | int | float | str
"""The value of a cell; missing values are None."""


class ColumnType(StrEnum):
    """Type of a column."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    DATETIME = "datetime"
    TEXT = "text"
    """Prose: sentences or descriptions, of which most are distinct. Models learn from their words."""


class Task(StrEnum):
    """Kind of prediction."""

    REGRESSION = "regression"
    CLASSIFICATION = "classification"


class Format(StrEnum):
    """File format of a table, by media type."""

    JSON = "application/json"
    CSV = "text/csv"
    WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    """Workbooks are read as xlsx, xls, xlsb or ods, by their content, and written as xlsx."""
    PARQUET = "application/vnd.apache.parquet"
    ARROW = "application/vnd.apache.arrow.file"
    NDJSON = "application/x-ndjson"

    @classmethod
    def of_media_type(cls, header: str) -> "Format | None":
        """Return the format of a Content-Type header; parameters are ignored."""
        kind = header.partition(";")[0].strip().lower()
        return next((known for known in cls if known == kind), _OTHER_TYPES.get(kind))

    @classmethod
    def of_file(cls, name: str) -> "Format | None":
        """Return the format of a file by its name."""
        return _SUFFIXES.get(PurePath(name).suffix.lower())

    @property
    def suffix(self) -> str:
        """File name extension of the format."""
        return next(suffix for suffix, known in _SUFFIXES.items() if known is self)


_OTHER_TYPES = {
    "application/csv": Format.CSV,
    "text/x-csv": Format.CSV,
    "text/tab-separated-values": Format.CSV,
    "text/json": Format.JSON,
    "application/jsonl": Format.NDJSON,
    "application/jsonlines": Format.NDJSON,
    "application/x-jsonlines": Format.NDJSON,
    "application/parquet": Format.PARQUET,
    "application/x-parquet": Format.PARQUET,
    "application/vnd.ms-excel.sheet.macroenabled.12": Format.WORKBOOK,
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": Format.WORKBOOK,
    "application/vnd.oasis.opendocument.spreadsheet": Format.WORKBOOK,
}
_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".txt": Format.CSV,
    ".xlsx": Format.WORKBOOK,
    ".xlsm": Format.WORKBOOK,
    ".xls": Format.WORKBOOK,
    ".xlsb": Format.WORKBOOK,
    ".ods": Format.WORKBOOK,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".feather": Format.ARROW,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".json": Format.JSON,
}


class JobStatus(StrEnum):
    """Status of a training job."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class KeptTask(NamedTuple):
    """The task of a model, which further versions keep if their target suits it."""

    task: Task
    target_type: ColumnType


class Evaluation(StrEnum):
    """How the rows for the metrics were held out."""

    CROSS_VALIDATION = "cross_validation"
    """Five-fold cross-validation: each fifth is predicted by a fit on the other four."""
    HELD_OUT = "held_out"
    """Random rows of a large table that the final model is not trained on."""
    LATEST = "latest"
    """The latest fifth by a time column, predicted by a fit on the earlier rows."""
    GROUPS = "groups"
    """Cross-validation in which all rows of a group are in the same fold."""
    LATEST_GROUPS = "latest_groups"
    """The latest rows by a time column, of groups that have no training rows."""
    SEEN = "seen"
    """The rows of the table that a pipeline was registered with, which it may have been fitted on."""


class ClassWeight(StrEnum):
    """How classes count in a fit."""

    BALANCED = "balanced"
    """All classes count alike; probabilities are scaled back to the natural rates."""


class Metric(StrEnum):
    """By what `auto` chooses among single estimators."""

    RMSE = "rmse"
    MAE = "mae"
    LOG_LOSS = "log_loss"
    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    ROC_AUC = "roc_auc"


SELECTION_METRICS = {
    Task.REGRESSION: (Metric.RMSE, Metric.MAE),
    Task.CLASSIFICATION: (Metric.LOG_LOSS, Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.ROC_AUC),
}
"""The metrics by which `auto` can choose, by task; the first one is the default."""


class Loss(StrEnum):
    """What the fits of a regression minimize."""

    SQUARED_ERROR = "squared_error"
    """Predicts means."""
    ABSOLUTE_ERROR = "absolute_error"
    """Predicts medians, which outliers hardly change."""
    POISSON = "poisson"
    """Predicts means of counts and other values from 0; errors count in relation to the prediction."""


class Schema(BaseModel):
    """Base of all schemas: field docstrings become OpenAPI descriptions, and responses include fields with defaults."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, extra="forbid", json_schema_serialization_defaults_required=True
    )
