"""Models: their stored metadata, lists of them, and the activation log."""

from datetime import datetime
from typing import Any, Literal

from mlapp.schemas.distributions import Distribution
from mlapp.schemas.plots import Plots
from mlapp.schemas.reading import ColumnFormat, ReadAs
from mlapp.schemas.tables import DataSource, Feature, IgnoredColumn
from mlapp.schemas.types import ColumnType, Evaluation, Scalar, Schema, Task


class LeaderboardEntry(Schema):
    """The cross-validation result of one estimator."""

    estimator: str
    score: float
    """Mean score over the folds: RMSE for regression, log loss for classification. Lower is better."""
    spread: float
    """Standard deviation of the score over the folds."""
    fit_seconds: float
    """Mean time to fit one fold, in seconds."""


class Importance(Schema):
    """Permutation importance of a feature: how much the score worsens when its values are shuffled."""

    feature: str
    """Name of the feature."""
    mean: float
    """Mean increase of the score (RMSE or log loss) over the repetitions."""
    std: float
    """Standard deviation of the increase."""


class Interval(Schema):
    """Parameters of the prediction intervals, which are wider where the model's errors are larger.

    The interval of a predicted value f is [f + s(f)·low, f + s(f)·high]. The scale s(f) is interpolated linearly
    between `scales` at `centres`, and constant outside of them.
    """

    low: float
    """Factor of the lower end; at most 0."""
    high: float
    """Factor of the upper end; at least 0."""
    centres: list[float]
    """Predicted values, ascending."""
    scales: list[float]
    """Mean absolute error around each centre, in units of the target."""


class VersionStatus(Schema):
    """The number and state of a model in the store."""

    version: int
    """Number of the version, from 1."""
    active: bool
    """Whether requests that name no version use this model."""
    usable: bool
    """Whether the model can be loaded. False if it was trained with another version (major.minor) of Python or
    scikit-learn, or with a package that is not installed."""


class RecordSummary(Schema):
    """The metadata of a model that lists contain."""

    created_at: datetime
    task: Task
    target: str
    """The predicted column."""
    estimator: str
    """Name of the estimator."""
    rows: int
    """Number of training rows."""
    source: DataSource | None
    """Origin of the training table; null if it was sent without a name."""
    metrics: dict[str, float]
    """Metrics on held-out rows."""
    note: str
    """Free text from the training options."""


class Record(RecordSummary):
    """The immutable metadata of a model, stored beside the model file."""

    target_type: ColumnType
    target_read_as: ColumnFormat | None
    """How the values of the target are written in the training table, where they are not plain."""
    read_as: ReadAs | None
    """How the training table was read; null for bundled tables."""
    classes: list[Scalar] | None
    """The classes, in the order of the probabilities; null for regression."""
    features: list[Feature]
    """The columns that predictions are made from."""
    ignored: list[IgnoredColumn]
    """The columns of the training table that are not used."""
    examples: list[list[Scalar | None]]
    """A few rows of the training table, their values in the order of `features`."""
    distributions: list[Distribution]
    """Distribution of each feature in the training table, in the order of `features`."""
    target_distribution: Distribution
    """Distribution of the target in the training table."""
    parameters: dict[str, Any]
    """Hyperparameters of the fitted estimator."""
    rows_dropped: int
    """Number of rows that were dropped because their target is missing."""
    evaluation: Evaluation
    """How the rows for the metrics were held out."""
    baseline: dict[str, float]
    """The same metrics for a model that ignores the features."""
    spread: dict[str, float]
    """Standard deviation of the metrics over the folds."""
    leaderboard: list[LeaderboardEntry]
    """The compared estimators, the best first."""
    importance: list[Importance]
    """Feature importance, the largest first."""
    warnings: list[str]
    """Data-quality warnings about the training table and the result."""
    plots: Plots
    """Data for plots of the quality, on held-out rows."""
    coverage: float | None
    """Nominal coverage of the prediction intervals; null for classification."""
    interval: Interval | None
    """Parameters of the prediction intervals; null for classification."""
    seed: int
    """Random seed of the training."""
    budget_reached: bool
    """Whether the time budget stopped the comparison of estimators early."""
    training_seconds: float
    """Duration of the training."""
    data_sha256: str
    """SHA-256 of the values of the training table; independent of the file format."""
    model_sha256: str
    """SHA-256 of the model file, verified before loading."""
    library_versions: dict[str, str]
    """Versions of Python and of the packages used in training."""


class VersionInfo(Record, VersionStatus):
    """A trained model: one immutable version in the store."""


class VersionSummary(RecordSummary, VersionStatus):
    """A short form of a model for lists."""


class VersionList(Schema):
    """All models, newest first."""

    active: int | None
    """Version of the active model; null if there is none."""
    models: list[VersionSummary]


class Activation(Schema):
    """An entry of the activation log."""

    at: datetime
    action: Literal["activate", "rollback"]
    version: int


class History(Schema):
    """The activation log, newest first."""

    activations: list[Activation]


class EstimatorInfo(Schema):
    """An available estimator."""

    name: str
    """Value for the training option `estimator`."""
    tasks: list[Task]
    """Tasks that the estimator supports."""
    description: str
