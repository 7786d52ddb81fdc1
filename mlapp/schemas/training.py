"""Training: options, request bodies and jobs."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from mlapp.schemas.decisions import Costs
from mlapp.schemas.models import ActivationPolicy, Description, ModelName
from mlapp.schemas.reading import ColumnTypes, FileOptions
from mlapp.schemas.types import ClassWeight, Format, JobStatus, Loss, Metric, Scalar, Schema, Task

DEFAULT_COVERAGE = 0.9


class TrainOptions(FileOptions):
    """Training options, and how the table is read."""

    model: ModelName | None = None
    """The model that gets a new version; by default named after the bundled table, the file or the target."""
    target: str | None = None
    """The column to predict. Required unless `dataset` is given."""
    estimator: str = "auto"
    """Name of an estimator, or `auto` to compare all by cross-validation and keep the best one or an ensemble."""
    task: Task | None = None
    """`regression` or `classification`; inferred from the target if not given."""
    features: Annotated[list[str], Field(min_length=1)] | None = None
    """Columns to predict from; all columns except the target if not given."""
    exclude: list[str] = Field(default_factory=list)
    """Columns that are not used, instead of `features`."""
    types: ColumnTypes = Field(default_factory=dict)
    """Types of columns by name, such as `{"zip": "category"}`; inferred if not given."""
    merge_values: list[str] = Field(default_factory=list)
    """Columns in which spellings that differ by case or spaces are one value."""
    activate: ActivationPolicy | None = None
    """Whether the new version becomes active: `auto`, if nothing of it is `breaking`, `always` or `never`; by default
    as the model's `activation` says, which is `auto` for a new model."""
    coverage: Annotated[float, Field(ge=0.5, le=0.99)] = DEFAULT_COVERAGE
    """Nominal coverage of prediction intervals and of sets of classes: the share of true values that they should
    contain."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Random seed. The same table, options and seed give the same version."""
    note: Annotated[str, Field(max_length=2000)] = ""
    """Free text, stored with the version."""
    description: Description | None = None
    """Free text, stored with the model."""
    budget_s: Annotated[float, Field(gt=0, le=86_400)] = 60
    """Time budget of `auto` in seconds; no further estimator is tried after it."""
    time_column: str | None = None
    """Evaluate on the latest rows by this column instead of on random ones."""
    group_column: str | None = None
    """Evaluate on groups that have no training rows: all rows with the same value of this column, such as a patient,
    are on one side. The column is not a feature."""
    weight_column: str | None = None
    """Weights of the rows, from 0, in fits, metrics, intervals and importance. The column is not a feature."""
    protected_column: str | None = None
    """The version says how its errors and predictions differ between the groups of this column, such as `sex`. The
    column may be a feature, or not."""
    class_weight: ClassWeight | None = None
    """`balanced`: all classes count alike in a fit; probabilities are scaled back to the natural rates."""
    positive: Scalar | None = None
    """The class of interest of two classes; by default the one that means yes (`yes`, `true`, 1), else the second."""
    costs: Costs | None = None
    """Costs of errors, by which classes are predicted, as in `PATCH /models/{model}`. If the version becomes
    active or is the first one, they become a setting of the model, unless it has costs, a limit or a threshold."""
    metric: Metric | None = None
    """By what `auto` chooses among single estimators: `rmse` or `mae`; `log_loss`, `accuracy`, `balanced_accuracy` or
    `roc_auc`. By default `rmse` (`mae` if `loss` is `absolute_error`) or `log_loss`, and ensembles are kept, too."""
    loss: Loss | None = None
    """What the fits of a regression minimize; by default squared error, or Poisson loss if `auto` finds it better."""

    @property
    def needed_columns(self) -> set[str]:
        """Columns that the options ask for; they are never left out as an index."""
        of_rows = (self.target, self.time_column, self.group_column, self.weight_column, self.protected_column)
        return {name for name in (*of_rows, *(self.features or ()), *self.types) if name is not None}


class TrainBody(TrainOptions):
    """A training request in JSON: exactly one of `records`, `columns` and `dataset`, and options."""

    records: list[dict[str, Any]] | SkipJsonSchema[None] = None
    """The table as one object per row."""
    columns: dict[str, list[Any]] | SkipJsonSchema[None] = None
    """The table as one list per column, all of the same length."""
    dataset: str | SkipJsonSchema[None] = None
    """Name of a bundled dataset."""


class Submission(Schema):
    """A training request as the API or a page passes it to the training service; either `path` or `dataset` is set."""

    options: dict[str, Any]
    """Options as sent; validated by the training process."""
    format: Format | None = None
    path: str | None = None
    """File with the body of the request; removed by the training."""
    dataset: str | None = None
    name: str | None = None
    """Name of the uploaded file; for display, and for the name of the model."""
    store: str | None = None
    """Folder of the store, in which the training process looks up the model; set by the training service."""
    dask: str | None = None
    """Address of the Dask scheduler that makes the fits; set by the training service."""
    estimators: tuple[str, ...] = ()
    """Estimators of other packages that are allowed; set by the training service."""


class Job(Schema):
    """A training job."""

    id: int
    status: JobStatus
    stage: str
    """Current step, for display."""
    progress: Annotated[float, Field(ge=0, le=1)]
    """Completed share of the work."""
    remaining_s: float | None = None
    """Estimated seconds until the job ends; null if unknown."""
    queue_position: int | None = None
    """Position in the queue, from 1; null if the job is not queued."""
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    model: str | None = None
    """The model that gets the version; null until known. While the job runs, another one may get it in the end: one
    that the training does not name, and whose callers the new version would break, keeps its versions."""
    version: int | None = None
    """The version that the job has trained."""
    error: str | None = None
    """Why the job failed."""
    table: str
    """Description of the training table."""
    target: str | None = None
    """The column to predict; null until known."""
    estimator: str | None = None
    """The requested estimator; null until known."""


class Ticket(Schema):
    """A ticket for the events of a job: good for one request within a minute."""

    ticket: str
    events: str
    """Path and query of the events, with the ticket."""
    expires_in_s: int


class JobList(Schema):
    """All stored jobs, newest first."""

    jobs: list[Job]
