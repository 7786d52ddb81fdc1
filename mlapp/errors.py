"""Expected errors and their HTTP status.

MlappError
├── UnreadableBody     400  the body does not match its content type
├── Unauthorized       401  no API key, or an invalid one
├── Forbidden          403  not allowed for the caller
├── NotFound           404
├── Conflict           409  not possible in the current state of the store
├── TooLarge           413
├── UnsupportedType    415
├── Misdirected        421  for another host
├── Unacceptable       422  well-formed, but unsuitable for training or prediction
├── TrainingFailed     422  training on this table with these options fails each time
├── TooManyTrainings   429
├── EstimatorsBroken   500  the estimators cannot be imported
├── TrainingAborted    503  the training process was killed or could not be started, or its cluster is lost
└── Unavailable        503  no model yet, or shutting down
    └── Overloaded     503  too many requests in flight

Services raise them, a handler in `mlapp.api.problems` turns them into problem details (RFC 9457), and pages show the
same text. They contain only plain data, so that they can be pickled.
"""

from collections.abc import Sequence
from typing import ClassVar

from mlapp.schemas.types import MAX_JSON_BYTES

MAX_REPORTED = 100


def pointer(*parts: object) -> str:
    """Return the JSON pointer to a value in a body.

    Source: RFC 6901, section 3.
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def shorten(text: object, limit: int = 80) -> str:
    """Return user text for messages: on one line, cut at `limit` characters, encodable as UTF-8."""
    line = "".join(c if c.isprintable() else "�" for c in str(text)[: limit + 1])
    return line if len(line) <= limit else line[:limit] + "…"


def reason(error: BaseException) -> str:
    """Return class and text of an error of a library, for messages."""
    text = shorten(error, 300)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class MlappError(Exception):
    """An expected error. `detail` says what is wrong and what to do, `errors` point into the request body."""

    status: ClassVar[int] = 500
    retry_after_s: ClassVar[int | None] = None

    def __init__(self, detail: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)[:MAX_REPORTED]


class UnreadableBody(MlappError):
    """The body does not match its content type."""

    status = 400


class Unauthorized(MlappError):
    """The request has no API key or session, or an invalid one."""

    status = 401


class Forbidden(MlappError):
    """The caller is not allowed to do this."""

    status = 403


class NotFound(MlappError):
    """The requested resource does not exist."""

    status = 404


class Conflict(MlappError):
    """The request is not possible in the current state of the store."""

    status = 409


class TooLarge(MlappError):
    """The body, or its decompressed content, exceeds a limit."""

    status = 413


def json_too_large() -> TooLarge:
    """Return the error about a JSON body, which is parsed as a whole, over its limit."""
    limit = MAX_JSON_BYTES // 1_000_000
    return TooLarge(f"A JSON body may have {limit} MB; send larger tables as CSV, NDJSON or Parquet, which stream.")


class UnsupportedType(MlappError):
    """The content type is not supported."""

    status = 415


class Unacceptable(MlappError):
    """The request is well-formed, but unsuitable for training or prediction."""

    status = 422


class Misdirected(MlappError):
    """The request is for another host."""

    status = 421


class TooManyTrainings(MlappError):
    """The queue of trainings is full."""

    status = 429
    retry_after_s = 30


class TrainingFailed(MlappError):
    """Training on this table with these options fails each time; other rows, columns or options may succeed.

    The estimator raised an error or crashed, or the training exceeded a limit of time, memory or model size.
    """

    status = 422


class EstimatorsBroken(MlappError):
    """The estimators cannot be imported: no training succeeds until the server is repaired."""

    status = 500


class TrainingAborted(MlappError):
    """The training process was killed, ended without a result or could not be started, or its cluster is lost.

    A retry may succeed. The system kills processes when the machine is out of memory, which depends on what else runs
    there.
    """

    status = 503
    retry_after_s = 30


class Unavailable(MlappError):
    """No model can serve requests right now."""

    status = 503
    retry_after_s = 5


class Overloaded(Unavailable):
    """Too many requests are in flight."""

    retry_after_s = 1
