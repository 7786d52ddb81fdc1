"""Client of an mlapp server: train, predict and manage models. One file, for Python 3.9 or newer, without dependencies.

Save it beside your program: `curl -O http://localhost:8000/client.py`, with `-H "X-API-Key: …"` if there are keys.

    from client import Client

    mlapp = Client("http://localhost:8000", key="…")
    mlapp.train("churn.csv", target="left", model="churn")
    mlapp.predict([{"age": 41, "plan": "basic"}], model="churn")["predictions"]

A table is a polars or pandas frame, the path of a file in any format that the server reads, a list of dicts, or a dict
for a single row. Further keyword arguments are the options of the API, which `GET /docs` lists.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import socket
import ssl
import sys
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar, Union, overload
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

__version__ = "0.1.0"
"""Version of the server that this file comes from."""

MAX_JSON_BYTES = 10_000_000
"""Rows that take more are sent as NDJSON; the server parses JSON as a whole."""
GZIP_BYTES = 1_000_000
"""Larger texts are packed, except files, which are sent as they are."""
MAX_WAIT_S = 60.0
"""Longest pause before a retry, whatever the server asks for."""
FINAL = (socket.timeout, socket.gaierror, ssl.SSLError)
"""Failures of a connection that a retry does not help."""
PARQUET, CSV, NDJSON = "application/vnd.apache.parquet", "text/csv", "application/x-ndjson"
JSON, BY_CONTENT = "application/json", "application/octet-stream"

Json = dict[str, Any]
"""A JSON object."""
Headers = Mapping[str, str]
Rows = Union[Mapping[str, object], Sequence[Mapping[str, object]], str, "PathLike[str]"]


class _Frame(Protocol):
    @property
    def columns(self) -> Any: ...
    @property
    def shape(self) -> Any: ...


FrameT = TypeVar("FrameT", bound=_Frame)
"""A polars or pandas frame."""


class MlappError(Exception):
    """A request or a training failed."""

    def __init__(
        self, detail: str, status: int | None = None, problem: Json | None = None, job: Json | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        """What is wrong, and what to do about it."""
        self.status = status
        """HTTP status of the response; None if the server did not answer, and of trainings."""
        self.errors: list[dict[str, str]] = (problem or {}).get("errors", [])
        """Errors in the request, each with a `detail` and a JSON `pointer`."""
        self.request_id: str | None = (problem or {}).get("request_id")
        """Id of the request in the log of the server."""
        self.job = job
        """The training that failed, was cancelled or interrupted."""


class Client:
    """A client of one server. Methods return what the API does, as dicts, and raise `MlappError`.

    What the server rejects for a while (429, 503) is sent again after the time that it asks for, up to `retries` times.
    After a lost connection, so are reads and predictions, and everything else if no connection was made at all.
    """

    def __init__(
        self,
        url: str = "http://localhost:8000",
        key: str | None = None,
        *,
        timeout_s: float = 60.0,
        retries: int = 3,
        progress: bool | None = None,
    ) -> None:
        """Create a client.

        Args:
            url: Address of the server.
            key: API key, if the server has keys.
            timeout_s: Longest wait for a connection, and for the next bytes of a response, in seconds.
            retries: Retries of each request.
            progress: Whether trainings draw a progress bar on standard error; by default if that is a terminal.
        """
        self.url, self.timeout_s, self.retries = url.rstrip("/"), timeout_s, retries
        self.progress = sys.stderr.isatty() if progress is None else progress
        self._headers = {"User-Agent": f"mlapp-client/{__version__}", "Accept": JSON}
        if key is not None:
            self._headers["X-API-Key"] = key
        self._opener = build_opener(_Http, _Https, _NoRedirects)

    def train(
        self, table: Rows | _Frame | None = None, *, target: str | None = None, model: str | None = None, **options: Any
    ) -> Json:
        """Train a version, wait for it, and return its record. Without a table, `dataset` names a bundled one.

        If the program ends meanwhile, the training continues on the server. `submit` does not wait.
        """
        job = self.submit(table, target=target, model=model, **options)
        for job in self.follow(job["id"]):  # noqa: B020 - its later states
            if self.progress:
                _draw(job)
        if job["status"] != "succeeded":
            raise MlappError(job["error"] or f"Training {job['id']} is {job['status']}.", job=job)
        return self.version(job["model"], job["version"])

    def submit(
        self, table: Rows | _Frame | None = None, *, target: str | None = None, model: str | None = None, **options: Any
    ) -> Json:
        """Start a training, and return its job."""
        body = _body(table, {"target": target, **options})
        path = _path("models", model, "train") if model else "/train"
        return self._json("POST", path, body, {"Prefer": "respond-async"})

    @overload
    def predict(
        self, table: Rows, *, model: str | None = None, version: int | str | None = None, **options: Any
    ) -> Json: ...

    @overload
    def predict(
        self, table: FrameT, *, model: str | None = None, version: int | str | None = None, **options: Any
    ) -> FrameT: ...

    def predict(
        self, table: Rows | FrameT, *, model: str | None = None, version: int | str | None = None, **options: Any
    ) -> Json | FrameT:
        """Predict the rows of a table by a model, or the default one, and its active version, or another one.

        Returns:
            For a frame one with `prediction`, and `lower` and `upper` or `probability_<class>`, (rows, columns), of the
            same library, with the same index. Otherwise the JSON of the API, with `predictions`.
        """
        path, body = _predict_path(model, version), _body(table, options)
        if not _is_frame(table):
            return self._json("POST", path, body)
        headers, content = self._send("POST", path, body, {"Accept": PARQUET if _is_polars(table) else NDJSON})
        if unseen := int(headers["X-Warnings-Total"] or 0):
            message = f"{unseen} values are unlike the training data; predict such rows as dicts to see which."
            warnings.warn(message, stacklevel=2)
        added: FrameT = _added_columns(table, content)
        return added

    def predict_file(
        self,
        table: str | PathLike[str],
        to: str | PathLike[str],
        *,
        model: str | None = None,
        version: int | str | None = None,
        **options: Any,
    ) -> None:
        """Predict the rows of a file, and write them to another one with their predictions, in the same format."""
        body = _body(table, options)
        Path(to).write_bytes(self._send("POST", _predict_path(model, version), body, {"Accept": "*/*"})[1])

    def models(self) -> list[Json]:
        """Return all models by name."""
        return self._list("/models", "models")

    def model(self, model: str) -> Json:
        """Return a model with its active version."""
        return self._json("GET", _path("models", model))

    def update(self, model: str, **changes: Any) -> Json:
        """Change a model: `description`, `activation`, `default=True`, `costs`, `limit` or `threshold`."""
        body = _Body(json.dumps(changes).encode(), {"Content-Type": JSON})
        return self._json("PATCH", _path("models", model), body)

    def versions(self, model: str) -> list[Json]:
        """Return all versions of a model in short form, newest first."""
        return self._list(_path("models", model, "versions"), "versions")

    def version(self, model: str, version: int | str = "active") -> Json:
        """Return the record of a version: by its number, `active` or `latest`."""
        return self._json("GET", _path("models", model, "versions", version))

    def card(self, model: str, version: int | str = "active") -> str:
        """Return the model card of a version, in Markdown."""
        return self._send("GET", _path("models", model, "versions", version, "card"))[1].decode()

    def activate(self, model: str, version: int) -> Json:
        """Activate a version."""
        return self._json("POST", _path("models", model, "versions", version, "activate"))

    def rollback(self, model: str) -> Json:
        """Activate the previously active version again."""
        return self._json("POST", _path("models", model, "rollback"))

    def delete(self, model: str, version: int | None = None) -> None:
        """Delete a version, or without one the model with all its versions."""
        self._send("DELETE", _path("models", model, *([] if version is None else ["versions", version])))

    def jobs(self) -> list[Json]:
        """Return all trainings, newest first."""
        return self._list("/jobs", "jobs")

    def job(self, job: int) -> Json:
        """Return the state of a training."""
        return self._json("GET", _path("jobs", job))

    def cancel(self, job: int) -> Json:
        """Cancel a training."""
        return self._json("DELETE", _path("jobs", job))

    def follow(self, job: int) -> Iterator[Json]:
        """Yield the state of a training, now and after each change, until it has ended."""
        state: Json | None = None
        lost = 0
        while lost <= self.retries:
            response, _ = self._send("GET", _path("jobs", job, "events"), stream=True)
            with suppress(OSError, HTTPException), response:
                for line in response:
                    if line.startswith(b"data: ") and (now := json.loads(line[len(b"data: ") :])) != state:
                        state, lost = now, 0
                        yield now
                        if now["finished_at"]:
                            return
            lost += 1
        raise MlappError(f"The connection to {self.url} was lost; training {job} may continue there.")

    def estimators(self) -> list[Json]:
        """Return the estimators of the server."""
        return self._list("/estimators")

    def datasets(self) -> list[Json]:
        """Return the bundled tables."""
        return self._list("/datasets")

    def _list(self, path: str, key: str | None = None) -> list[Json]:
        answer = json.loads(self._send("GET", path)[1])
        found: list[Json] = answer[key] if key else answer
        return found

    def _json(self, method: str, path: str, body: _Body | None = None, headers: Headers | None = None) -> Json:
        answer: Json = json.loads(self._send(method, path, body, headers)[1])
        return answer

    def _send(
        self, method: str, path: str, body: _Body | None = None, headers: Headers | None = None, *, stream: bool = False
    ) -> tuple[Any, bytes]:
        """Send a request, again if that may help, and return the headers and the body of the response.

        A stream is returned as the open response.
        """
        data, own = (body.data, body.headers) if body else (None, {})
        merged = {**self._headers, **own, **(headers or {})}
        attempt = 0
        while True:
            request = Request(self.url + path, data, merged, method=method)  # noqa: S310 - as the caller says
            try:
                response: HTTPResponse = self._opener.open(request, timeout=self.timeout_s)
                if stream:
                    return response, b""
                with response:
                    return response.headers, response.read()
            except HTTPError as error:
                failure = _rejected(error)
                wait = _seconds(error.headers["Retry-After"], 2**attempt) if error.code in (429, 503) else None
            except (OSError, HTTPException) as error:
                reason = getattr(error, "reason", error)
                failure = MlappError(f"{self.url} did not answer ({reason or type(reason).__name__}).")
                again = method == "GET" or _is_prediction(method, path) or isinstance(reason, ConnectionRefusedError)
                wait = 2**attempt if again and not isinstance(reason, FINAL) else None
            if wait is None or attempt == self.retries:
                raise failure
            time.sleep(min(wait, MAX_WAIT_S))
            attempt += 1


class _Body(NamedTuple):
    """The body of a request, and the headers that describe it."""

    data: bytes | _Form
    headers: Headers


class _Form:
    """A multipart form with options and a file, which is read from the disk while it is sent."""

    def __init__(self, file: bytes | Path, name: str, media_type: str, options: Mapping[str, Any]) -> None:
        boundary, self._file = uuid.uuid4().hex, file
        fields = [(key, text) for key, value in options.items() for text in _texts(value)]
        part = f"--{boundary}\r\nContent-Disposition: form-data; name="
        head = "".join(f'{part}"{_quoted(key)}"\r\n\r\n{text}\r\n' for key, text in fields)
        head += f'{part}"file"; filename="{_quoted(name)}"\r\nContent-Type: {media_type}\r\n\r\n'
        self._head, self._tail = head.encode(), f"\r\n--{boundary}--\r\n".encode()
        size = len(file) if isinstance(file, bytes) else file.stat().st_size
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._head) + size + len(self._tail)),
        }

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        if isinstance(self._file, bytes):
            yield self._file
        else:
            with self._file.open("rb") as file:
                yield from iter(lambda: file.read(1 << 16), b"")
        yield self._tail


class _EarlyAnswers(HTTPConnection):
    """Reads responses to requests that the server rejected without reading them, so that sending them failed."""

    def request(self, *arguments: Any, **options: Any) -> None:
        self.connect()
        with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            super().request(*arguments, **options)


class _TlsEarlyAnswers(_EarlyAnswers, HTTPSConnection):
    """The same over TLS."""


class _Http(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_EarlyAnswers, req)


class _Https(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_TlsEarlyAnswers, req)


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirects, which could lead the key to another host."""

    def redirect_request(self, *_: object) -> None:
        """Return None, which makes a redirect an error."""


def _body(table: Rows | _Frame | None, options: Mapping[str, Any]) -> _Body:
    options = {name: value for name, value in options.items() if value is not None}
    if isinstance(table, (str, PathLike)):
        path = Path(table)
        form = _Form(path, path.name, BY_CONTENT, options)
        return _Body(form, form.headers)
    if _is_frame(table):
        file, media_type = _frame_file(table)
    else:
        rows = [] if table is None else [table] if isinstance(table, Mapping) else list(table)  # type: ignore[arg-type]
        plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
        data = json.dumps({**({} if table is None else {"records": plain}), **options}, allow_nan=False).encode()
        if len(data) <= MAX_JSON_BYTES:
            return _packed(data, {"Content-Type": JSON})
        file, media_type = b"".join(json.dumps(row).encode() + b"\n" for row in plain), NDJSON
    form = _Form(file, "", media_type, options)
    return _Body(form, form.headers) if media_type == PARQUET else _packed(b"".join(form), form.headers)


def _packed(data: bytes, headers: Headers) -> _Body:
    """Return a text as a body, packed if it is large."""
    if len(data) <= GZIP_BYTES:
        return _Body(data, headers)
    data = gzip.compress(data, 1)
    return _Body(data, {**headers, "Content-Encoding": "gzip", "Content-Length": str(len(data))})


def _is_frame(table: object) -> bool:
    return hasattr(table, "columns") and hasattr(table, "shape")


def _frame_file(frame: Any) -> tuple[bytes, str]:
    """Return a frame as a file: Parquet, for which pandas may lack a library, or CSV."""
    if not _is_polars(frame):
        return frame.to_csv(index=False).encode(), CSV
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue(), PARQUET


def _added_columns(frame: Any, content: bytes) -> Any:
    """Return the columns that an answer has beside those of the frame."""
    if _is_polars(frame):
        answer = sys.modules["polars"].read_parquet(io.BytesIO(content))
        return answer[answer.columns[frame.shape[1] :]]
    rows = [json.loads(line) for line in content.splitlines()]
    answer = sys.modules["pandas"].DataFrame(rows, index=frame.index)
    return answer[answer.columns[frame.shape[1] :]]


def _is_polars(frame: object) -> bool:
    return hasattr(frame, "write_parquet")


def _plain(value: Any) -> Any:
    """Return a cell for JSON: dates as text, values of numpy as numbers, missing ones as null."""
    if hasattr(value, "item"):
        value = value.item()
    # The missing value of pandas cannot be compared; NaN and NaT differ from themselves.
    if value is None or type(value).__name__ == "NAType" or value != value:  # noqa: PLR0124
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


def _texts(value: Any) -> list[str]:
    """Return an option as form fields."""
    if isinstance(value, (list, tuple)):
        return [text for each in value for text in _texts(each)]
    return [value if isinstance(value, str) else json.dumps(value)]


def _quoted(name: str) -> str:
    """Return a name for a header of a form."""
    return re.sub(r'(["\\])', r"\\\1", re.sub(r"[\r\n]", " ", name))


def _path(*segments: object) -> str:
    return "".join(f"/{quote(str(segment), safe='')}" for segment in segments)


def _predict_path(model: str | None, version: int | str | None) -> str:
    path = _path("models", model, "predict") if model else "/predict"
    return f"{path}?version={quote(str(version))}" if version else path


def _is_prediction(method: str, path: str) -> bool:
    # A model may be named 'predict', too.
    return method == "POST" and path.partition("?")[0].endswith("/predict")


def _rejected(error: HTTPError) -> MlappError:
    """Return the error of a response: its problem details, or its status if something else answered."""
    with suppress(ValueError, TypeError, KeyError, OSError, HTTPException), error:
        problem = json.loads(error.read())
        return MlappError(problem["detail"], error.code, problem)
    return MlappError(f"{error.url} answered {error.code} ({error.reason}); is this an mlapp server?", error.code)


def _seconds(retry_after: str | None, default: float) -> float:
    return float(retry_after) if retry_after and retry_after.isdecimal() else default


def _draw(job: Json) -> None:
    """Draw a progress bar in place of the previous one."""
    left = "" if job["remaining_s"] is None else f", {job['remaining_s']:.0f} s left"
    text = f"[{'#' * int(20 * job['progress']):20}] {job['progress']:4.0%} {job['stage']}{left}"
    # No control characters, whatever the server sends.
    line = "".join(c if c.isprintable() else "?" for c in text)
    columns = shutil.get_terminal_size().columns - 1
    sys.stderr.write(f"\r{line[:columns]:{columns}}" + ("\n" if job["finished_at"] else ""))
    sys.stderr.flush()
