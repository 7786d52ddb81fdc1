"""The words of mlapp as types: what is stored with a model and what HTTP and the pages speak."""

from mlapp.schemas.answers import Answer, Health, Problem, Readiness, Warned
from mlapp.schemas.distributions import Distribution
from mlapp.schemas.models import (
    Activation,
    EstimatorInfo,
    History,
    Importance,
    Interval,
    LeaderboardEntry,
    Model,
    ModelList,
    ModelSummary,
    Numbered,
    Record,
)
from mlapp.schemas.plots import (
    CalibrationCurve,
    ClassScore,
    ConfusionMatrix,
    Histogram,
    Plots,
    PredictedActual,
    RocCurve,
)
from mlapp.schemas.tables import DatasetInfo, Feature, Ignored, TableColumn, TablePreview
from mlapp.schemas.training import Job, JobList, Submission, TrainBody, TrainOptions
from mlapp.schemas.words import MAX_NAME_LENGTH, ColumnType, Evaluation, Format, JobStatus, Scalar, Task, Word

__all__ = [
    "MAX_NAME_LENGTH",
    "Activation",
    "Answer",
    "CalibrationCurve",
    "ClassScore",
    "ColumnType",
    "ConfusionMatrix",
    "DatasetInfo",
    "Distribution",
    "EstimatorInfo",
    "Evaluation",
    "Feature",
    "Format",
    "Health",
    "Histogram",
    "History",
    "Ignored",
    "Importance",
    "Interval",
    "Job",
    "JobList",
    "JobStatus",
    "LeaderboardEntry",
    "Model",
    "ModelList",
    "ModelSummary",
    "Numbered",
    "Plots",
    "PredictedActual",
    "Problem",
    "Readiness",
    "Record",
    "RocCurve",
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
