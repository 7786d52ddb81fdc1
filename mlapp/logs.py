"""How log lines look, and what a line says of the request during which it is written.

Lines hold text of strangers: names of files and columns, addresses, whatever an error repeats. None of it can end a
line, begin another, or steer a terminal.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from mlapp.settings import Settings

serving: ContextVar[Mapping[str, Any] | None] = ContextVar("serving", default=None)
"""The ASGI scope of the request that is being served, with its `request_id`. Not what is in it: the client's address
is put right later, by the word of a trusted proxy. What a request starts, as a training, goes on with its context."""
caller: ContextVar[str] = ContextVar("caller", default="anonymous")
"""`anonymous`, `predict key`, `full key`, `session`, or `local` when authentication is off."""
OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message", "trace"}
"""What a record has besides the fields that were given as `extra`."""
QUIET = ("httpx", "watchfiles", "uvicorn.error")
"""Libraries that write more than anybody wants to read."""


def request_id() -> str | None:
    """Return the id of the request that is being served; None outside of one."""
    scope = serving.get()
    return scope["request_id"] if scope else None


class Lines(logging.Formatter):
    """A line of text: time, level, message, fields; the lines of a trace follow, each marked as such."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = f"{_time(record)} {record.levelname:7} {_printable(record.getMessage())}"
        fields = " ".join(f"{name}={_word(value)}" for name, value in _fields(record).items())
        trace = (f"    | {_printable(part)}" for part in self.trace(record).splitlines())
        return "\n".join([f"{line} [{fields}]" if fields else line, *trace])

    def trace(self, record: logging.LogRecord) -> str:
        """Return the trace of an error, that of another process too; empty when there is none."""
        return self.formatException(record.exc_info) if record.exc_info else str(getattr(record, "trace", ""))


class JsonLines(Lines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        } | _fields(record)
        if trace := self.trace(record):
            line["trace"] = trace
        return json.dumps(line, default=str)


def configure_logs(settings: Settings) -> None:
    """Write log lines to standard error, from the level that the settings say."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log_json else Lines())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for noisy in QUIET:
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))


def _time(record: logging.LogRecord) -> str:
    """Return when it was, in UTC.

    Source: ISO 8601.
    """
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was given as `extra`, and of the request its id, who asks, and from where."""
    fields = {name: value for name, value in record.__dict__.items() if name not in OWN}
    if scope := serving.get():
        client = scope.get("client")
        fields |= {"request_id": scope["request_id"], "caller": caller.get(), "client": client[0] if client else ""}
    return fields


def _word(value: object) -> str:
    text = _printable(str(value))
    return json.dumps(text, ensure_ascii=False) if not text or set(text) & set(' "[]=') else text


def _printable(text: Iterable[str]) -> str:
    """Return text with everything escaped that is not to be seen: ends of lines, escapes, marks of direction."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
