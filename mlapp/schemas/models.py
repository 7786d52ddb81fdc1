"""Models: what is stored of them, and how they are listed."""

from datetime import datetime
from typing import Any, Literal

from mlapp.schemas.distributions import Distribution
from mlapp.schemas.plots import Plots
from mlapp.schemas.tables import DataSource, Feature, IgnoredColumn
from mlapp.schemas.types import ColumnType, Evaluation, Scalar, Schema, Task


class LeaderboardEntry(Schema):
    """How one estimator did in the comparison."""

    estimator: str
    score: float
    """Mean over the folds: RMSE for regression, log loss for classification; lower is better."""
    spread: float
    """Standard deviation of the score over the folds."""
    fit_seconds: float
    """Mean time of one fit."""


class Importance(Schema):
    """How much worse the score gets when a feature's values are shuffled."""

    feature: str
    mean: float
    std: float


class Interval(Schema):
    """Prediction intervals that are wider where the model errs more.

    For a predicted value f they reach from f + s(f)·low to f + s(f)·high. The scale s(f) is interpolated between
    `scales` at `centres`, and constant beyond.
    """

    low: float
    """At most 0."""
    high: float
    """At least 0."""
    centres: list[float]
    """Predicted values, ascending."""
    scales: list[float]
    """Mean absolute error about each of them, in units of the target."""


class VersionStatus(Schema):
    """What the store knows of a model besides its record."""

    version: int
    active: bool
    usable: bool
    """False when it was trained under another Python or scikit-learn (major.minor), or a package of it is missing."""


class Record(Schema):
    """What is stored beside a model file: all of a model that does not change."""

    created_at: datetime
    task: Task
    target: str
    target_type: ColumnType
    classes: list[Scalar] | None
    """The values a classification can answer, in the order of its probabilities."""
    features: list[Feature]
    ignored: list[IgnoredColumn]
    source: DataSource | None
    """Where the training table came from; None where it was sent without a name."""
    examples: list[list[Scalar | None]]
    """A few real rows of the training table, their values in the order of `features`."""
    distributions: list[Distribution]
    """How the values of each feature lay in training, in the order of `features`."""
    target_distribution: Distribution
    """How the values of the target lay in training."""
    estimator: str
    parameters: dict[str, Any]
    rows: int
    """Rows trained on."""
    rows_dropped: int
    """Rows left out because their target is missing."""
    evaluation: Evaluation
    """Which rows the scores are of."""
    metrics: dict[str, float]
    """Out-of-fold, on rows the model had not seen."""
    baseline: dict[str, float]
    """The same of a model that ignores the features."""
    spread: dict[str, float]
    """Standard deviation of the metrics over the folds."""
    leaderboard: list[LeaderboardEntry]
    importance: list[Importance]
    warnings: list[str]
    plots: Plots
    """Of rows the model had not seen."""
    coverage: float | None
    """Asked coverage of the prediction intervals (regression)."""
    interval: Interval | None
    """Where the prediction intervals reach (regression)."""
    seed: int
    budget_reached: bool
    training_seconds: float
    data_sha256: str
    """Hash of the table's values: the same whichever format it came in."""
    model_sha256: str
    """Hash of the model file; only a file that it vouches for is loaded."""
    library_versions: dict[str, str]
    note: str


class Model(Record, VersionStatus):
    """One fitted, stored, immutable version."""


class ModelSummary(Schema):
    """A model in short."""

    version: int
    created_at: datetime
    active: bool
    usable: bool
    """False when it was trained under another Python or scikit-learn (major.minor), or a package of it is missing."""
    task: Task
    target: str
    estimator: str
    rows: int
    source: DataSource | None
    """Where the training table came from; None where it was sent without a name."""
    metrics: dict[str, float]
    note: str


class ModelList(Schema):
    """All models, newest first."""

    active: int | None
    models: list[ModelSummary]


class Activation(Schema):
    """An entry of the activation log."""

    at: datetime
    action: Literal["activate", "rollback"]
    version: int


class History(Schema):
    """The activation log, newest first."""

    activations: list[Activation]


class EstimatorInfo(Schema):
    """An estimator on offer."""

    name: str
    tasks: list[Task]
    description: str
