"""Every error that mlapp expects, its HTTP status and how its sentence reaches people.

MlappError
├── UnreadableBody     400  the bytes are not what their type says
├── WrongKey           401
├── NotAllowed         403  who asks may not do this
├── NotFound           404
├── Conflict           409  the store is in a state that forbids it
├── TooLarge           413
├── UnsupportedType    415
├── Misdirected        421  sent to a host that this is not
├── Unacceptable       422  readable, but not something to train on or predict
├── TrainingFailed     422  training on this table with these options fails each time
├── TooManyTrainings   429
├── EstimatorsBroken   500  the estimators cannot be imported
├── TrainingAborted    503  the training process was killed or could not be started
└── Unavailable        503  no model yet, or shutting down
    └── Overloaded     503  more is asked than can be answered in time

Services raise them, one handler in `mlapp.api.problems` turns them into problem bodies (RFC 9457), and the
pages show the same sentence. They are made of plain data, so that they cross process boundaries unharmed.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

MAX_REPORTED = 10


def pointer(*parts: object) -> str:
    """Return the JSON pointer to a place in a body.

    Source: RFC 6901, section 3.
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def shorten(text: object, limit: int = 80) -> str:
    """Return user text fit for a sentence: on one line, cut at `limit` characters, encodable as UTF-8."""
    line = "".join(c if c.isprintable() else "�" for c in str(text)[: limit + 1])
    return line if len(line) <= limit else line[:limit] + "…"


def reason(error: BaseException) -> str:
    """Return what an error of a library says, fit for a sentence: its class and its text."""
    text = shorten(error, 300)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class MlappError(Exception):
    """An expected error: `detail` is a sentence that says what to do, `errors` name places in the body."""

    status: ClassVar[int] = 500
    retry_after_s: ClassVar[int | None] = None

    def __init__(self, detail: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)[:MAX_REPORTED]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.detail, self.errors)


class UnreadableBody(MlappError):
    """The bytes are not what their content type says."""

    status = 400


class WrongKey(MlappError):
    """There is no key, or none that is known."""

    status = 401


class NotAllowed(MlappError):
    """Who asks may not do this."""

    status = 403


class NotFound(MlappError):
    """What is asked for does not exist."""

    status = 404


class Conflict(MlappError):
    """The request is fine, but the store is in a state that forbids it."""

    status = 409


class TooLarge(MlappError):
    """The body, or what it unpacks to, is over a limit."""

    status = 413


class UnsupportedType(MlappError):
    """The content type is none that mlapp reads or writes."""

    status = 415


class Unacceptable(MlappError):
    """Readable, but not something to train on or predict."""

    status = 422


class Misdirected(MlappError):
    """The request is for a host that this is not."""

    status = 421


class TooManyTrainings(MlappError):
    """As many trainings wait as may wait."""

    status = 429
    retry_after_s = 30


class TrainingFailed(MlappError):
    """Training on this table with these options fails each time: other rows, columns or options may succeed.

    The estimator raised an error or crashed, or the training exceeded a limit of time, memory or model size.
    """

    status = 422


class EstimatorsBroken(MlappError):
    """The estimators cannot be imported, so that no training succeeds until somebody repairs the server."""

    status = 500


class TrainingAborted(MlappError):
    """The training process was killed, ended without a result or could not be started: a retry may succeed.

    The system kills processes when the whole machine is out of memory, which depends on what else runs there.
    """

    status = 503
    retry_after_s = 30


class Unavailable(MlappError):
    """No model can answer right now."""

    status = 503
    retry_after_s = 5


class Overloaded(Unavailable):
    """More is asked than can be answered in time."""

    retry_after_s = 1
