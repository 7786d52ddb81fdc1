"""Log formats, as text and as JSON, with the context of the current request.

Log lines contain untrusted text, such as file and column names. It is escaped, so that it cannot forge lines or send
control sequences to a terminal.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from mlapp.caller import caller
from mlapp.settings import Settings

request_scope: ContextVar[Mapping[str, Any] | None] = ContextVar("serving", default=None)
"""The ASGI scope of the current request, with its `request_id`. The scope itself, as middleware for trusted proxies
corrects the client address later. Background work, such as a training, inherits the context of its request."""
RECORD_ATTRIBUTES = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "color_message", "trace"}
"""Attributes of a log record that were not given as `extra`."""
NOISY_LOGGERS = ("httpx", "watchfiles", "uvicorn.error")
"""Loggers of libraries that log too much below WARNING."""


def request_id() -> str | None:
    """Return the id of the current request; None outside of requests."""
    scope = request_scope.get()
    return scope["request_id"] if scope else None


class TextFormatter(logging.Formatter):
    """Text lines: time, level, message, fields; the lines of a traceback follow with a prefix."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = f"{_time(record)} {record.levelname:7} {_printable(record.getMessage())}"
        fields = " ".join(f"{name}={_quoted(value)}" for name, value in _fields(record).items())
        trace = (f"    | {_printable(part)}" for part in self.trace(record).splitlines())
        return "\n".join([f"{line} [{fields}]" if fields else line, *trace])

    def trace(self, record: logging.LogRecord) -> str:
        """Return the traceback of an error, also of one in another process; empty if there is none."""
        return self.formatException(record.exc_info) if record.exc_info else str(getattr(record, "trace", ""))


class JsonFormatter(TextFormatter):
    """One JSON object per line."""

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
    """Log to standard error, with the level and format of the settings."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if settings.log_json else TextFormatter())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def _time(record: logging.LogRecord) -> str:
    """Return the time of a record in UTC.

    Source: ISO 8601.
    """
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was given as `extra`, and of the request its id, who asks, and from where."""
    fields = {name: value for name, value in record.__dict__.items() if name not in RECORD_ATTRIBUTES}
    if scope := request_scope.get():
        client = scope.get("client")
        fields |= {"request_id": scope["request_id"], "caller": caller.get(), "client": client[0] if client else ""}
    return fields


def _quoted(value: object) -> str:
    text = _printable(str(value))
    return json.dumps(text, ensure_ascii=False) if not text or set(text) & set(' "[]=') else text


def _printable(text: Iterable[str]) -> str:
    """Return text with all unprintable characters escaped: line ends, control sequences, direction marks."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
