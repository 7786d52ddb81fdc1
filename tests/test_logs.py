"""Log formats."""

import json
import logging
import re

import pytest

from mlapp.caller import caller
from mlapp.logs import NOISY_LOGGERS, configure_logs, request_id, request_scope
from mlapp.settings import Settings

HOSTILE = "a.csv\n2026-01-01 INFO    All is well.\r\x1b[2J\x1b]0;title\x07\u202e\x85\u2028\ud800"
"""Text that would start a new line, clear the terminal, and more."""


@pytest.fixture
def configure():
    """Configure logging, and restore it afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # Without closing the handlers of pytest.
    root.handlers = []
    yield lambda **settings: configure_logs(Settings(_env_file=None, **settings))
    root.handlers = handlers
    root.setLevel(level)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def served():
    """Set the context of a request."""
    token = request_scope.set({"request_id": "abc-7", "client": ("192.0.2.1", 5)})
    yield
    request_scope.reset(token)


def test_text_lines_begin_with_the_time_in_utc(configure, capsys):
    configure()

    logging.getLogger("mlapp").info("Serving %s", "here")
    logging.getLogger("mlapp").debug("not worth a line")

    line = capsys.readouterr().err
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 INFO    Serving here\n", line)


def test_json_lines_are_objects(configure, capsys):
    configure(log_json=True)

    logging.getLogger("mlapp").warning("Too %s", "hot\n")

    line = json.loads(capsys.readouterr().err)
    assert {key: line[key] for key in ("level", "logger", "message")} == {
        "level": "warning",
        "logger": "mlapp",
        "message": "Too hot\n",
    }
    assert list(line) == ["time", "level", "logger", "message"]
    assert line["time"].endswith("+00:00")


@pytest.mark.usefixtures("served")
def test_text_lines_have_fields_and_request_context(configure, capsys):
    configure()
    fields = {"seconds": 1.5, "table": 'a "b" c', "target": None, "note": ""}

    logging.getLogger("mlapp").info("Done.", extra=fields)

    assert capsys.readouterr().err.endswith(
        ' Done. [seconds=1.5 table="a \\"b\\" c" target=None note=""'
        " request_id=abc-7 caller=anonymous client=192.0.2.1]\n"
    )


@pytest.mark.usefixtures("served")
def test_json_lines_have_fields_and_request_context(configure, capsys):
    configure(log_json=True)
    token = caller.set("full key")

    logging.getLogger("mlapp").info("Done.", extra={"seconds": 1.5, "level_of": logging.Handler})

    caller.reset(token)
    line = json.loads(capsys.readouterr().err)
    assert (line["seconds"], line["request_id"]) == (1.5, "abc-7")
    assert (line["caller"], line["client"]) == ("full key", "192.0.2.1")
    assert line["level_of"] == "<class 'logging.Handler'>"


def test_client_of_a_unix_socket_has_no_address(configure, capsys):
    configure()
    token = request_scope.set({"request_id": "abc-8", "client": None})

    logging.getLogger("mlapp").info("Done.")

    request_scope.reset(token)
    assert capsys.readouterr().err.endswith('caller=anonymous client=""]\n')
    assert request_id() is None


@pytest.mark.parametrize("log_json", [True, False])
def test_untrusted_text_cannot_break_a_line(configure, capsys, *, log_json: bool):
    configure(log_json=log_json)

    logging.getLogger("mlapp").info("Training %s", HOSTILE, extra={"table": HOSTILE})

    line = capsys.readouterr().err
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    if log_json:
        assert (json.loads(line)["message"], json.loads(line)["table"]) == (f"Training {HOSTILE}", HOSTILE)


def test_traceback_lines_are_prefixed(configure, capsys):
    configure()

    logging.getLogger("mlapp").error("A bug", exc_info=KeyError("gone"))
    logging.getLogger("mlapp").error("Another", extra={"trace": f"Traceback\nValueError: {HOSTILE}"})

    first, *trace = capsys.readouterr().err.removesuffix("\n").split("\n")
    begins = [line for line in trace if not line.startswith("    | ")]
    assert first.endswith("ERROR   A bug")
    assert "    | KeyError: 'gone'" in trace
    assert [line.partition(" ")[2] for line in begins] == ["ERROR   Another"]
    assert all(line.isprintable() for line in trace)


def test_json_line_has_the_traceback(configure, capsys):
    configure(log_json=True)

    logging.getLogger("mlapp").error("A bug", exc_info=KeyError("gone"))

    assert json.loads(capsys.readouterr().err)["trace"].endswith("KeyError: 'gone'")


@pytest.mark.parametrize(("level", "least"), [("debug", logging.WARNING), ("error", logging.ERROR)])
def test_noisy_loggers_log_warnings_only(configure, level, least):
    configure(log_level=level)

    assert logging.getLogger().level == logging.getLevelNamesMapping()[level.upper()]
    assert [logging.getLogger(name).level for name in NOISY_LOGGERS] == [least] * len(NOISY_LOGGERS)
