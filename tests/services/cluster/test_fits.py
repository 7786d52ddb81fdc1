"""Trainings on a Dask cluster of two workers, which are real processes, and lose what they can lose."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression

from mlapp.errors import TrainingAborted, TrainingFailed, Unacceptable
from mlapp.ml.estimators import ESTIMATORS, Recipe
from mlapp.ml.evaluation.out_of_fold import Fits, Samples, local_fits, predict
from mlapp.ml.inference.model_file import ModelFile
from mlapp.ml.training.train import Trained, train
from mlapp.schemas import Submission
from mlapp.services.cluster import connection, fits
from mlapp.services.cluster.fits import cluster_fits
from mlapp.services.cluster.task import environment
from mlapp.services.jobs.ipc import Finished, Progress
from mlapp.services.jobs.runner import Processes
from mlapp.services.options import train_options
from mlapp.services.training.service import TrainingService
from mlapp.tables.bundled.datasets import dataset
from tests.servers import free_port
from tests.services.cluster.local_cluster import (
    LocalCluster,
    Waiting,
    WaitingTraining,
    allow_failures,
    hide_code,
    pending_keys,
    show_code,
    wait_for,
    waiting,
)
from tests.services.conftest import eventually

pytestmark = pytest.mark.slow

UNTIMED = {"leaderboard", "training_seconds"}
ROWS = np.arange(40)
SAMPLES = Samples(np.random.default_rng(0).normal(size=(40, 2)), ROWS.astype(float), [], None)


@pytest.fixture(scope="module")
def processes_of_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    # Until the end of this file, as the fork server is stopped only while no process runs, which other tests wait for.
    cluster = LocalCluster(tmp_path_factory.mktemp("dask"))
    yield cluster
    cluster.close()


@pytest.fixture
def workers(processes_of_cluster: LocalCluster) -> LocalCluster:
    """A cluster with two workers."""
    return processes_of_cluster.start()


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOST_S", 0.5)
    monkeypatch.setattr(connection, "POLL_S", 0.1)
    monkeypatch.setattr(connection, "CONNECT_S", 0.5)


def train_on(where: Fits, estimator: str = "linear", name: str = "diabetes") -> Trained:
    table, target = dataset(name)
    table.options = options = train_options({"target": target, "estimator": estimator})
    return train(table, options, time.perf_counter, lambda *_: None, fits=where)


def timeless(trained: Trained) -> dict[str, object]:
    return {name: value for name, value in trained.record.items() if name not in UNTIMED}


def predictions(trained: Trained | Finished) -> np.ndarray:
    classes, rows = trained.record["classes"], np.eye(len(trained.record["features"]))
    return predict(ModelFile.from_bytes(trained.file).estimator, rows, len(classes) if classes else None)


@pytest.mark.parametrize("name", ["wine", "diabetes"])
def test_training_on_a_cluster_gives_the_same_version(workers: LocalCluster, name: str):
    here, there = train_on(local_fits, name=name), train_on(cluster_fits(workers.address), name=name)

    assert timeless(here) == timeless(there)
    assert (predictions(here) == predictions(there)).all()


async def test_training_process_uses_the_cluster_and_reports_progress(workers: LocalCluster, processes: Processes):
    shares: list[float] = []
    submission = Submission(dataset="diabetes", options={"estimator": "linear"}, dask=workers.address)

    finished = await processes.run(
        "train", submission, lambda message: shares.append(message.share) if isinstance(message, Progress) else None
    )

    assert isinstance(finished, Finished)
    assert (predictions(finished) == predictions(train_on(local_fits))).all()
    assert shares == sorted(shares)
    assert len(set(shares)) > 5


async def test_cancelled_training_releases_its_tasks(workers: LocalCluster, processes: Processes, tmp_path: Path):
    options = {"estimator": "waiting"}
    submission = WaitingTraining(path=str(tmp_path), options=options, dask=workers.address)
    task = asyncio.create_task(processes.run("train", submission, lambda _: None))
    await eventually(lambda: len(waiting(tmp_path)) == 2)

    task.cancel()

    with workers.client() as client:
        await eventually(lambda: client.run_on_scheduler(pending_keys) == 0)
    (tmp_path / "go").touch()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_error_of_an_estimator_is_the_same_as_locally(workers: LocalCluster, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(ESTIMATORS, "odd", Recipe(lambda *_: DummyRegressor(strategy="constant")))

    with pytest.raises(Unacceptable) as here:
        train_on(local_fits, "odd")
    with pytest.raises(Unacceptable) as there:
        train_on(cluster_fits(workers.address), "odd")

    assert here.value.detail == there.value.detail


def test_fits_of_a_killed_worker_are_made_by_another(workers: LocalCluster, tmp_path: Path):
    with cluster_fits(workers.address)(SAMPLES, time.perf_counter) as submit:
        pending = [submit(lambda: Waiting(str(tmp_path)), ROWS[first:], ROWS[:first]) for first in range(5, 9)]
        wait_for(lambda: len(waiting(tmp_path)) == 2)
        workers.kill(min(waiting(tmp_path)))
        (tmp_path / "go").touch()
        results = [await_fit(lambda _: None) for await_fit in pending]

    assert [result.predicted[0] for result in results] == [22.0, 22.5, 23.0, 23.5]


def test_rows_that_only_a_killed_worker_holds_are_sent_again_but_not_forever(
    workers: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with cluster_fits(workers.address)(SAMPLES, time.perf_counter) as submit:
        pending = submit(lambda: Waiting(str(tmp_path)), ROWS[5:], ROWS[:5])
        wait_for(lambda: waiting(tmp_path))
        workers.kill(*waiting(tmp_path))
        (tmp_path / "go").touch()
        with monkeypatch.context() as patch:
            patch.setattr(fits, "MAX_SENT", 1)
            with pytest.raises(TrainingAborted, match="was lost: so were 1 workers with"):
                pending(lambda _: None)
        result = pending(lambda _: None)

    assert result.predicted[0] == 22.0


def test_fit_that_ends_its_workers_fails(workers: LocalCluster, tmp_path: Path):
    with cluster_fits(workers.address)(SAMPLES, time.perf_counter) as submit:
        pending = [submit(lambda: Waiting(str(tmp_path)), ROWS[5:], ROWS[:5]) for _ in range(2)]
        wait_for(lambda: len(waiting(tmp_path)) == 2)
        with workers.client() as client:
            client.run_on_scheduler(allow_failures, 0)
            workers.kill(min(waiting(tmp_path)))
            (tmp_path / "go").touch()
            with pytest.raises(
                TrainingFailed, match="workers that made a fit were killed, most likely for lack of memory"
            ):
                [await_fit(lambda _: None) for await_fit in pending]
            client.run_on_scheduler(allow_failures, 3)


def add_package(folder: Path, name: str, version: str) -> None:
    information = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_cluster_with_other_versions_is_rejected(
    workers: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    add_package(tmp_path, "scikit-learn", "1.2.3")
    monkeypatch.syspath_prepend(tmp_path)
    environment.cache_clear()

    with pytest.raises(TrainingAborted, match=r"The Dask scheduler has scikit-learn .*, but the server has 1\.2\.3: "):
        train_on(cluster_fits(workers.address))

    environment.cache_clear()


def test_cluster_without_the_code_is_rejected(workers: LocalCluster):
    with workers.client() as client:
        client.run_on_scheduler(hide_code)
        with pytest.raises(TrainingAborted, match=r"The Dask scheduler cannot run the server's code \(ModuleNotFound"):
            train_on(cluster_fits(workers.address))
        client.run_on_scheduler(show_code)


@pytest.mark.usefixtures("_impatient")
def test_scheduler_that_hangs_fails_the_training(workers: LocalCluster):
    with cluster_fits(workers.address)(SAMPLES, time.perf_counter) as submit:
        os.kill(workers.scheduler, signal.SIGSTOP)
        with pytest.raises(TrainingAborted, match="was lost: the scheduler does not answer; start its scheduler"):
            submit(LinearRegression, ROWS[5:], ROWS[:5])
        os.kill(workers.scheduler, signal.SIGCONT)


@pytest.mark.usefixtures("_impatient")
def test_worker_that_hangs_fails_the_training(workers: LocalCluster):
    os.kill(workers.workers[0], signal.SIGSTOP)

    with pytest.raises(TrainingAborted, match="was lost: a worker does not answer; start its scheduler"):
        train_on(cluster_fits(workers.address))

    os.kill(workers.workers[0], signal.SIGCONT)


@pytest.mark.usefixtures("_impatient")
def test_cluster_without_workers_fails_the_training(workers: LocalCluster, tmp_path: Path):
    with cluster_fits(workers.address)(SAMPLES, time.perf_counter) as submit:
        pending = submit(lambda: Waiting(str(tmp_path)), ROWS[5:], ROWS[:5])
        workers.kill(*workers.workers)
        with pytest.raises(TrainingAborted, match="was lost: it has no workers; start its scheduler and workers"):
            pending(lambda _: None)


def test_call_that_loses_its_connection_fails(workers: LocalCluster):
    with connection.connected(workers.address) as cluster:
        with pytest.raises(TrainingAborted, match=r"was lost: ConnectionRefusedError: .*; start its scheduler"):
            cluster.call(lambda: asyncio.open_connection("127.0.0.1", free_port()))
        workers.kill(workers.scheduler, *workers.workers)
        wait_for(lambda: cluster.client.status != "running")
        with pytest.raises(TrainingAborted, match="was lost: the scheduler has closed the connection; start its"):
            cluster.call(lambda: asyncio.sleep(0))


@pytest.mark.usefixtures("_impatient")
def test_killed_scheduler_fails_the_training(processes_of_cluster: LocalCluster, tmp_path: Path):
    workers = processes_of_cluster.start(1)
    with cluster_fits(workers.address)(SAMPLES, time.perf_counter) as submit:
        pending = submit(lambda: Waiting(str(tmp_path)), ROWS[5:], ROWS[:5])
        workers.kill(workers.scheduler, *workers.workers)
        with pytest.raises(TrainingAborted, match="was lost: the scheduler (has closed|does not answer).*; start its"):
            pending(lambda _: None)

    with pytest.raises(TrainingAborted, match=r"at tcp://.* \(MLAPP_DASK\) cannot be reached: OSError: Timed out"):
        train_on(cluster_fits(workers.address))


async def test_training_on_a_cluster_without_certificates_fails(training: TrainingService):
    training.dask = "tls://127.0.0.1:1"

    with pytest.raises(
        TrainingAborted, match="at tls://.* cannot be reached: TypeError: .* or correct the address or Dask's TLS"
    ):
        await training.train(Submission(dataset="wine", options={"estimator": "linear"}))
