"""Processes: real ones, that end in every way there is."""

import asyncio
import multiprocessing
import os
import re
import signal
import sys
import time
from pathlib import Path
from pickle import PicklingError

import psutil
import pytest

from mlapp.errors import EstimatorsBroken, MlappError, TrainingAborted, TrainingFailed, Unacceptable
from mlapp.schemas import Submission
from mlapp.services.jobs.ipc import Finished, Looked, Progress, Started
from mlapp.services.jobs.process_tree import resident_bytes
from mlapp.services.jobs.runner import PACE_S, Processes
from tests.services.conftest import eventually, gone
from tests.services.misbehaving import Unimportable, misbehaving

pytestmark = pytest.mark.slow

WINE = Submission(dataset="wine", options={"estimator": "linear"})
UNLOAD = Processes._unload
"""As it is; elsewhere in the tests it does nothing."""
Running = tuple["asyncio.Task[Finished | Looked]", psutil.Process]


async def train(processes: Processes, submission: Submission = WINE) -> Finished | Looked:
    return await processes.run("train", submission, lambda _: None)


async def running(processes: Processes, estimator: str = "endless") -> Running:
    """A training that goes on until it is ended, and its process."""
    heard: list[Started | Progress] = []
    task = asyncio.create_task(processes.run("train", misbehaving(estimator), heard.append))
    await eventually(lambda: [each for each in heard if isinstance(each, Progress) and estimator in each.stage])
    (pid,) = processes.pids
    return task, psutil.Process(pid)


async def cancelled(task: asyncio.Task[Finished | Looked]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def loaded(process: psutil.Process) -> psutil.Process:
    """What a process was forked from."""
    parent = process.parent()
    assert parent
    return parent


async def test_run_tells_what_is_heard_and_returns_the_result(processes: Processes):
    heard: list[Started | Progress] = []

    finished = await processes.run("train", WINE, heard.append)

    assert isinstance(finished, Finished)
    assert heard[0] == Started("wine", 178, 14, "cultivar", "linear")
    assert all(isinstance(each, Progress) for each in heard[1:])
    assert processes.pids == []


async def test_run_raises_what_is_wrong_with_the_table(processes: Processes):
    with pytest.raises(Unacceptable, match="There is no column 'grape' in the table"):
        await train(processes, Submission(dataset="wine", options={"target": "grape"}))


async def test_bug_is_logged_and_its_trace_not_told(processes: Processes, caplog: pytest.LogCaptureFixture):
    with pytest.raises(MlappError, match="The training hit an error of ours, which is in the log") as failed:
        await train(processes, misbehaving("costly"))

    assert (failed.value.status, "unsupported" in failed.value.detail) == (500, False)
    (record,) = caplog.records
    assert "TypeError: unsupported" in record.trace  # type: ignore[attr-defined]


async def test_failure_of_an_estimator_is_told_and_its_trace_logged(
    processes: Processes, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(TrainingFailed, match="The estimator 'buggy' failed: RuntimeError: a screw is loose; name anot"):
        await train(processes, misbehaving("buggy"))

    (record,) = caplog.records
    assert "RuntimeError: a screw is loose" in record.trace  # type: ignore[attr-defined]


@pytest.mark.parametrize("estimator", ["buggy", "hungry", "crashing"])
async def test_failure_that_would_come_again_is_the_fault_of_the_request(processes: Processes, estimator: str):
    with pytest.raises(MlappError) as failed:
        await train(processes, misbehaving(estimator))

    assert (failed.value.status, failed.value.retry_after_s) == (422, None)


@pytest.mark.parametrize("estimator", ["quitting", "mumbling", "announcing"])
async def test_failure_for_no_known_reason_may_be_tried_again(processes: Processes, estimator: str):
    with pytest.raises(MlappError) as failed:
        await train(processes, misbehaving(estimator))

    assert (failed.value.status, failed.value.retry_after_s) == (503, 30)


async def test_what_cannot_be_imported_is_told_with_its_place_and_logged(
    processes: Processes, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(EstimatorsBroken) as failed:
        await train(processes, Unimportable(dataset="wine", options={}))

    assert re.fullmatch(
        r"Nothing can be trained: ModuleNotFoundError: import of mlapp.ml.estimators halted; None in sys.modules "
        r"\(mlapp/services/jobs/worker.py, line \d+\); install what is missing, or mend the import, and train again.",
        failed.value.detail,
    )
    (record,) = caplog.records
    assert "from mlapp.ml.estimators import" in record.trace  # type: ignore[attr-defined]
    assert isinstance(await train(processes), Finished)


@pytest.mark.parametrize(
    ("number", "error", "sentence"),
    [
        (
            signal.SIGKILL,
            TrainingAborted,
            r"was killed \(signal 9: Killed\), most often for want of memory; send fewer rows",
        ),
        (
            signal.SIGABRT,
            TrainingAborted,
            r"was killed \(signal 6: Aborted\), most often for want of memory; send fewer rows",
        ),
        (
            signal.SIGSEGV,
            TrainingFailed,
            r"crashed \(signal 11: Segmentation fault\), most often by a bug in a library; name another",
        ),
        (signal.SIGTERM, TrainingAborted, r"was ended by somebody else \(signal 15: Terminated\); train again."),
    ],
)
async def test_killed_process_fails_with_the_reason(
    processes: Processes, number: signal.Signals, error: type[MlappError], sentence: str
):
    task, process = await running(processes)

    process.send_signal(number)

    with pytest.raises(error, match=sentence):
        await task
    assert isinstance(await train(processes), Finished)


@pytest.mark.parametrize(
    ("estimator", "status"), [("quitting", 3), ("leaving", 0), ("mumbling", 3), ("foreign", 3), ("breaking_off", 3)]
)
async def test_process_that_says_nothing_sensible_fails(processes: Processes, estimator: str, status: int):
    with pytest.raises(TrainingAborted, match=rf"ended without a result \(exit status {status}\); train again."):
        await train(processes, misbehaving(estimator))


async def test_process_that_announces_an_endless_message_fails(processes: Processes):
    with pytest.raises(TrainingAborted, match="The training sent what cannot be read as a result; train again."):
        await train(processes, misbehaving("announcing"))

    assert processes.pids == []


async def test_flood_of_messages_waits_in_the_pipe(processes: Processes):
    heard: list[Started | Progress] = []
    task = asyncio.create_task(processes.run("train", misbehaving("flooding"), heard.append))
    await eventually(lambda: sum("flood" in each.stage for each in heard if isinstance(each, Progress)) > 20)
    before, began = len(heard), time.monotonic()

    await eventually(lambda: len(heard) > before + 100)

    assert time.monotonic() - began >= 90 * PACE_S
    await cancelled(task)


async def test_process_that_takes_too_long_is_ended(processes: Processes):
    impatient = Processes(limit_s=0.3, idle_s=3_600)

    with pytest.raises(TrainingFailed, match="took more than the 0 minutes that one may take; send fewer rows"):
        await train(impatient, misbehaving("stubborn"))

    assert (impatient.pids, multiprocessing.active_children()) == ([], [])
    assert isinstance(await train(processes), Finished)


async def test_process_dies_though_one_that_it_forked_holds_its_pipe(processes: Processes):
    with pytest.raises(TrainingAborted, match=r"ended without a result \(exit status 3\)"):
        await train(processes, misbehaving("forking"))


async def test_processes_that_outlive_a_process_are_ended(processes: Processes, tmp_path: Path):
    heard: list[Started | Progress] = []
    with pytest.raises(TrainingAborted, match="exit status 3"):
        await processes.run("train", misbehaving("orphaning"), heard.append)

    (orphan,) = {int(each.stage) for each in heard if isinstance(each, Progress) and each.stage.isdigit()}
    assert not psutil.pid_exists(orphan) or gone(psutil.Process(orphan))


async def test_cancelled_run_leaves_no_process(processes: Processes):
    task, process = await running(processes)

    await cancelled(task)

    assert (gone(process), processes.pids) == (True, [])


async def test_process_that_will_not_end_is_killed(processes: Processes):
    task, process = await running(processes, "stubborn")

    await cancelled(task)

    assert gone(process)


async def test_processes_that_a_process_started_end_with_it(processes: Processes):
    task, process = await running(processes, "bearing")
    await eventually(process.children)
    (child,) = process.children()

    await cancelled(task)

    assert gone(child)


@pytest.mark.parametrize("moments", [1, 2, 5])
async def test_run_that_is_cancelled_while_it_starts_leaves_no_process(processes: Processes, moments: int):
    task = asyncio.create_task(train(processes, misbehaving("endless")))
    for _ in range(moments):
        await asyncio.sleep(0)

    await cancelled(task)

    assert (processes.pids, multiprocessing.active_children()) == ([], [])


async def test_processes_stand_back_behind_the_server(processes: Processes):
    task, process = await running(processes)

    assert process.nice() == min(19, os.nice(0) + 10)
    assert Path(f"/proc/{process.pid}/oom_score_adj").read_text() == "1000\n"

    await cancelled(task)


async def test_process_that_takes_too_much_memory_is_ended(processes: Processes):
    limited = Processes(memory_mb=600, idle_s=3_600)

    with pytest.raises(TrainingFailed, match=r"took more than the 600 MB of memory .* \(MLAPP_JOB_MEMORY_MB\); send"):
        await train(limited, misbehaving("growing"))

    assert limited.pids == []


async def test_process_within_its_memory_is_left_alone():
    limited = Processes(memory_mb=600, idle_s=3_600)

    assert isinstance(await train(limited), Finished)


async def test_memory_of_a_process_includes_those_it_started(processes: Processes):
    task, process = await running(processes, "bearing")
    await eventually(process.children)
    (live,) = processes._live

    assert resident_bytes(live) > process.memory_info().rss > 50_000_000

    await cancelled(task)
    assert resident_bytes(live) == 0


async def test_process_outlives_what_it_was_forked_from(processes: Processes):
    heard: list[Started | Progress] = []
    boosting = Submission(dataset="wine", options={"estimator": "hist_gradient_boosting"})
    task = asyncio.create_task(processes.run("train", boosting, heard.append))
    await eventually(lambda: heard)
    process = psutil.Process(*processes.pids)

    loaded(process).kill()

    assert isinstance(await task, Finished)
    assert gone(process)
    assert isinstance(await train(processes), Finished)


def asking() -> bool:
    """Whether a thread waits for the number of a new process."""
    return any(frame.f_code.co_name == "read_signed" for frame in sys._current_frames().values())


async def asked_in_vain(processes: Processes) -> tuple[asyncio.Task[Finished | Looked], psutil.Process]:
    """A training that waits for its process, and what that should be forked from, held."""
    task, process = await running(processes)
    forked_from = loaded(process)
    await cancelled(task)
    forked_from.suspend()
    training = asyncio.create_task(train(processes))
    await eventually(asking)
    return training, forked_from


async def test_death_of_what_is_forked_from_while_it_forks_is_survived(
    processes: Processes, caplog: pytest.LogCaptureFixture
):
    training, forked_from = await asked_in_vain(processes)

    forked_from.kill()

    assert isinstance(await training, Finished)
    assert "What trainings are forked from has died; it is started again." in caplog.text


async def test_fork_that_goes_wrong_for_long_fails_the_training(processes: Processes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlapp.services.jobs.runner.REVIVAL_S", -1)
    training, forked_from = await asked_in_vain(processes)

    forked_from.kill()

    with pytest.raises(TrainingAborted, match="No process could be started for it; train again."):
        await training


async def test_what_is_forked_from_is_ended_when_nothing_runs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Processes, "_unload", UNLOAD)
    processes = Processes(idle_s=0.1)
    task, process = await running(processes)
    forked_from = loaded(process)

    Processes().close()
    assert forked_from.is_running()
    await cancelled(task)
    await eventually(lambda: not forked_from.is_running())

    assert isinstance(await train(processes), Finished)
    processes.close()
    processes.close()


async def test_what_is_forked_from_is_ended_after_a_start_that_failed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Processes, "_unload", UNLOAD)
    processes = Processes(idle_s=0.1)
    task, process = await running(processes)
    forked_from = loaded(process)
    await cancelled(task)

    with pytest.raises((AttributeError, PicklingError)):
        await train(processes, Submission(dataset="wine", options={"seed": lambda: 0}))

    await eventually(lambda: not forked_from.is_running(), 10)


async def test_run_that_is_cancelled_while_its_start_fails_is_cancelled(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mlapp.services.jobs.runner.REVIVAL_S", -1)
    training, forked_from = await asked_in_vain(processes)

    training.cancel()
    forked_from.kill()

    with pytest.raises(asyncio.CancelledError):
        await training
