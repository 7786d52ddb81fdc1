"""Processes: real ones, with every kind of exit."""

import asyncio
import multiprocessing
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path
from pickle import PicklingError
from typing import Any

import psutil
import pytest
import xlsxwriter

from mlapp.errors import EstimatorsBroken, MlappError, TooLarge, TrainingAborted, TrainingFailed, Unacceptable
from mlapp.schemas import Submission
from mlapp.services.jobs.ipc import Finished, Progress, Result, Started
from mlapp.services.jobs.process_tree import resident_bytes
from mlapp.services.jobs.runner import MESSAGE_S, Processes
from tests.services.conftest import eventually, has_exited
from tests.services.misbehaving import Unimportable, misbehaving

pytestmark = pytest.mark.slow

WINE = Submission(dataset="wine", options={"estimator": "linear"})
STOP_FORK_SERVER = Processes._stop_fork_server
"""The original, which the other tests replace."""
Running = tuple["asyncio.Task[Result]", psutil.Process]


async def train(processes: Processes, submission: Submission = WINE) -> Result:
    return await processes.run("train", submission, lambda _: None)


async def running(processes: Processes, estimator: str = "endless") -> Running:
    """A training that goes on until it is ended, and its process."""
    messages: list[Started | Progress] = []
    task = asyncio.create_task(processes.run("train", misbehaving(estimator), messages.append))
    await eventually(lambda: [each for each in messages if isinstance(each, Progress) and estimator in each.stage])
    (pid,) = processes.pids
    return task, psutil.Process(pid)


async def cancelled(task: asyncio.Task[Result]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def fork_server_of(process: psutil.Process) -> psutil.Process:
    parent = process.parent()
    assert parent
    return parent


async def test_run_forwards_messages_and_returns_the_result(processes: Processes):
    messages: list[Started | Progress] = []

    finished = await processes.run("train", WINE, messages.append)

    assert isinstance(finished, Finished)
    assert messages[0] == Started("wine", "wine", 178, 14, "cultivar", "linear")
    assert all(isinstance(each, Progress) for each in messages[1:])
    assert processes.pids == []


async def test_run_raises_errors_of_the_table(processes: Processes):
    with pytest.raises(Unacceptable, match="There is no column 'grape' in the table"):
        await train(processes, Submission(dataset="wine", options={"target": "grape"}))


async def test_bug_is_logged_and_its_trace_not_shown(processes: Processes, caplog: pytest.LogCaptureFixture):
    with pytest.raises(MlappError, match="internal error") as failed:
        await train(processes, misbehaving("costly"))

    assert (failed.value.status, "TypeError" in failed.value.detail) == (500, False)
    (record,) = caplog.records
    assert "TypeError" in record.trace  # type: ignore[attr-defined]


async def test_failure_of_an_estimator_is_shown_and_its_trace_logged(
    processes: Processes, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(TrainingFailed, match="The estimator 'buggy' failed: RuntimeError: a screw is loose") as failed:
        await train(processes, misbehaving("buggy"))

    assert (failed.value.status, failed.value.retry_after_s) == (422, None)
    (record,) = caplog.records
    assert "RuntimeError: a screw is loose" in record.trace  # type: ignore[attr-defined]


@pytest.mark.parametrize("estimator", ["hungry", "crashing"])
async def test_repeatable_failure_is_a_client_error(processes: Processes, estimator: str):
    with pytest.raises(MlappError) as failed:
        await train(processes, misbehaving(estimator))

    assert (failed.value.status, failed.value.retry_after_s) == (422, None)


async def test_failing_import_is_reported_with_its_line_and_logged(
    processes: Processes, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(EstimatorsBroken) as failed:
        await train(processes, Unimportable(dataset="wine", options={}))

    assert re.fullmatch(
        r".*: ModuleNotFoundError: .*mlapp.ml.estimators.* \(mlapp/ml/.*\.py, line \d+\); .*",
        failed.value.detail,
    )
    (record,) = caplog.records
    assert " import estimators" in record.trace  # type: ignore[attr-defined]
    assert isinstance(await train(processes), Finished)


@pytest.mark.parametrize("kind", ["train", "preview"])
async def test_workbook_that_takes_too_much_memory_is_rejected(processes: Processes, tmp_path: Path, kind: str):
    with xlsxwriter.Workbook(tmp_path / "body") as book:
        sheet = book.add_worksheet()
        for row in range(20_000):
            # Stored once, but each cell is a copy of it.
            sheet.write_string(row, 0, "x" * 32_000)

    with pytest.raises(TooLarge, match="Reading the table takes too much memory; send fewer rows"):
        await processes.run(kind, Submission(path=str(tmp_path / "body"), options={"target": "x"}), lambda _: None)


@pytest.mark.parametrize(
    ("number", "error", "sentence"),
    [
        (signal.SIGKILL, TrainingAborted, r"\(signal 9: Killed\), .* memory"),
        (signal.SIGABRT, TrainingAborted, r"\(signal 6: Aborted\), .* memory"),
        (signal.SIGSEGV, TrainingFailed, r"crashed \(signal 11: Segmentation fault\)"),
        (signal.SIGTERM, TrainingAborted, r"\(signal 15: Terminated\); train again"),
    ],
)
async def test_killed_process_fails_with_the_reason(
    processes: Processes, number: signal.Signals, error: type[MlappError], sentence: str
):
    task, process = await running(processes)

    process.send_signal(number)

    with pytest.raises(error, match=sentence):
        await task


@pytest.mark.parametrize(
    ("estimator", "status"), [("quitting", 3), ("leaving", 0), ("mumbling", 3), ("foreign", 3), ("breaking_off", 3)]
)
async def test_process_without_a_result_fails_and_may_be_repeated(processes: Processes, estimator: str, status: int):
    sentence = rf"ended without a result \(exit status {status}\); train again."
    with pytest.raises(TrainingAborted, match=sentence) as failed:
        await train(processes, misbehaving(estimator))

    assert (failed.value.status, failed.value.retry_after_s) == (503, 30)


async def test_process_that_announces_a_huge_message_fails(processes: Processes):
    with pytest.raises(TrainingAborted, match="unreadable result"):
        await train(processes, misbehaving("announcing"))

    assert processes.pids == []


async def test_flood_of_messages_waits_in_the_pipe(processes: Processes):
    messages: list[Started | Progress] = []
    task = asyncio.create_task(processes.run("train", misbehaving("flooding"), messages.append))
    await eventually(lambda: sum("flood" in each.stage for each in messages if isinstance(each, Progress)) > 20)
    before, began = len(messages), time.monotonic()

    await eventually(lambda: len(messages) > before + 100)

    assert time.monotonic() - began >= 90 * MESSAGE_S
    await cancelled(task)


async def test_process_that_exceeds_the_time_limit_is_terminated():
    impatient = Processes(limit_s=0.3, idle_s=3_600)

    with pytest.raises(TrainingFailed, match="limit of 0 minutes"):
        await train(impatient, misbehaving("stubborn"))

    assert (impatient.pids, multiprocessing.active_children()) == ([], [])


async def test_exit_is_noticed_though_a_child_holds_the_pipe(processes: Processes):
    with pytest.raises(TrainingAborted, match=r"ended without a result \(exit status 3\)"):
        await train(processes, misbehaving("forking"))


async def test_children_that_outlive_a_process_are_terminated(processes: Processes, tmp_path: Path):
    messages: list[Started | Progress] = []
    with pytest.raises(TrainingAborted, match="exit status 3"):
        await processes.run("train", misbehaving("orphaning"), messages.append)

    (orphan,) = {int(each.stage) for each in messages if isinstance(each, Progress) and each.stage.isdigit()}
    assert not psutil.pid_exists(orphan) or has_exited(psutil.Process(orphan))


async def test_cancelled_run_leaves_no_process(processes: Processes):
    task, process = await running(processes)

    await cancelled(task)

    assert (has_exited(process), processes.pids) == (True, [])


async def test_process_that_ignores_sigterm_is_killed(processes: Processes):
    task, process = await running(processes, "stubborn")

    await cancelled(task)

    assert has_exited(process)


async def test_children_are_terminated_with_their_process(processes: Processes):
    task, process = await running(processes, "bearing")
    await eventually(process.children)
    (child,) = process.children()

    await cancelled(task)

    assert has_exited(child)


@pytest.mark.parametrize("moments", [1, 2, 5])
async def test_run_that_is_cancelled_while_it_starts_leaves_no_process(processes: Processes, moments: int):
    task = asyncio.create_task(train(processes, misbehaving("endless")))
    for _ in range(moments):
        await asyncio.sleep(0)

    await cancelled(task)

    assert (processes.pids, multiprocessing.active_children()) == ([], [])


async def test_processes_have_lower_priority_than_the_server(processes: Processes):
    task, process = await running(processes)

    assert process.nice() == min(19, os.nice(0) + 10)
    assert Path(f"/proc/{process.pid}/oom_score_adj").read_text() == "1000\n"

    await cancelled(task)


async def test_process_that_exceeds_the_memory_limit_is_terminated():
    limited = Processes(memory_mb=600, idle_s=3_600)

    with pytest.raises(TrainingFailed, match=r"limit of 600 MB of memory \(MLAPP_JOB_MEMORY_MB\)"):
        await train(limited, misbehaving("growing"))

    assert limited.pids == []


async def test_process_within_the_memory_limit_is_not_terminated():
    limited = Processes(memory_mb=600, idle_s=3_600)

    assert isinstance(await train(limited), Finished)


async def test_memory_of_a_process_includes_its_children(processes: Processes):
    task, process = await running(processes, "bearing")
    await eventually(process.children)
    (live,) = processes._running

    assert resident_bytes(live) > process.memory_info().rss > 50_000_000

    await cancelled(task)
    assert resident_bytes(live) == 0


async def test_process_survives_the_fork_server(processes: Processes):
    messages: list[Started | Progress] = []
    boosting = Submission(dataset="wine", options={"estimator": "hist_gradient_boosting"})
    task = asyncio.create_task(processes.run("train", boosting, messages.append))
    await eventually(lambda: messages)
    process = psutil.Process(*processes.pids)

    fork_server_of(process).kill()

    assert isinstance(await task, Finished)
    # Without the fork server, its end is seen when it closes its pipe, and it may still be exiting.
    await eventually(lambda: has_exited(process))
    assert isinstance(await train(processes), Finished)


def forking() -> bool:
    """Whether a thread waits for the id of a new process."""
    return any(frame.f_code.co_name == "read_signed" for frame in sys._current_frames().values())


async def train_with_suspended_server(
    processes: Processes,
) -> tuple[asyncio.Task[Result], psutil.Process]:
    """A training that waits for its process, and the suspended fork server."""
    task, process = await running(processes)
    fork_server = fork_server_of(process)
    await cancelled(task)
    fork_server.suspend()
    training = asyncio.create_task(train(processes))
    await eventually(forking)
    return training, fork_server


async def test_fork_is_retried_when_the_fork_server_dies(processes: Processes, caplog: pytest.LogCaptureFixture):
    training, fork_server = await train_with_suspended_server(processes)

    fork_server.kill()

    assert isinstance(await training, Finished)
    assert "fork server" in caplog.text


async def test_training_fails_when_forks_keep_failing(processes: Processes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlapp.services.jobs.runner.FORK_TIMEOUT_S", -1)
    training, fork_server = await train_with_suspended_server(processes)

    fork_server.kill()

    with pytest.raises(TrainingAborted, match="could not be started"):
        await training


class StoppingProcesses(Processes):
    """Processes that stop the fork server, while those of other apps in this process do not."""

    _stop_fork_server = STOP_FORK_SERVER


@pytest.fixture
def _fork_server_is_replaced() -> Iterator[None]:
    yield
    server: Any = forkserver._forkserver
    if server._forkserver_alive_fd is None:
        # A test that has failed may have been interrupted while it was stopped: all others would fail, too.
        server._forkserver_pid = server._forkserver_address = None


@pytest.mark.usefixtures("_fork_server_is_replaced")
async def test_fork_server_is_stopped_when_idle():
    processes, other = StoppingProcesses(idle_s=0.1), StoppingProcesses(idle_s=3_600)
    task, process = await running(other)
    fork_server = fork_server_of(process)
    await train(processes)
    timer = processes._idle

    other.close()
    await eventually(lambda: processes._idle is not timer)
    assert fork_server.is_running()
    await cancelled(task)
    await eventually(lambda: not fork_server.is_running())

    assert isinstance(await train(processes), Finished)
    processes.close()
    processes.close()


@pytest.mark.usefixtures("_fork_server_is_replaced")
async def test_fork_server_is_stopped_after_a_failed_start():
    processes = StoppingProcesses(idle_s=0.1)
    task, process = await running(processes)
    fork_server = fork_server_of(process)
    await cancelled(task)

    with pytest.raises((AttributeError, PicklingError)):
        await train(processes, Submission(dataset="wine", options={"seed": lambda: 0}))

    await eventually(lambda: not fork_server.is_running())


async def test_run_that_is_cancelled_while_its_start_fails_is_cancelled(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mlapp.services.jobs.runner.FORK_TIMEOUT_S", -1)
    training, fork_server = await train_with_suspended_server(processes)

    training.cancel()
    fork_server.kill()

    with pytest.raises(asyncio.CancelledError):
        await training
