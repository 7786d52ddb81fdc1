"""TrainingService: which model a training is for, and which version answers afterwards."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mlapp.errors import TrainingFailed, Unacceptable
from mlapp.schemas import Format, JobStatus, Submission, Task
from mlapp.services.models.service import ModelService
from mlapp.services.training.service import TrainingService
from mlapp.store import ModelStore
from tests.services.misbehaving import misbehaving

pytestmark = pytest.mark.slow


def wine(**options: Any) -> Submission:
    return Submission(dataset="wine", options={"estimator": "linear"} | options)


def body(tmp_path: Path, y: list[Any], *, name: str | None = None, x: str = "x", **options: Any) -> Submission:
    """A JSON body, or with a `name` a CSV file."""
    path = tmp_path / f"body{len(list(tmp_path.iterdir()))}"
    rows = {x: [value % 7 for value in range(len(y))], "y": y}
    if name is None:
        path.write_text(json.dumps({"columns": rows, "target": "y", "estimator": "linear"} | options))
        return Submission(path=str(path), format=Format.JSON, options={})
    lines = [",".join(rows), *(f"{a},{b}" for a, b in zip(*rows.values(), strict=True))]
    path.write_text("\n".join(lines))
    return Submission(path=str(path), format=Format.CSV, name=name, options={"target": "y"} | options)


NUMBERS = [0.5 * value for value in range(30)]
CODES = [value % 3 for value in range(60)]


async def test_models_of_two_tables_have_their_own_versions(
    training: TrainingService, store: ModelStore, tmp_path: Path
):
    first = await training.train(wine())
    second = await training.train(body(tmp_path, NUMBERS, name="Q3 sales.csv"))
    third = await training.train(body(tmp_path, NUMBERS))
    again = await training.train(body(tmp_path, NUMBERS, name="Q3 sales.csv"))

    assert [info.model for info in (first, second, third)] == ["wine", "q3-sales", "y"]
    assert [info.default for info in (first, second, third)] == [True, False, False]
    assert (again.model, again.version, again.active, again.breaking) == ("q3-sales", 2, True, [])
    assert [job.model for job in await training.jobs.jobs()] == ["q3-sales", "y", "q3-sales", "wine"]


async def test_version_that_would_break_callers_of_its_model_is_stored_and_not_active(
    training: TrainingService, store: ModelStore, models: ModelService, tmp_path: Path
):
    await training.train(body(tmp_path, NUMBERS, model="sales"))

    info = await training.train(body(tmp_path, NUMBERS, x="z", model="sales"))

    assert (info.version, info.active, info.breaking) == (2, False, ["needs 'z', which version 1 does not"])
    assert info.predict_path == "/models/sales/predict?version=2"
    assert (store.active("sales"), (await models.version("sales", "2")).breaking) == (1, info.breaking)


async def test_answer_of_a_training_says_whom_it_broke(training: TrainingService, models: ModelService, tmp_path: Path):
    await training.train(body(tmp_path, NUMBERS, model="sales"))

    info = await training.train(
        body(tmp_path, NUMBERS, x="z", model="sales", activate="always", description="Of shops")
    )

    assert (info.active, info.breaking) == (True, ["needs 'z', which version 1 does not"])
    assert (await models.version("sales", "active")).breaking == []
    assert (await models.get("sales")).description == "Of shops"


async def test_training_without_a_name_breaks_nobody(training: TrainingService, store: ModelStore, tmp_path: Path):
    await training.train(body(tmp_path, NUMBERS))

    job = await training.submit(body(tmp_path, NUMBERS, x="z"))
    seen = {now.model: now.status async for now in training.jobs.follow(job.id)}

    # Its intended model, until the end.
    assert list(seen)[-2:] == ["y", "y-2"]
    assert (seen["y"], seen["y-2"]) == (JobStatus.RUNNING, JobStatus.SUCCEEDED)
    assert {name: store.active(name) for name in store.names()} == {"y": 1, "y-2": 1}


async def test_model_keeps_its_task(training: TrainingService, tmp_path: Path):
    options = {"model": "codes", "task": "regression"}
    first = await training.train(body(tmp_path, CODES, **options))
    kept = await training.train(body(tmp_path, CODES, model="codes"))
    preview = await training.preview(body(tmp_path, CODES, model="codes"))
    other = await training.train(body(tmp_path, CODES, model="other"))

    assert [info.task for info in (first, kept, preview, other)] == [*[Task.REGRESSION] * 3, Task.CLASSIFICATION]
    assert (kept.version, kept.active) == (2, True)


async def test_model_does_not_keep_a_task_that_the_target_does_not_suit(training: TrainingService, tmp_path: Path):
    await training.train(body(tmp_path, NUMBERS, model="sales"))
    await training.train(body(tmp_path, CODES, model="codes"))

    words = await training.train(body(tmp_path, ["low", "high"] * 20, model="sales"))
    numbers = await training.train(body(tmp_path, NUMBERS, model="codes"))

    assert (words.task, words.active, words.breaking) == (
        Task.CLASSIFICATION,
        False,
        ["predicts classes instead of numbers"],
    )
    assert (numbers.task, numbers.active, numbers.breaking) == (
        Task.REGRESSION,
        False,
        ["predicts numbers instead of classes"],
    )


@pytest.mark.parametrize("name", ["Churn!", "", "a" * 64])
async def test_invalid_name_is_rejected_before_the_training(training: TrainingService, tmp_path: Path, name: str):
    with pytest.raises(Unacceptable, match="Invalid option 'model'"):
        await training.submit(wine(model=name))
    with pytest.raises(Unacceptable, match="Invalid option 'model'"):
        await training.train(body(tmp_path, NUMBERS, model=name))


async def test_name_of_a_json_body_is_that_of_the_query(training: TrainingService, tmp_path: Path):
    submission = body(tmp_path, NUMBERS).model_copy(update={"options": {"model": "sales"}})

    job = await training.submit(submission)

    assert job.model == "sales"
    assert (await training.jobs.job(job.id)).model == "sales"
    with pytest.raises(Unacceptable, match="Invalid option 'model'"):
        await training.submit(submission.model_copy(update={"options": {"model": ["sales", "churn"]}}))


async def test_trainings_of_one_model_in_two_processes_both_end(
    training: TrainingService, models: ModelService, store: ModelStore
):
    other = TrainingService(ModelStore(store.folder), models, training.jobs, training.processes)
    training.jobs._slots = asyncio.Semaphore(2)

    ended = await asyncio.gather(training.train(wine()), other.train(wine()))

    assert sorted(info.version for info in ended) == [1, 2]
    assert (store.versions("wine"), store.active("wine")) == ([2, 1], 2)
    assert [entry.version for entry in store.history("wine")] == [2, 1]


async def test_version_that_cannot_be_loaded_is_not_stored(training: TrainingService, store: ModelStore):
    with pytest.raises(TrainingFailed, match="The trained version cannot be loaded: RuntimeError: a screw is loose"):
        await training.train(misbehaving("unloadable"))

    (job,) = await training.jobs.jobs()
    assert (job.status, store.names()) == (JobStatus.FAILED, [])
