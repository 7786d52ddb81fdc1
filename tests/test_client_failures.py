"""The Python client at servers that fail, reject, or lose connections."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from mlapp import client
from mlapp.client import Client, MlappError
from tests.servers import free_port

RUNNING = {"id": 4, "status": "running", "stage": "Fitting\x1b[2J", "progress": 0.5, "remaining_s": 3.0}
RUNNING |= {"finished_at": None, "error": None, "model": None, "version": None}
ENDED = RUNNING | {"status": "cancelled", "progress": 0.5, "remaining_s": None, "finished_at": "2026-01-31"}
Answer = Callable[["Handler"], None]


class Failing(HTTPServer):
    """Answers requests as it is told to, one after the other; the last answer is repeated."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.paths, self.keys = list(answers), list[str](), list[str | None]()


class Handler(BaseHTTPRequestHandler):
    server: Failing

    def answer(self) -> None:
        self.server.paths.append(self.path)
        self.server.keys.append(self.headers["X-API-Key"])
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - names of http.server

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def respond(status: int, body: Any = "", **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        if body != "unread":
            handler.rfile.read(int(handler.headers["Content-Length"] or 0))
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body.encode() if isinstance(body, str) else json.dumps(body).encode())

    return answer


def events(*jobs: Any) -> Answer:
    return respond(200, ": ping\n\n" + "".join(f"data: {json.dumps(job)}\n\n" for job in jobs))


def lose(handler: Handler) -> None:
    """Close the connection without an answer."""


@contextmanager
def failing(*answers: Answer) -> Iterator[Failing]:
    with Failing(*answers) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


def client_of(server: Failing, **options: Any) -> Client:
    return Client(f"http://127.0.0.1:{server.server_port}", "a-key", **({"retries": 2} | options))


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_WAIT_S", 0.01)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("headers", [{"Retry_After": "3600"}, {"Retry_After": "soon"}, {}])
def test_temporary_rejection_is_retried_within_bounds(status: int, headers: dict[str, str]):
    busy = respond(status, {"detail": "Try again."}, **headers)
    with failing(busy, busy, respond(200, {"predictions": [1.5]})) as server:
        assert client_of(server).predict({"a": 1})["predictions"] == [1.5]

    with failing(busy) as server, pytest.raises(MlappError, match="Try again") as failed:
        client_of(server).submit(dataset="wine")
    assert (failed.value.status, server.paths) == (status, ["/train"] * 3)


def test_pause_is_the_one_that_the_server_asks_for():
    assert [client._seconds(header, 4) for header in ("30", "0", None, "", "-1", "Fri, 31 Dec 1999")] == [30, 0] + [
        4
    ] * 4


def test_lost_connection_repeats_predictions_and_reads_but_no_training():
    with failing(lose, lose, respond(200, {"predictions": []})) as server:
        assert client_of(server).predict([], model="a b") == {"predictions": []}
    assert server.paths == ["/models/a%20b/predict"] * 3

    with failing(lose) as server:
        lost = client_of(server)
        once: list[Callable[[], object]] = [
            lambda: lost.submit([]),
            lambda: lost.submit([], model="predict"),
            lambda: lost.rollback("predictor"),
            lambda: lost.delete("predict"),
        ]
        for call, requests in (*((call, 1) for call in once), (lost.jobs, 3)):
            server.paths.clear()
            with pytest.raises(MlappError, match="did not answer") as failed:
                call()
            assert (failed.value.status, len(server.paths)) == (None, requests)


def test_server_that_is_not_there_is_named():
    url = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(MlappError, match=f"{url} did not answer .*refused"):
        Client(url, retries=1).submit(dataset="wine")


def test_address_with_another_scheme_is_not_retried():
    with failing(lose) as server, pytest.raises(MlappError, match="did not answer .*SSL"):
        Client(f"https://127.0.0.1:{server.server_port}").jobs()


def test_timeout_is_not_retried():
    def wait(handler: Handler) -> None:
        handler.connection.recv(1)

    with failing(wait) as server, pytest.raises(MlappError, match="timed out"):
        client_of(server, timeout_s=0.2).jobs()
    assert len(server.paths) == 1


@pytest.mark.parametrize("body", ["<html>", "[]", '{"title": "Bad Gateway"}', ""])
def test_answer_of_something_else_has_its_status(body: str):
    with failing(respond(502, body)) as server, pytest.raises(MlappError, match="answered 502 .Bad Gateway") as failed:
        client_of(server).jobs()

    assert (failed.value.status, failed.value.errors, failed.value.request_id) == (502, [], None)


def test_redirect_does_not_lead_the_key_elsewhere():
    with failing(respond(200)) as other:
        address = f"http://localhost:{other.server_port}/jobs"
        with failing(respond(307, Location=address)) as server, pytest.raises(MlappError, match="answered 307"):
            client_of(server).jobs()

    assert (server.keys, other.keys) == (["a-key"], [])


def test_rejection_of_an_unread_body_is_read():
    with failing(respond(413, "unread")) as server, pytest.raises(MlappError, match="answered 413"):
        client_of(server).predict({"text": "x" * 9_000_000})

    assert len(server.paths) == 1


def test_lost_events_are_resumed_without_repetition():
    with failing(events(RUNNING), lose, events(RUNNING), events(RUNNING, ENDED)) as server:
        assert list(client_of(server).follow(4)) == [RUNNING, ENDED]


def test_events_that_never_end_are_given_up():
    with failing(events(RUNNING)) as server, pytest.raises(MlappError, match="training 4 may continue there"):
        list(client_of(server).follow(4))

    assert len(server.paths) == 3


def test_cancelled_training_is_an_error_and_its_progress_is_plain_text(capsys: pytest.CaptureFixture[str]):
    answers = respond(202, RUNNING), events(RUNNING, ENDED)
    with failing(*answers) as server, pytest.raises(MlappError, match="Training 4 is cancelled"):
        client_of(server, progress=True).train([])

    drawn = capsys.readouterr().err
    assert "\r[##########          ]  50% Fitting?[2J, 3 s left " in drawn
    assert "\x1b" not in drawn
