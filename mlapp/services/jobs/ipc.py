"""IPC: requests to training processes, and their messages to the server, through a pipe with checksums."""

import io
import pickle
from multiprocessing.connection import Connection
from typing import Any, NamedTuple
from zlib import crc32

from mlapp.errors import MlappError, TrainingFailed
from mlapp.schemas import FileOptions, Format, Submission, TablePreview, TrainOptions, TransferredTable

MESSAGE_BYTES = 1_000_000_000
"""Maximum size of a message; the largest messages hold a model file."""
CHECKSUM_BYTES = 4
"""Size of the checksum at the start of a message."""


class ReadRequest(NamedTuple):
    """A file to read in a process; the response is a `TransferredTable`."""

    data: bytes
    format: Format | None
    options: FileOptions


class Started(NamedTuple):
    """The table is read, and the training starts."""

    model: str
    """The model that is to get the version; decided when the training has ended."""
    dataset: str | None
    """Name of the bundled table, if it is one."""
    rows: int
    columns: int
    target: str | None
    estimator: str


class Progress(NamedTuple):
    """Progress of the training: the stage as text, and the completed share, 0–1."""

    stage: str
    share: float


class Finished(NamedTuple):
    """The result of a training: the model file, the fields of its record, and the options."""

    file: bytes
    record: dict[str, Any]
    options: TrainOptions


class Failed(NamedTuple):
    """The error of a training or preview; `trace` is set for bugs and failing estimators."""

    error: MlappError
    trace: str | None = None


Request = Submission | ReadRequest
Result = Finished | TablePreview | TransferredTable
Message = Started | Progress | Result | Failed


def send(message: Message, pipe: Connection) -> None:
    """Send a message.

    Raises:
        TrainingFailed: it exceeds `MESSAGE_BYTES`.
        BrokenPipeError: the server has exited.
    """
    # Pickled behind a gap for the checksum: concatenating would copy a large model file.
    file = io.BytesIO(bytes(CHECKSUM_BYTES))
    file.seek(CHECKSUM_BYTES)
    pickle.dump(message, file)
    data = file.getbuffer()
    if len(data) > MESSAGE_BYTES:
        raise TrainingFailed(
            f"The model file has {len(data) / 1e6:,.0f} MB, and the limit is {MESSAGE_BYTES / 1e6:,.0f} MB; "
            "send fewer rows, or choose a simpler estimator."
        )
    data[:CHECKSUM_BYTES] = crc32(data[CHECKSUM_BYTES:]).to_bytes(CHECKSUM_BYTES, "big")
    pipe.send_bytes(data)


def receive(pipe: Connection) -> Message:
    """Wait for a message. Bytes without a valid checksum are not unpickled, which could exhaust the memory.

    Raises:
        EOFError: the sender has exited.
        OSError: the sender exited in the middle of a message, or the message exceeds `MESSAGE_BYTES`.
        ValueError: the checksum is wrong.
    """
    data = memoryview(pipe.recv_bytes(MESSAGE_BYTES))
    if crc32(data[CHECKSUM_BYTES:]) != int.from_bytes(data[:CHECKSUM_BYTES], "big"):
        raise ValueError
    message: Message = pickle.loads(data[CHECKSUM_BYTES:])  # noqa: S301 - checked above
    return message
