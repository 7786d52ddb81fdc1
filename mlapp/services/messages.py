"""What a process tells the server about its piece of work."""

from typing import Any, NamedTuple

from mlapp.errors import MlappError
from mlapp.schemas import TablePreview, TrainOptions


class Started(NamedTuple):
    """What is trained on, once the table is read."""

    dataset: str | None
    """Name of a bundled table."""
    rows: int
    columns: int
    target: str | None
    estimator: str


class Progress(NamedTuple):
    """How far the training is: the stage in words, and the share that is done, 0–1."""

    stage: str
    share: float


class Finished(NamedTuple):
    """The fitted model: the bytes of its file, the fields of its record, the options it was trained with."""

    file: bytes
    record: dict[str, Any]
    options: TrainOptions


class Looked(NamedTuple):
    """A table that was looked at."""

    preview: TablePreview


class Failed(NamedTuple):
    """Why there is no result; `trace` is there when it was a bug."""

    error: MlappError
    trace: str | None = None


Message = Started | Progress | Finished | Looked | Failed
