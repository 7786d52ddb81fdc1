"""Registration: what is recorded of a pipeline that was fitted elsewhere."""

from enum import StrEnum

from mlapp.schemas.types import Schema


class InputKind(StrEnum):
    """What a pipeline was fitted on, and predicts from."""

    POLARS = "polars"
    """A polars frame."""
    PANDAS = "pandas"
    """A pandas frame."""
    ARRAY = "array"
    """A numpy array."""
    TEXTS = "texts"
    """Texts, one a row."""


class Registered(Schema):
    """What is recorded of a pipeline that was fitted elsewhere."""

    input: InputKind
    """What the pipeline was fitted on, and predicts from."""
    seen: bool
    """Whether the metrics are of rows that the pipeline may have been fitted on, as it cannot be fitted again."""
    imports: list[str]
    """Modules that a server needs to load the pipeline, beside those that it has anyway."""
