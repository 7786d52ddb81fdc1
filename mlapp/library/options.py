"""Options of the library's functions, by name and type."""

from typing import Literal, TypedDict

from mlapp.schemas import Scalar


class RegistrationOptions(TypedDict, total=False):
    """Further options of a registration, as of `POST /train`; see `TrainOptions`."""

    activate: Literal["auto", "always", "never"]
    costs: dict[str, float | dict[str, float]]
    coverage: float
    date_order: Literal["dmy", "mdy", "ymd"]
    decimal: Literal[".", ","]
    delimiter: str
    description: str
    encoding: str
    exclude: list[str]
    features: list[str]
    group_column: str
    header_row: int
    keep_values: list[str]
    na_values: list[str]
    note: str
    positive: Scalar
    protected_column: str
    seed: int
    sheet: str
    time_column: str
    types: dict[str, Literal["number", "integer", "boolean", "category", "datetime", "text"]]


class TrainingOptions(RegistrationOptions, total=False):
    """Further options of a training, as of `POST /train`; see `TrainOptions`."""

    budget_s: float
    class_weight: Literal["balanced"]
    loss: Literal["squared_error", "absolute_error", "poisson"]
    merge_values: list[str]
    metric: Literal["rmse", "mae", "log_loss", "accuracy", "balanced_accuracy", "roc_auc"]
    task: Literal["regression", "classification"]
    weight_column: str
