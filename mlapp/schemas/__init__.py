"""Pydantic models of everything that is stored, sent over HTTP or shown on pages."""

from mlapp.schemas.decisions import ClassSets, Costs, CostTrial, Decision, ThresholdCurve
from mlapp.schemas.distributions import Distribution
from mlapp.schemas.evaluation.plots import (
    CalibrationCurve,
    ClassScore,
    ConfusionMatrix,
    Histogram,
    Plots,
    PredictedActual,
    RocCurve,
)
from mlapp.schemas.evaluation.subgroups import Condition, ProtectedGroup, ProtectedGroups, Share, Slice, UnmetClaim
from mlapp.schemas.models import (
    ActivationPolicy,
    ModelInfo,
    ModelList,
    ModelName,
    ModelPatch,
    ModelSettings,
    ModelSummary,
)
from mlapp.schemas.monitoring import (
    DRIFT_ROWS,
    RESOLUTIONS,
    ColumnDrift,
    Drift,
    DriftLevel,
    PeriodCounts,
    PredictionCounts,
    RequestCounts,
    RequestProfile,
    Span,
    Traffic,
    TrafficPoint,
)
from mlapp.schemas.reading import (
    JSON_AS_READ,
    ColumnFormat,
    DateOrder,
    DecimalSign,
    FileOptions,
    PredictOptions,
    ReadAs,
)
from mlapp.schemas.registration import InputKind, Registered
from mlapp.schemas.responses import (
    Explanation,
    Health,
    PredictionPreview,
    PredictResponse,
    Problem,
    Readiness,
    RowProblem,
    ValueWarning,
    WhatIf,
    WorstRow,
)
from mlapp.schemas.tables import (
    DatasetInfo,
    DataSource,
    Feature,
    IgnoredColumn,
    RowOption,
    Suggestion,
    TableColumn,
    TablePreview,
    TransferredTable,
)
from mlapp.schemas.training import Job, JobList, Submission, Ticket, TrainBody, TrainOptions
from mlapp.schemas.types import (
    MAX_JSON_BYTES,
    MAX_NAME_LENGTH,
    SELECTION_METRICS,
    ClassWeight,
    ColumnType,
    Evaluation,
    Format,
    JobStatus,
    KeptTask,
    Loss,
    Metric,
    Scalar,
    Schema,
    Task,
    VersionKey,
)
from mlapp.schemas.versions import (
    Activation,
    EstimatorInfo,
    History,
    Importance,
    Interval,
    LeaderboardEntry,
    Record,
    RecordSummary,
    VersionInfo,
    VersionList,
    VersionStatus,
    VersionSummary,
)
