"""The words of mlapp as types: what is stored with a model and what HTTP and the pages speak."""

from mlapp.schemas.answers import Answer, Health, Problem, Readiness, Warned
from mlapp.schemas.models import (
    Activation,
    EstimatorInfo,
    History,
    Importance,
    LeaderboardEntry,
    Model,
    ModelList,
    ModelSummary,
    Numbered,
    Record,
)
from mlapp.schemas.tables import DatasetInfo, Feature, Ignored, TableColumn, TablePreview
from mlapp.schemas.training import Job, Submission, TrainBody, TrainOptions
from mlapp.schemas.words import MAX_NAME_LENGTH, ColumnType, Format, JobStatus, Scalar, Task, Word

__all__ = [
    "MAX_NAME_LENGTH",
    "Activation",
    "Answer",
    "ColumnType",
    "DatasetInfo",
    "EstimatorInfo",
    "Feature",
    "Format",
    "Health",
    "History",
    "Ignored",
    "Importance",
    "Job",
    "JobStatus",
    "LeaderboardEntry",
    "Model",
    "ModelList",
    "ModelSummary",
    "Numbered",
    "Problem",
    "Readiness",
    "Record",
    "Scalar",
    "Submission",
    "TableColumn",
    "TablePreview",
    "Task",
    "TrainBody",
    "TrainOptions",
    "Warned",
    "Word",
]
