"""What a training process tells the server."""

from typing import Any, NamedTuple

from mlapp.errors import MlappError
from mlapp.schemas import TrainOptions


class Progress(NamedTuple):
    """How far the training is: the stage in words, and the share that is done, 0–1."""

    stage: str
    share: float


class Finished(NamedTuple):
    """The fitted model: the bytes of its file, the fields of its record, the options it was trained with."""

    file: bytes
    record: dict[str, Any]
    options: TrainOptions


class Failed(NamedTuple):
    """Why there is no model; `trace` is there when it was a bug."""

    error: MlappError
    trace: str | None = None
