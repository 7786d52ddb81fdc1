"""Versions of models: their stored metadata, lists of them, and the activation log."""

from datetime import datetime
from typing import Any, Literal

from mlapp.schemas.decisions import ClassSets, Decision, ThresholdCurve
from mlapp.schemas.distributions import Distribution
from mlapp.schemas.evaluation.plots import Plots
from mlapp.schemas.evaluation.subgroups import ProtectedGroups, Slice, UnmetClaim
from mlapp.schemas.reading import ColumnFormat, ReadAs
from mlapp.schemas.registration import Registered
from mlapp.schemas.tables import DataSource, Feature, IgnoredColumn
from mlapp.schemas.types import ClassWeight, ColumnType, Evaluation, Loss, Metric, OmitIfNone, Scalar, Schema, Task


class LeaderboardEntry(Schema):
    """The cross-validation result of one estimator."""

    estimator: str
    score: float
    """Mean score over the folds by the metric of the comparison: RMSE or log loss, where lower is better, unless the
    training named another metric or loss."""
    spread: float
    """Standard deviation of the score over the folds."""
    fit_seconds: float
    """Mean time to fit one fold, in seconds."""
    weight: OmitIfNone[float] = None
    """Its weight in the ensemble that was kept; null if it is no member."""
    folds: OmitIfNone[int] = None
    """Number of folds that it was fitted on, if it was significantly worse than another estimator on the first one;
    null if on all."""


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

    The interval of a predicted value f is [f + s·low, f + s·high], or [f·exp(s·low), f·exp(s·high)] if it is
    `multiplicative`. The scale s is interpolated linearly between `scales` at `centres`, and constant outside of them;
    if it is `learned`, it is multiplied by a factor that an estimator predicts from the features.
    """

    low: float
    """Factor of the lower end; at most 0."""
    high: float
    """Factor of the upper end; at least 0."""
    centres: list[float]
    """Predicted values, ascending."""
    scales: list[float]
    """Mean absolute error around each centre, in units of the target, or of its logarithm."""
    learned: bool = False
    """Whether an estimator in the model file predicts a factor of the scale from the features."""
    multiplicative: bool = False
    """Whether errors are those of the logarithm, so that intervals are positive."""
    floor: float | None = None
    """The lowest bound: 0 for targets that are never negative, if predictions are never negative; null for none."""


class VersionStatus(Schema):
    """The place of a version in the store, and its state."""

    model: str
    """Name of the model."""
    version: int
    """Number of the version within its model, from 1."""
    active: bool
    """Whether the version answers requests to its model that name no version."""
    default: bool
    """Whether its model is the default one, which answers `POST /predict`."""
    predict_path: str
    """Path of this server that predicts with the version."""
    breaking: list[str]
    """What callers of the active version would notice if this version answered instead; empty for the active one. The
    answer to a training compares it with the version that was active until then."""
    usable: bool
    """Whether the version can be loaded. False if it was trained with another version (major.minor) of Python or
    scikit-learn, or with a package that is not installed."""


class RecordSummary(Schema):
    """The metadata of a version that lists contain."""

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
    baseline: dict[str, float]
    """The same metrics for a model that ignores the features."""
    warnings: list[str]
    """Data-quality warnings about the training table and the result."""
    suspected_leaks: list[str]
    """Features that give the target away, each on its own, or else together, so that the metrics cannot be trusted."""
    note: str
    """Free text from the training options."""
    registered: Registered | None
    """What is known of a pipeline that was fitted elsewhere and registered; null if the version was trained here."""


class Record(RecordSummary):
    """The immutable metadata of a version, stored beside its model file."""

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
    """Number of rows that were dropped because their target is missing, or their weight is 0."""
    evaluation: Evaluation
    """How the rows for the metrics were held out."""
    time_column: str | None
    """The column by which the latest rows were held out."""
    group_column: str | None
    """The column of the groups, of which none is on both sides."""
    held_out_groups: int | None
    """Number of groups that the metrics are computed on, none of which had training rows."""
    weight_column: str | None
    """The column of the row weights."""
    class_weight: ClassWeight | None
    """How classes count in a fit, where not alike by row."""
    metric: Metric | None
    """By what the estimator was chosen, where the training said so."""
    loss: Loss | None
    """What the fits minimized, where the training said so."""
    never_negative: bool
    """Whether predictions and intervals are never negative, as they are fitted on a logarithmic or Poisson scale."""
    coverage_verified: bool
    """Whether the held-out rows are exchangeable with new ones, so that intervals can be expected to cover the nominal
    share. False for a split by time, and where rows look grouped or ordered in time but were split at random."""
    spread: dict[str, float]
    """Standard deviation of the metrics over the folds."""
    leaderboard: list[LeaderboardEntry]
    """The compared estimators, the kept one first, then the best."""
    importance: list[Importance]
    """Feature importance, the largest first."""
    slices: list[Slice]
    """Subgroups of rows on which the version is significantly worse than elsewhere, the worst first."""
    unmet_claims: list[UnmetClaim]
    """Subgroups of rows whose intervals or probabilities claim significantly more than they keep, the worst first."""
    protected: ProtectedGroups | None
    """How groups by the protected column are treated; null without one."""
    plots: Plots
    """Data for plots of the quality, on held-out rows."""
    coverage: float | None
    """Nominal coverage of the prediction intervals, or of sets of classes."""
    interval: Interval | None
    """Parameters of the prediction intervals; null for classification."""
    positive: Scalar | None
    """The class of interest of two classes, which costs, limit and threshold are about: that of the training option
    `positive`, else the one that means yes, else the second one; null for others."""
    threshold_curve: ThresholdCurve | None
    """Held-out rows by threshold; null unless there are two classes."""
    class_sets: ClassSets | None
    """Parameters of the sets of classes; null for regression."""
    seed: int
    """Random seed of the training."""
    budget_reached: bool
    """Whether the time budget stopped the comparison of estimators early."""
    training_seconds: float
    """Duration of the training."""
    data_sha256: str
    """SHA-256 of the values of the columns that the version uses: features, those that weight or split the rows, and
    the target; independent of the file format."""
    table_sha256: str
    """SHA-256 of the values of the whole training table; independent of the file format."""
    model_sha256: str
    """SHA-256 of the model file, verified before loading."""
    library_versions: dict[str, str]
    """Versions of Python and of the packages used in training."""


class VersionInfo(Record, VersionStatus):
    """A version of a model: trained, stored and immutable."""

    decision: Decision | None
    """What its predictions follow, as set for the model; null: they are the most probable classes."""
    threshold: float | None
    """Probability of the class of interest (`positive`) from which on it is predicted, by `decision`; null without one,
    or if there are not two classes."""


class VersionSummary(RecordSummary, VersionStatus):
    """A short form of a version for lists."""


class VersionList(Schema):
    """All versions of a model, newest first."""

    model: str
    active: int | None
    """The active version; null if there is none."""
    versions: list[VersionSummary]


class Activation(Schema):
    """An entry of the activation log."""

    at: datetime
    action: Literal["activate", "rollback"]
    version: int
    by: str
    """Who did it: the caller, as in the log of the server."""


class History(Schema):
    """The activation log of a model, newest first."""

    activations: list[Activation]


class EstimatorInfo(Schema):
    """An available estimator."""

    name: str
    """Value for the training option `estimator`."""
    tasks: list[Task]
    """Tasks that the estimator supports."""
    description: str
