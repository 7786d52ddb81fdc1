"""Audit log lines: each change names its request and caller."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

from mlapp.caller import caller
from mlapp.errors import Unacceptable
from mlapp.logs import JsonFormatter, request_scope
from mlapp.schemas import JobStatus, ModelPatch, VersionInfo
from mlapp.services.jobs.run import Run
from mlapp.services.jobs.service import JobService
from mlapp.services.models.service import ModelService
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.conftest import eventually
from tests.services.jobs.test_jobs_service import endless, made


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    """Log lines, formatted when they are logged."""
    written: list[dict[str, Any]] = []
    handler, form = logging.Handler(), JsonFormatter()
    handler.emit = lambda record: written.append(json.loads(form.format(record)))  # type: ignore[method-assign]
    caplog.set_level(logging.INFO, "mlapp")
    logging.getLogger("mlapp").addHandler(handler)
    yield written
    logging.getLogger("mlapp").removeHandler(handler)


@contextmanager
def request(name: str, role: str) -> Iterator[None]:
    """A request in whose context the block runs."""
    scope = request_scope.set({"request_id": name, "client": ("192.0.2.1", 5)})
    token = caller.set(role)
    yield
    caller.reset(token)
    request_scope.reset(scope)


def audit(lines: list[dict[str, Any]]) -> list[tuple[str, str | None, str | None]]:
    return [(line["message"], line.get("request_id"), line.get("caller")) for line in lines]


async def test_changes_of_models_are_logged_with_their_caller(
    store: ModelStore, models: ModelService, wine: Fitted, lines: list[dict[str, Any]]
):
    for _ in range(2):
        wine.add_to(store)
    with request("r1", "full key"):
        await models.activate("wine", "1")
        await models.activate("wine", "2")
    with request("r2", "session"):
        await models.rollback("wine")
        await models.annotate("wine", "2", "worse\nINFO all is well")
        await models.delete_version("wine", "2")
        await models.update("wine", ModelPatch(default=True, description="new\nINFO all is well"))
        await models.delete("wine")

    assert audit(lines) == [
        ("Version 1 of model wine was activated.", "r1", "full key"),
        ("Version 2 of model wine was activated.", "r1", "full key"),
        ("Version 1 of model wine was activated by a rollback.", "r2", "session"),
        ("The note of version 2 of model wine was changed.", "r2", "session"),
        ("Version 2 of model wine was deleted.", "r2", "session"),
        ("Model wine is the default one.", "r2", "session"),
        ("The settings of model wine were changed: description.", "r2", "session"),
        ("Model wine was deleted.", "r2", "session"),
    ]
    assert {line["client"] for line in lines} == {"192.0.2.1"}


async def test_log_lines_of_a_training_name_its_request(jobs: JobService, lines: list[dict[str, Any]]):
    async def named(run: Run) -> VersionInfo:
        run.job.estimator = "linear"
        return await made(run)

    with request("r1", "full key"):
        run = await jobs.start("wine.csv", named)
    await jobs.result(run)

    assert audit(lines) == [
        ("Training 1 is queued: wine.csv", "r1", "full key"),
        ("Training 1 started.", "r1", "full key"),
        ("Training 1 succeeded: version 7 of prices.", "r1", "full key"),
    ]
    assert (lines[-1]["table"], lines[-1]["estimator"]) == ("wine.csv", "linear")
    assert 0 <= lines[-1]["seconds"] < 60


async def test_cancellation_is_logged_with_its_caller(jobs: JobService, lines: list[dict[str, Any]]):
    with request("r1", "full key"):
        await jobs.start("wine", endless)
        await jobs.start("wine", endless)
    with request("r2", "session"):
        await jobs.cancel(2)
        await jobs.cancel(1)

    assert audit(lines)[3:] == [
        ("Training 2: cancellation was requested.", "r2", "session"),
        ("Training 2 cancelled: The training was cancelled.", "r1", "full key"),
        ("Training 1: cancellation was requested.", "r2", "session"),
        ("Training 1 cancelled: The training was cancelled.", "r1", "full key"),
    ]
    # The queued one took no time.
    assert lines[4]["seconds"] == 0.0
    assert jobs.registry.get_sample_value("mlapp_trainings_total", {"outcome": "cancelled"}) == 2


async def test_failure_is_logged_with_its_reason_and_background_work_without_a_caller(
    jobs: JobService, lines: list[dict[str, Any]]
):
    async def rejected(_: Run) -> NoReturn:
        raise Unacceptable("There is no column 'grape'.")

    run = await jobs.start("", rejected)
    await eventually(lambda: run.job.finished_at)

    assert audit(lines)[0] == ("Training 1 is queued: ", None, None)
    assert audit(lines)[-1] == ("Training 1 failed: There is no column 'grape'.", None, None)


async def test_jobs_are_counted_by_status(jobs: JobService):
    for _ in range(3):
        await jobs.start("wine", endless)

    assert (jobs.count(JobStatus.RUNNING), jobs.count(JobStatus.QUEUED)) == (1, 2)
