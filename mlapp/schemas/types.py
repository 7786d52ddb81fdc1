"""The words everything else is made of."""

from enum import StrEnum
from pathlib import PurePath
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

MAX_NAME_LENGTH = 200


T = TypeVar("T")

OmitIfNone = Annotated[
    T | SkipJsonSchema[None],
    Field(exclude_if=lambda value: value is None, json_schema_extra=lambda schema: schema.pop("default", None)),
]
"""The value of a field that is left out of JSON where it is None."""

Scalar = bool | int | float | str
"""The value of a cell; a missing one is None."""


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


class Evaluation(StrEnum):
    """Which rows a model's scores are of; none of them was learnt from by what is scored."""

    CROSS_VALIDATION = "cross_validation"
    """Each fifth in its turn, scored by a fit on the others."""
    HELD_OUT = "held_out"
    """Random rows of a large table, which the model itself never learnt from."""
    LATEST = "latest"
    """The latest fifth by a time column, scored by a fit on the earlier ones."""


class Schema(BaseModel):
    """Base of all types here: field docstrings become the OpenAPI text, and what is always answered is required."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, extra="forbid", json_schema_serialization_defaults_required=True
    )
