"""How log lines look."""

import json
import logging

import pytest

from mlapp.logs import configure_logs
from mlapp.settings import Settings

NOISY = ("httpx", "watchfiles", "uvicorn.error")


@pytest.fixture
def configure():
    """Configure the logs, and put them back as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # The test runner's handlers are not to be closed.
    root.handlers = []
    yield lambda **settings: configure_logs(Settings(_env_file=None, **settings))
    root.handlers = handlers
    root.setLevel(level)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_lines_are_plain_text(configure, capsys):
    configure()

    logging.getLogger("mlapp").info("Serving %s", "here")
    logging.getLogger("mlapp").debug("not worth a line")

    assert capsys.readouterr().err.endswith(" INFO    Serving here\n")


def test_lines_are_json_objects_when_asked(configure, capsys):
    configure(log_json=True)

    logging.getLogger("mlapp").warning("Too %s", "hot\n")

    line = json.loads(capsys.readouterr().err)
    assert {key: line[key] for key in ("level", "logger", "message")} == {
        "level": "warning",
        "logger": "mlapp",
        "message": "Too hot\n",
    }
    assert list(line) == ["time", "level", "logger", "message"]


def test_json_line_holds_the_trace_of_an_error(configure, capsys):
    configure(log_json=True)

    logging.getLogger("mlapp").error("A bug", exc_info=KeyError("gone"))

    assert json.loads(capsys.readouterr().err)["trace"].endswith("KeyError: 'gone'")


@pytest.mark.parametrize(("level", "least"), [("debug", logging.WARNING), ("error", logging.ERROR)])
def test_noisy_libraries_write_warnings_at_most(configure, level, least):
    configure(log_level=level)

    assert logging.getLogger().level == logging.getLevelNamesMapping()[level.upper()]
    assert [logging.getLogger(name).level for name in NOISY] == [least] * 3
