"""TrainingService, over a store of its own and with real training processes."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from mlapp.errors import MlappError, NotFound, TooManyTrainings, TrainingFailed, Unacceptable, Unavailable
from mlapp.schemas import Format, Job, JobStatus, Submission
from mlapp.services.models import ModelService
from mlapp.services.training import DEMO, TrainingService
from mlapp.store import ModelStore
from tests.services.conftest import Fitted, eventually
from tests.services.disk import full_disk
from tests.services.misbehaving import misbehaving

WINE = Submission(dataset="wine", options={"estimator": "linear"})


async def ended(job: Job) -> Job:
    await eventually(lambda: job.finished_at)
    return job


async def running(training: TrainingService) -> Job:
    """A training that goes on until it is ended, and has its process."""
    job = training.submit(misbehaving("endless"))
    await eventually(lambda: job.stage.startswith("Trying endless"))
    return job


def process_id(training: TrainingService) -> int:
    (process,) = training._processes
    assert process.pid
    return process.pid


async def test_train_stores_and_activates_a_model(training: TrainingService, models: ModelService):
    model = await training.train(WINE)

    assert (model.version, model.active, model.estimator) == (1, True, "linear")
    assert (await models.prediction.fitted()).model.version == 1
    (job,) = training.jobs()
    assert (job.status, job.version, job.progress) == (JobStatus.SUCCEEDED, 1, 1)
    assert training.job(job.id) is job


async def test_train_without_activation_leaves_the_active_model(training: TrainingService, store: ModelStore):
    await training.train(WINE)

    model = await training.train(Submission(dataset="wine", options={"estimator": "linear", "activate": False}))

    assert (model.version, model.active, store.active()) == (2, False, 1)


async def test_train_twice_gives_the_same_model(training: TrainingService):
    first, second = await training.train(WINE), await training.train(WINE)

    assert (first.model_sha256, first.metrics) == (second.model_sha256, second.metrics)


async def test_train_keeps_as_many_models_as_it_may(training: TrainingService, store: ModelStore, wine: Fitted):
    training.keep_models = 2
    for _ in range(3):
        wine.add_to(store)

    await training.train(WINE)

    assert store.versions() == [4, 3]


async def test_body_is_removed_after_the_training(training: TrainingService, tmp_path: Path):
    path = tmp_path / "body"
    path.write_text("x,y\n" + "".join(f"{row},{row * 2}\n" for row in range(20)))

    await training.train(Submission(path=str(path), format=Format.CSV, options={"target": "y", "estimator": "linear"}))

    assert not path.exists()


async def test_body_with_options_that_will_not_do_is_removed(training: TrainingService, tmp_path: Path):
    path = tmp_path / "body"
    path.touch()

    with pytest.raises(Unacceptable, match="There is no option 'colour'"):
        training.submit(Submission(path=str(path), format=Format.CSV, options={"colour": "red"}))

    assert (path.exists(), training.jobs()) == (False, [])


async def test_failed_training_changes_nothing(training: TrainingService, store: ModelStore):
    with pytest.raises(Unacceptable, match="There is no column 'grape' in the table"):
        await training.train(Submission(dataset="wine", options={"target": "grape"}))

    (job,) = training.jobs()
    assert (job.status, job.version, store.versions(), store.active()) == (JobStatus.FAILED, None, [], None)
    assert job.error
    assert job.error.startswith("There is no column 'grape'")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (signal.SIGKILL, "The training was killed (signal 9), most often for want of memory; send fewer rows"),
        (signal.SIGABRT, "The training was killed (signal 6), most often for want of memory; send fewer rows"),
    ],
)
async def test_killed_training_fails_with_the_reason_and_the_next_one_works(
    training: TrainingService, number: signal.Signals, reason: str
):
    job = await running(training)

    os.kill(process_id(training), number)

    assert (await ended(job)).status is JobStatus.FAILED
    assert (job.error or "").startswith(reason)
    assert (await training.train(WINE)).version == 1


async def test_training_process_that_quits_fails(training: TrainingService):
    with pytest.raises(TrainingFailed, match=r"ended without a result \(exit status 3\); train again."):
        await training.train(misbehaving("quitting"))


async def test_bug_in_a_training_is_logged_and_its_trace_not_shown(
    training: TrainingService, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(MlappError, match="The training hit an error of ours, which is in the log") as failed:
        await training.train(misbehaving("buggy"))

    assert failed.value.status == 500
    assert "RuntimeError: a screw is loose" in caplog.text


async def test_full_disk_fails_the_training_and_the_next_one_works(training: TrainingService, store: ModelStore):
    await training.train(WINE)

    with full_disk(), pytest.raises(Unavailable, match=r"Nothing could be saved \(File too large\); the models there"):
        await training.train(WINE)

    assert (store.versions(), store.active()) == ([1], 1)
    assert (await training.train(WINE)).version == 2


async def test_training_goes_on_when_nobody_waits_any_more(training: TrainingService):
    client = asyncio.create_task(training.train(WINE))
    await eventually(training.jobs)
    (job,) = training.jobs()

    client.cancel()

    assert ((await ended(job)).status, job.version) == (JobStatus.SUCCEEDED, 1)


async def test_queue_takes_eight_and_no_more(training: TrainingService):
    job = await running(training)
    waiting = [training.submit(WINE) for _ in range(8)]

    with pytest.raises(TooManyTrainings, match="8 trainings wait already; try again when one has ended."):
        training.submit(WINE)

    assert job.status is JobStatus.RUNNING
    assert {other.status for other in waiting} == {JobStatus.QUEUED}
    assert training.jobs()[0] is waiting[-1]


async def test_nine_trainings_at_once_are_one_that_runs_and_eight_that_wait(training: TrainingService):
    for _ in range(9):
        training.submit(misbehaving("endless"))

    with pytest.raises(TooManyTrainings):
        training.submit(WINE)


async def test_close_interrupts_what_runs_and_waits_and_leaves_no_process(training: TrainingService):
    job = await running(training)
    waiting = asyncio.create_task(training.train(WINE))
    await eventually(lambda: len(training.jobs()) == 2)
    process = process_id(training)

    await training.close()

    assert [job.status for job in training.jobs()] == [JobStatus.INTERRUPTED] * 2
    assert job.error == "The server was shut down."
    with pytest.raises(Unavailable, match="The server is shutting down; train again in a moment."):
        await waiting
    await eventually(lambda: not Path(f"/proc/{process}").exists())


@pytest.mark.parametrize("moments", [0, 1, 3])
async def test_close_at_the_start_of_a_training_interrupts_it(training: TrainingService, tmp_path: Path, moments: int):
    path = tmp_path / "body"
    path.write_text("x")
    job = training.submit(Submission(path=str(path), format=Format.CSV, options={}))
    for _ in range(moments):
        await asyncio.sleep(0)

    await training.close()

    assert (job.status, path.exists(), training._processes) == (JobStatus.INTERRUPTED, False, set())


async def test_jobs_that_ended_long_ago_are_forgotten(training: TrainingService, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlapp.services.training.KEPT_JOBS", 1)
    nothing = Submission(dataset="beer", options={})
    first, second = await ended(training.submit(nothing)), await ended(training.submit(nothing))

    third = await running(training)

    assert training.jobs() == [third]
    for job in (first, second):
        with pytest.raises(NotFound, match="There is no such training"):
            training.job(job.id)


@pytest.fixture
def quick_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = DEMO.model_copy(update={"options": DEMO.options | {"estimator": "linear"}})
    monkeypatch.setattr("mlapp.services.training.DEMO", quick)


@pytest.mark.usefixtures("quick_demo")
async def test_first_start_trains_a_model(training: TrainingService, store: ModelStore):
    await training.start(demo=True)

    (job,) = training.jobs()
    assert (await ended(job)).version == 1
    assert store.active() == 1
    assert store.record(1).note == "Trained at the first start, on simulated data."


@pytest.mark.usefixtures("quick_demo")
async def test_first_start_leaves_the_model_active_that_another_process_trained(
    training: TrainingService, store: ModelStore, wine: Fitted
):
    await training.start(demo=True)

    store.activate(wine.add_to(store))

    (job,) = training.jobs()
    assert (await ended(job)).version == 2
    assert store.active() == 1


@pytest.mark.parametrize("demo", [True, False])
async def test_later_starts_train_nothing(training: TrainingService, store: ModelStore, wine: Fitted, *, demo: bool):
    if demo:
        wine.add_to(store)

    await training.start(demo=demo)

    assert training.jobs() == []


async def test_preview_looks_at_bundled_tables_and_files(training: TrainingService, tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_text("age;name\n40;Ann\n;Bob\n")

    table = await training.preview(Submission(dataset="wine", options={}))
    file = await training.preview(Submission(path=str(path), format=Format.CSV, options={}))

    assert (table.rows, len(table.columns)) == (178, 14)
    assert [(column.name, column.missing) for column in file.columns] == [("age", 1), ("name", 0)]
    assert path.exists()


async def test_bug_in_the_server_fails_the_job_too(
    store: ModelStore, models: ModelService, caplog: pytest.LogCaptureFixture
):
    training = TrainingService(store, models, keep_models="many")  # type: ignore[arg-type]

    with pytest.raises(TypeError):
        await training.train(WINE)

    (job,) = training.jobs()
    assert (job.status, job.error) == (JobStatus.FAILED, "The training hit an error of ours, which is in the log.")
    assert "hit a bug" in caplog.text
