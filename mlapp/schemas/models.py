"""Models: names whose versions answer one question, their settings, and lists of them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool, WithJsonSchema

from mlapp.schemas.decisions import Costs, Decision, Limit, Threshold
from mlapp.schemas.tables import DataSource
from mlapp.schemas.types import Schema, Task
from mlapp.schemas.versions import VersionInfo

MAX_DESCRIPTION = 2_000
MAX_VERSION = 999_999_999

ModelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Description = Annotated[str, Field(max_length=MAX_DESCRIPTION)]


class ActivationPolicy(StrEnum):
    """Whether a new version becomes the active one."""

    AUTO = "auto"
    """If callers of the active version would not notice: same question, no new requirements."""
    ALWAYS = "always"
    NEVER = "never"


class ModelSettings(Schema):
    """What is stored about a model beside its versions."""

    created_at: datetime | None = None
    description: str = ""
    """Free text about the model."""
    activation: ActivationPolicy = ActivationPolicy.AUTO
    """Whether new versions become active, unless the training says otherwise."""
    demo: bool = False
    """Whether it is the example that was trained at the first start."""
    active: Annotated[int, Field(strict=True, ge=1, le=MAX_VERSION)] | None = None
    """The active version."""
    decision: Decision | None = None
    """What predictions follow instead of the most probable class."""


class ModelSummary(Schema):
    """A short form of a model for lists: the values of its active version, or of the latest if none is active."""

    name: str
    description: str
    demo: bool
    """Whether it is the example that was trained at the first start."""
    activation: ActivationPolicy
    """Whether new versions become active, unless the training says otherwise."""
    task: Task | None
    """Null if the model has no versions."""
    target: str | None
    """The predicted column."""
    active: int | None
    """The active version; null if there is none."""
    versions: int
    """Number of stored versions."""
    metrics: dict[str, float]
    """Metrics on held-out rows."""
    trained_at: datetime | None
    source: DataSource | None
    """Origin of the training table; null if it was sent without a name."""


class ModelInfo(ModelSummary):
    """A model with its active version."""

    default: bool
    """Whether the model is the default one, which answers `POST /predict`."""
    predict_path: str
    """Path of this server that predicts with the active version."""
    decision: Decision | None
    """What its predictions follow; null: they are the most probable classes."""
    active_version: VersionInfo | None


class ModelList(Schema):
    """All models by name."""

    default: str | None
    """The model that answers `POST /predict`; null if there is none."""
    models: list[ModelSummary]


REMOVABLE = ("costs", "limit", "threshold")
"""Settings that null removes, all of them at once."""


def _require_a_value(schema: dict[str, Any]) -> None:
    """Describe that at least one property is given, and none is null except those that null removes."""
    schema["minProperties"] = 1
    for name, property_ in schema["properties"].items():
        if name in REMOVABLE:
            continue
        value = property_.pop("anyOf")[0]
        schema["properties"][name] = property_ | value


class ModelPatch(Schema):
    """Changes of a model; what is not given stays."""

    model_config = ConfigDict(json_schema_extra=_require_a_value)

    description: Description | None = None
    """Free text about the model; an empty one removes it."""
    default: Annotated[StrictBool, WithJsonSchema({"type": "boolean", "const": True})] | None = None
    """`true` makes the model the default one; to take that away, make another model the default one."""
    activation: ActivationPolicy | None = None
    """Whether new versions become active, unless the training says otherwise."""
    costs: Costs | None = None
    """Costs of errors, by which classes are predicted: `{"false_negative": 10, "false_positive": 1}`, or by actual and
    predicted class, `{"yes": {"no": 10}, "no": {"yes": 1}}`; what is not given costs 1, a correct prediction 0. They
    replace `limit` and `threshold`. Null: the most probable class is predicted again."""
    limit: Limit | None = None
    """At most this many of 1,000 rows are predicted as the class of interest (two classes). It replaces `costs` and
    `threshold`. Null: the most probable class is predicted again."""
    threshold: Threshold | None = None
    """Probability of the class of interest from which on it is predicted (two classes). It replaces `costs` and
    `limit`. Null: the most probable class is predicted again."""
