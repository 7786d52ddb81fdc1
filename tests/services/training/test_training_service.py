"""TrainingService, with its own store and real training processes."""

import asyncio
import shutil
from pathlib import Path

import psutil
import pytest

from mlapp.errors import Conflict, TooManyTrainings, Unacceptable, Unavailable
from mlapp.schemas import ColumnType, DataSource, Format, Job, JobStatus, Submission
from mlapp.services.models.service import ModelService
from mlapp.services.training.service import DEMO, TrainingService
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.conftest import eventually, has_exited
from tests.services.disk import full_disk
from tests.services.misbehaving import misbehaving

pytestmark = pytest.mark.slow

WINE = Submission(dataset="wine", options={"estimator": "linear"})
CSV = "x,y\n" + "".join(f"{row},{row * 2}\n" for row in range(20))


async def ended(training: TrainingService, job: Job) -> Job:
    *_, last = [now async for now in training.jobs.follow(job.id)]
    return last


async def running(training: TrainingService) -> tuple[Job, psutil.Process]:
    """A training that runs until it is stopped, and its process."""
    job = await training.submit(misbehaving("endless"))
    await eventually(lambda: job.stage.startswith("Evaluating endless"))
    (pid,) = training.processes.pids
    return job, psutil.Process(pid)


def table(tmp_path: Path, name: str | None = None, **options: object) -> Submission:
    path = tmp_path / "body"
    path.write_text(CSV)
    return Submission(path=str(path), format=Format.CSV, name=name, options=options)


async def test_train_stores_and_activates_a_version(training: TrainingService, models: ModelService):
    info = await training.train(WINE)

    assert (info.model, info.version, info.active, info.default, info.estimator) == ("wine", 1, True, True, "linear")
    assert (info.breaking, info.predict_path) == ([], "/models/wine/predict")
    assert (await models.prediction.fitted(None)).info.version == 1
    (job,) = await training.jobs.jobs()
    assert (job.status, job.model, job.version, job.progress) == (JobStatus.SUCCEEDED, "wine", 1, 1)
    assert (job.table, job.target, job.estimator) == ("wine, 178 rows × 14 columns", "cultivar", "linear")


async def test_train_twice_gives_the_same_version(training: TrainingService):
    first, second = await training.train(WINE), await training.train(WINE)

    assert (first.model_sha256, first.metrics) == (second.model_sha256, second.metrics)


async def test_train_reads_a_table_as_people_write_it(training: TrainingService, tmp_path: Path):
    path = tmp_path / "body"
    rows = [f"{row};{row},5 €;{10_000 + row % 4};{'JA' if row % 3 else 'Nein'}" for row in range(1, 41)]
    path.write_text("nr;Preis;plz;Kauf\n41;1,5 €;10001;N/A\n" + "\n".join(rows) + "\n")
    options = {"target": "Kauf", "types": '{"plz": "category"}', "exclude": ["nr"], "estimator": "linear"}

    model = await training.train(Submission(path=str(path), format=Format.CSV, options=options))

    assert (model.classes, model.rows, model.rows_dropped) == (["JA", "Nein"], 40, 1)
    price, zip_code = model.features
    assert price.read_as
    assert (price.type, price.max, price.read_as.unit) == (ColumnType.NUMBER, 40.5, "€")
    assert (zip_code.type, zip_code.categories) == (ColumnType.CATEGORY, ["10000", "10001", "10002", "10003"])
    assert [column.name for column in model.ignored] == ["nr"]
    assert model.read_as
    assert model.read_as.delimiter == ";"
    assert any("'N/A' in column 'Kauf'" in warning for warning in model.warnings)


async def test_train_prunes_old_versions_of_its_model(training: TrainingService, store: ModelStore, wine: Fitted):
    training.keep_versions = 2
    for model in ("wine", "wine", "other", "wine", "other", "other"):
        wine.add_to(store, model)

    await training.train(WINE)

    assert (store.versions("wine"), store.versions("other")) == ([4, 3], [3, 2, 1])


async def test_body_is_removed_after_the_training(training: TrainingService, tmp_path: Path):
    await training.train(table(tmp_path, target="y", estimator="linear"))

    assert not (tmp_path / "body").exists()


async def test_body_with_invalid_options_is_removed(training: TrainingService, tmp_path: Path):
    with pytest.raises(Unacceptable, match="There is no option 'colour'"):
        await training.submit(table(tmp_path, colour="red"))

    assert ((tmp_path / "body").exists(), await training.jobs.jobs()) == (False, [])


async def test_body_on_a_full_disk_is_removed(training: TrainingService, tmp_path: Path):
    submission = table(tmp_path, target="y")

    with full_disk(100), pytest.raises(Unavailable, match="Nothing could be saved"):
        await training.submit(submission)

    assert ((tmp_path / "body").exists(), await training.jobs.jobs()) == (False, [])


async def test_body_of_a_training_that_is_cancelled_while_queued_is_removed(training: TrainingService, tmp_path: Path):
    await running(training)
    job = await training.submit(table(tmp_path, target="y"))

    await training.jobs.cancel(job.id)

    await eventually(lambda: not (tmp_path / "body").exists())


@pytest.mark.parametrize(
    ("name", "shown"), [("people.csv", "people.csv"), (None, "CSV"), ("x" * 70 + "\n", "x" * 60 + "…")]
)
async def test_job_is_named_after_the_uploaded_file(
    training: TrainingService, tmp_path: Path, name: str | None, shown: str
):
    job = await training.submit(table(tmp_path, name, target="y", estimator="linear"))
    assert job.table == shown

    assert (await ended(training, job)).table == f"{shown}, 20 rows × 2 columns"


async def test_failed_training_leaves_the_store_unchanged(training: TrainingService, store: ModelStore):
    with pytest.raises(Unacceptable, match="There is no column 'grape' in the table"):
        await training.train(Submission(dataset="wine", options={"target": "grape"}))

    (job,) = await training.jobs.jobs()
    assert (job.status, job.model, job.version, store.names()) == (JobStatus.FAILED, "wine", None, [])
    assert job.error
    assert job.error.startswith("There is no column 'grape'")


async def test_killed_training_fails_with_the_reason_and_the_next_one_works(training: TrainingService):
    job, process = await running(training)

    process.kill()

    job = await ended(training, job)
    assert (job.status, (job.error or "")[:42]) == (JobStatus.FAILED, "The training was killed (signal 9: Killed)")
    assert (await training.train(WINE)).version == 1


async def test_cancelled_training_leaves_no_process_and_the_next_one_works(
    training: TrainingService, store: ModelStore
):
    job, process = await running(training)

    async with asyncio.timeout(30):
        cancelled = await training.jobs.cancel(job.id)

    assert (cancelled.status, cancelled.error) == (JobStatus.CANCELLED, "The training was cancelled.")
    assert (has_exited(process), training.processes.pids, store.names()) == (True, [], [])
    assert (await training.train(WINE)).version == 1


async def test_cancelled_train_is_a_conflict(training: TrainingService):
    waiting = asyncio.create_task(training.train(misbehaving("endless")))
    await eventually(lambda: training.processes.pids)

    await training.jobs.cancel(1)

    with pytest.raises(Conflict, match="The training was cancelled."):
        await waiting


async def test_training_reports_progress_and_remaining_time(training: TrainingService):
    job = await training.submit(Submission(dataset="diabetes", options={"estimator": "random_forest"}))

    seen = [now async for now in training.jobs.follow(job.id)]

    shares = [now.progress for now in seen]
    assert shares == sorted(shares)
    assert len(set(shares)) > 4
    left_s = [now.remaining_s for now in seen if now.remaining_s is not None]
    assert left_s
    # Minutes on a busy machine.
    assert 0 <= min(left_s) <= max(left_s) < 3_600
    assert (seen[-1].progress, seen[-1].remaining_s) == (1, None)


async def test_full_disk_fails_the_training_and_the_next_one_works(
    training: TrainingService, store: ModelStore, wine: Fitted
):
    wine.activate_in(store)

    with full_disk(), pytest.raises(Unavailable, match=r"Nothing could be saved \(File too large\)"):
        await training.train(WINE)

    assert (store.names(), store.state("wine")) == (["wine"], (1, [1]))
    assert (await training.train(WINE)).version == 2


async def test_training_continues_when_the_client_disconnects(training: TrainingService, store: ModelStore):
    client = asyncio.create_task(training.train(WINE))
    await eventually(lambda: training.processes.pids)

    client.cancel()

    job = await ended(training, await training.jobs.job(1))
    assert (job.status, job.version, store.versions("wine")) == (JobStatus.SUCCEEDED, 1, [1])


async def test_tenth_training_is_rejected(training: TrainingService, tmp_path: Path):
    await running(training)
    for _ in range(8):
        await training.submit(WINE)

    with pytest.raises(TooManyTrainings, match="8 trainings"):
        await training.train(table(tmp_path, target="y"))

    assert not (tmp_path / "body").exists()


async def test_close_interrupts_all_jobs_and_leaves_no_process(training: TrainingService):
    _, process = await running(training)
    waiting = asyncio.create_task(training.train(WINE))
    await eventually(lambda: len(training.jobs._runs) == 2)

    await training.close()

    assert [job.status for job in await training.jobs.jobs()] == [JobStatus.INTERRUPTED] * 2
    with pytest.raises(Unavailable, match="shut down"):
        await waiting
    assert has_exited(process)


@pytest.fixture
def quick_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = DEMO.model_copy(update={"options": DEMO.options | {"estimator": "linear"}})
    monkeypatch.setattr("mlapp.services.training.service.DEMO", quick)


@pytest.mark.usefixtures("quick_demo")
async def test_first_start_trains_a_model(training: TrainingService, store: ModelStore):
    await training.start(demo=True)

    (job,) = await training.jobs.jobs()
    assert (await ended(training, job)).version == 1
    assert (store.active("machines"), store.settings("machines").demo, store.default()) == (1, True, "machines")
    assert store.record("machines", 1).note == "Trained at the first start."
    assert store.record("machines", 1).source == DataSource(dataset="machines", simulated=True)


@pytest.mark.usefixtures("quick_demo")
@pytest.mark.parametrize(("model", "example"), [("wine", "machines"), ("machines", "machines-2")])
async def test_first_start_leaves_the_default_to_a_model_that_another_process_trained(
    training: TrainingService, store: ModelStore, wine: Fitted, model: str, example: str
):
    await training.start(demo=True)

    wine.activate_in(store, model)

    (job,) = await training.jobs.jobs()
    assert (await ended(training, job)).model == example
    assert (store.default(), store.versions(model), store.active(example)) == (model, [1], 1)


@pytest.mark.parametrize("demo", [True, False])
async def test_later_starts_train_nothing(training: TrainingService, store: ModelStore, wine: Fitted, *, demo: bool):
    if demo:
        wine.add_to(store)

    await training.start(demo=demo)

    assert await training.jobs.jobs() == []


async def test_example_that_was_removed_is_not_trained_again(
    training: TrainingService, store: ModelStore, wine: Fitted
):
    wine.add_to(store)
    store.remove("wine")

    await training.start(demo=True)

    assert await training.jobs.jobs() == []


async def test_start_on_a_read_only_store_succeeds_without_a_model(training: TrainingService):
    shutil.rmtree(training.store.folder)
    training.store.folder.touch()

    await training.start(demo=True)

    assert (await training.jobs.jobs(), training.store.names()) == ([], [])


async def test_preview_of_bundled_tables_and_files(training: TrainingService, tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_text("age;name\n40;Ann\n;Bob\n")

    table = await training.preview(Submission(dataset="wine", options={}))
    file = await training.preview(Submission(path=str(path), format=Format.CSV, options={}))

    assert (table.rows, len(table.columns)) == (178, 14)
    assert [(column.name, column.missing) for column in file.columns] == [("age", 1), ("name", 0)]
    assert path.exists()


async def test_training_whose_version_cannot_be_activated_leaves_the_store_unchanged(
    training: TrainingService, store: ModelStore, wine: Fitted
):
    wine.activate_in(store)
    settings = store.folder / "models/wine/model.json"
    aside = settings.rename(settings.with_suffix(".aside"))
    settings.mkdir()

    with pytest.raises(Unavailable, match=r"Nothing could be saved \(Is a directory\)"):
        await training.train(WINE)

    settings.rmdir()
    aside.rename(settings)
    assert (store.state("wine"), len(store.history("wine"))) == ((1, [1]), 1)
    assert (await training.train(WINE)).version == 3


async def test_start_on_an_unreadable_store_succeeds(training: TrainingService, caplog: pytest.LogCaptureFixture):
    shutil.rmtree(training.store.folder / "models")
    (training.store.folder / "models").symlink_to("models")

    await training.start(demo=True)

    assert (await training.jobs.jobs(), "cannot be written" in caplog.text) == ([], True)
