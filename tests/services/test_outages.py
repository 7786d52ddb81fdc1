"""Outages of background tasks."""

import logging

import pytest

from mlapp.errors import Unavailable
from mlapp.services.outages import Outage

log = logging.getLogger(__name__)


def attempt(outage: Outage, error: Exception | None = None) -> None:
    with outage.tolerate():
        if error:
            raise error


def test_each_series_of_failures_is_logged_once(caplog: pytest.LogCaptureFixture):
    outage = Outage(log, "Counting failed")
    full = OSError("No space left")

    for error in (None, full, Unavailable("Try again."), None, full):
        attempt(outage, error)

    assert [record.message for record in caplog.records] == ["Counting failed: No space left"] * 2
    assert outage.failures == 1


@pytest.mark.parametrize(
    ("error", "traced"), [(OSError("full"), False), (Unavailable("Later."), False), (KeyError("a"), True)]
)
def test_bug_is_logged_with_its_trace(error: Exception, caplog: pytest.LogCaptureFixture, *, traced: bool):
    attempt(Outage(log, "Counting failed"), error)

    assert ("Traceback" in getattr(caplog.records[0], "trace", "")) == traced
