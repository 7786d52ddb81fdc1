"""JobStore on a temporary folder; other processes are other stores on it, or real ones."""

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlapp.errors import NotFound, Unavailable
from mlapp.schemas import JobStatus
from mlapp.store import JobStore
from tests.services.disk import full_disk
from tests.store.conftest import ended, job


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(tmp_path)


def another(store: JobStore) -> JobStore:
    """The same folder, as another process sees it."""
    return JobStore(store.folder.parent)


def opened(store: JobStore) -> int:
    number = store.open()
    store.save(job(number))
    return number


def run_to_the_end(store: JobStore) -> int:
    number = store.open()
    store.save(ended(number))
    store.close(number)
    return number


def test_jobs_are_numbered_from_one_and_listed_newest_first(store: JobStore):
    assert [opened(store) for _ in range(3)] == [1, 2, 3]
    assert [found.id for found in store.jobs()] == [3, 2, 1]
    assert store.job(2) == store.job("2") == job(2)


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_jobs_of_a_missing_folder_are_none(tmp_path: Path, place: str):
    (tmp_path / "file").touch()
    store = JobStore(tmp_path / place)

    store.prune(keep=0)

    assert store.jobs() == []
    with pytest.raises(NotFound):
        store.job(1)


def test_jobs_are_visible_to_every_process(store: JobStore):
    opened(store)
    run_to_the_end(store)

    assert another(store).jobs() == store.jobs() == [ended(2), job(1)]


def test_save_replaces_the_state_of_a_job(store: JobStore):
    opened(store)
    other = another(store)
    assert other.job(1).progress == 0.5

    store.save(job(1, progress=0.7), durable=False)

    assert other.job(1).progress == 0.7


def test_concurrent_opens_assign_distinct_numbers(store: JobStore):
    stores = [another(store) for _ in range(4)]

    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(JobStore.open, stores * 30))

    assert sorted(numbers) == list(range(1, 121))


def hold_a_job(folder: Path) -> None:
    opened(JobStore(folder))
    signal.pause()


@pytest.mark.slow
def test_job_of_a_killed_process_is_interrupted(store: JobStore):
    process = multiprocessing.get_context("forkserver").Process(
        target=hold_a_job, args=(store.folder.parent,), daemon=True
    )
    process.start()
    while not store.jobs():
        assert process.is_alive()
    assert store.job(1).status is JobStatus.RUNNING

    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()

    found = store.job(1)
    assert (found.status, found.error) == (JobStatus.INTERRUPTED, "The server that ran it stopped; train again.")
    assert found.finished_at
    assert abs(datetime.now(UTC) - found.finished_at).total_seconds() < 60
    assert another(store).jobs() == [found]


def test_interrupted_job_has_neither_queue_position_nor_remaining_time(store: JobStore):
    store.save(job(store.open(), queue_position=2, remaining_s=7))
    store.close(1)

    found = store.job(1)

    assert (found.status, found.queue_position, found.remaining_s) == (JobStatus.INTERRUPTED, None, None)


def test_job_without_its_lock_is_interrupted(store: JobStore):
    opened(store)
    (store.folder / "1/lock").unlink()

    assert another(store).job(1).status is JobStatus.INTERRUPTED


class Slow(JobStore):
    """A store in which jobs end just before their lock is checked."""

    def _is_locked(self, number: int) -> bool:
        (self.folder / f"{number}/job.json").write_text(ended(number).model_dump_json())
        return super()._is_locked(number)


def test_job_that_ends_while_it_is_read_has_ended(store: JobStore):
    opened(store)
    store.close(1)

    assert Slow(store.folder.parent).job(1) == ended(1)


def test_job_that_is_being_opened_is_not_listed(store: JobStore, caplog: pytest.LogCaptureFixture):
    store.open()

    assert (store.jobs(), caplog.text) == ([], "")


@pytest.mark.parametrize("damage", ["", "{", '{"id": 2}'])
def test_damaged_record_is_skipped_and_logged(store: JobStore, caplog: pytest.LogCaptureFixture, damage: str):
    run_to_the_end(store)
    run_to_the_end(store)
    (store.folder / "2/job.json").write_text(damage)
    other = another(store)

    assert other.jobs() == [ended(1)]
    assert "The record of training 2 cannot be read; it is skipped." in caplog.text
    with pytest.raises(NotFound):
        other.job(2)


def test_record_that_is_not_a_regular_file_is_skipped(store: JobStore):
    store.open()
    (store.folder / "1/job.json").mkdir()

    assert store.jobs() == []


@pytest.mark.parametrize("name", ["0", "01", "１", "abc", "-1", "1.0", " 1", "", "2", "9" * 30, "../1"])
def test_unknown_job_is_not_found(store: JobStore, name: str):
    opened(store)

    with pytest.raises(NotFound, match="There is no such training"):
        store.job(name)


def test_cancellation_is_requested_from_another_process(store: JobStore):
    opened(store)
    assert not store.cancel_requested(1)

    another(store).request_cancel(1)

    assert store.cancel_requested(1)


def test_cancellation_request_that_cannot_be_saved_is_unavailable(store: JobStore):
    with pytest.raises(Unavailable, match=r"Nothing could be saved \(No such file or directory\)"):
        store.request_cancel(1)


def test_open_in_a_read_only_folder_is_unavailable(store: JobStore):
    store.folder.touch()

    with pytest.raises(Unavailable, match="Nothing could be saved"):
        store.open()


def test_save_on_a_full_disk_leaves_the_job_as_it_was(store: JobStore):
    opened(store)

    with full_disk(100), pytest.raises(Unavailable, match=r"Nothing could be saved \(File too large\)"):
        store.save(job(1, progress=0.7))

    assert store.job(1) == another(store).job(1) == job(1)
    assert {path.name for path in (store.folder / "1").iterdir()} == {"lock", "job.json"}


def test_job_that_ends_on_a_full_disk_has_ended_for_this_process(store: JobStore):
    opened(store)

    with full_disk(100), pytest.raises(Unavailable):
        store.save(ended(1))
    store.close(1)

    assert store.job(1) == ended(1)
    assert another(store).job(1).status is JobStatus.INTERRUPTED


def test_prune_removes_the_oldest_ended_jobs(store: JobStore):
    opened(store)
    for _ in range(4):
        run_to_the_end(store)

    store.prune(keep=2)

    assert store.jobs() == [ended(5), ended(4), job(1)]
    with pytest.raises(NotFound):
        store.job(3)


def test_job_that_was_never_saved_leaves_nothing(store: JobStore):
    store.close(store.open())

    assert list(store.folder.iterdir()) == []


def test_foreign_files_and_folders_are_ignored(store: JobStore):
    opened(store)
    for name in ("notes", "01", "+2", "１", ".3", "9"):
        (store.folder / name).mkdir()

    assert store.jobs() == [job(1)]
    assert store.open() == 10
