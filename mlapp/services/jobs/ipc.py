"""What a process tells the server about its piece of work, and how: through a pipe, whose bytes may be anything."""

import io
import pickle
from multiprocessing.connection import Connection
from typing import Any, NamedTuple
from zlib import crc32

from mlapp.errors import MlappError, TrainingFailed
from mlapp.schemas import TablePreview, TrainOptions

MESSAGE_BYTES = 1_000_000_000
"""How long a message may be; the longest are those that hold a model."""
SUM_BYTES = 4
"""Of the checksum that a message begins with."""


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


def send(message: Message, pipe: Connection) -> None:
    """Send a message.

    Raises:
        TrainingFailed: it is longer than one may be.
        BrokenPipeError: the server is gone.
    """
    # Written behind the place of its checksum: a copy of a large model would cost its size once more.
    file = io.BytesIO(bytes(SUM_BYTES))
    file.seek(SUM_BYTES)
    pickle.dump(message, file)
    data = file.getbuffer()
    if len(data) > MESSAGE_BYTES:
        raise TrainingFailed(
            f"The model takes {len(data) / 1e6:,.0f} MB, and may take {MESSAGE_BYTES / 1e6:,.0f} MB; "
            "send fewer rows, or name a simpler estimator."
        )
    data[:SUM_BYTES] = crc32(data[SUM_BYTES:]).to_bytes(SUM_BYTES, "big")
    pipe.send_bytes(data)


def receive(pipe: Connection) -> Message:
    """Wait for a message; bytes that no `send` wrote are not unpickled, for that alone may take all memory there is.

    Raises:
        EOFError: who sends is gone.
        OSError: it is gone in the middle of a message, or a message is longer than one may be.
        ValueError: this is no message.
    """
    data = memoryview(pipe.recv_bytes(MESSAGE_BYTES))
    if crc32(data[SUM_BYTES:]) != int.from_bytes(data[:SUM_BYTES], "big"):
        raise ValueError
    message: Message = pickle.loads(data[SUM_BYTES:])  # noqa: S301 - what `send` wrote
    return message
