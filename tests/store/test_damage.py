"""Damaged and foreign files in a store: each is logged once, skipped, and never loaded."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlapp.errors import Conflict, NotFound, Unavailable
from mlapp.store import JobStore, ModelStore, TrafficStore
from tests.services.disk import no_more_files
from tests.store.conftest import FILE, RECORD, ended, job

Damage = Callable[[Path], object]
"""Damages a file."""


def linked(path: Path) -> None:
    """Replace a file by a link to an intact copy."""
    path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(path.with_suffix(".elsewhere"))


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def foldered(path: Path) -> None:
    path.unlink()
    path.mkdir()


def without(key: str) -> Damage:
    def damage(path: Path) -> None:
        path.write_text(
            json.dumps({name: value for name, value in json.loads(path.read_bytes()).items() if name != key})
        )

    return damage


def containing(data: bytes) -> Damage:
    return lambda path: path.write_bytes(data)


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


NO_FILES: dict[str, Damage] = {"link": linked, "pipe": piped, "folder": foldered}
NO_JSON = {
    "empty": b"",
    "torn": b'{"version": ',
    "zeros": bytes(50),
    "latin": b'{"task": "\xe9"}',
    "deep": b"[" * 9_999,
}
INVALID: dict[str, Damage] = {
    "missing": Path.unlink,
    "cut": torn,
    "no target": without("target"),
    "list": containing(b"[]"),
}
DAMAGES = NO_FILES | {name: containing(data) for name, data in NO_JSON.items()} | INVALID


def filled(folder: Path, versions: int = 3) -> ModelStore:
    store = ModelStore(folder)
    for _ in range(versions):
        store.activate("prices", store.add("prices", FILE, RECORD))
    return ModelStore(folder)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_version_with_a_damaged_record_is_skipped_logged_once_and_can_be_deleted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Damage
):
    store = filled(tmp_path)
    damage(tmp_path / "models/prices/versions/2/record.json")

    assert store.versions("prices") == store.versions("prices") == [3, 1]
    assert caplog.messages == ["The record of version 2 of model prices cannot be read; it is skipped."]
    for method in (store.record, store.file, store.activate):
        with pytest.raises(NotFound):
            method("prices", 2)
    store.delete("prices", 2)
    assert not (tmp_path / "models/prices/versions/2").exists()
    assert store.add("prices", FILE, RECORD) == 4


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (containing(b""), "damaged"),
        (torn, "damaged"),
        (containing(FILE[:-1] + b"?"), "damaged"),
        (containing(FILE * 2), "damaged"),
        (linked, "damaged"),
        (piped, "damaged"),
        (foldered, "damaged"),
        (Path.unlink, "missing"),
    ],
)
def test_model_file_with_another_hash_is_rejected(tmp_path: Path, damage: Damage, why: str):
    store = filled(tmp_path)
    damage(tmp_path / "models/prices/versions/2/model.joblib")

    with pytest.raises(Conflict, match=f"The file of version 2 of model prices is {why}"):
        store.file("prices", 2)
    assert (store.versions("prices"), store.file("prices", 3), store.file("prices", 1)) == ([3, 2, 1], FILE, FILE)


FOREIGN = ("notes", "01", "+2", "１", "٣", ".3", "0", "-1", "1.0", "9" * 30, "lost+found", "new\nline")


@pytest.mark.parametrize("place", ["models/prices/versions", "jobs"])
def test_foreign_folders_are_logged_once_and_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture, place: str):
    store, jobs = filled(tmp_path, 1), JobStore(tmp_path)
    jobs.save(ended(jobs.open()))
    for name in FOREIGN:
        (tmp_path / place / name).mkdir()
    (tmp_path / place / "7").symlink_to(tmp_path / place / "1")
    (tmp_path / place / "8").write_text("mine")

    for _ in range(2):
        assert (store.versions("prices"), jobs.jobs()) == ([1], [ended(1)])

    assert len(caplog.messages) == len(FOREIGN) + 2
    assert [text for text in caplog.messages if "'new�line'" in text and Path(place).name in text]
    assert all((tmp_path / place / name).exists() for name in FOREIGN)
    for method in (store.record, store.activate, store.delete):
        with pytest.raises(NotFound):
            method("prices", 7)


@pytest.mark.parametrize("taken", ["file", "link", "empty folder", "nothing"])
def test_taken_names_are_not_assigned_to_versions_and_jobs(tmp_path: Path, taken: str):
    store, jobs = filled(tmp_path, 1), JobStore(tmp_path)
    jobs.save(ended(jobs.open()))
    for place in (tmp_path / "models/prices/versions/2", tmp_path / "jobs/2"):
        make: dict[str, Damage] = {"file": Path.touch, "link": lambda p: p.symlink_to("1"), "empty folder": Path.mkdir}
        make.get(taken, Path.exists)(place)

    expected = 2 if taken == "nothing" else 3
    assert (store.add("prices", FILE, RECORD), jobs.open()) == (expected, expected)


def test_huge_foreign_numbers_do_not_exhaust_the_numbers(tmp_path: Path):
    store, jobs = filled(tmp_path, 1), JobStore(tmp_path)
    jobs.close(jobs.open())
    for place in ("models/prices/versions", "jobs"):
        (tmp_path / place / "999999999").mkdir()
    (tmp_path / "counters/prices").write_text("999999998")

    assert (store.add("prices", FILE, RECORD), jobs.open()) == (2, 1)
    assert store.versions("prices") == [2, 1]


@pytest.mark.parametrize("counter", [b"", b"\xff", "٣".encode(), b"-7", b"1e9", b"9" * 5_000, None])
def test_damaged_counter_assigns_no_number_twice(tmp_path: Path, counter: bytes | None):
    store = filled(tmp_path)
    linked(tmp_path / "counters/prices") if counter is None else (tmp_path / "counters/prices").write_bytes(counter)

    assert store.add("prices", FILE, RECORD) == 4


SETTINGS = NO_JSON | {
    "list": b"[1]",
    "text": b'{"active": "1"}',
    "share": b'{"active": 1.5}',
    "truth": b'{"active": true}',
    "zero": b'{"active": 0}',
    "negative": b'{"active": -1}',
    "endless": b'{"active": 1e999}',
    "huge": b'{"active": %s}' % (b"9" * 300),
    "other": b'{"active": 1, "colour": "red"}',
}


@pytest.mark.parametrize(
    "damage", [*NO_FILES.values(), *map(containing, SETTINGS.values())], ids=[*NO_FILES, *SETTINGS]
)
def test_damaged_settings_are_logged_once_and_replaced_by_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Damage
):
    store = filled(tmp_path)
    damage(tmp_path / "models/prices/model.json")

    assert store.active("prices") == store.active("prices") == 3

    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("model.json of model prices cannot be read")


@pytest.mark.parametrize("damage", [*NO_FILES.values(), containing(b"\xff\n{}\n[]\n" + bytes(9)), Path.unlink])
def test_damaged_log_leaves_the_active_version(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Damage):
    store = filled(tmp_path)
    damage(tmp_path / "models/prices/history.jsonl")

    for _ in range(2):
        assert (store.active("prices"), store.history("prices"), store.previous("prices")) == (3, [], None)

    assert len(set(caplog.messages)) == len(caplog.messages)
    assert store.add("prices", FILE, RECORD) == 4


@pytest.mark.parametrize("version", ["0", "-1", "1e999", "9" * 300, "null"])
def test_log_entry_without_a_version_is_skipped(tmp_path: Path, version: str):
    store = filled(tmp_path)
    with (tmp_path / "models/prices/history.jsonl").open("a") as log:
        log.write(f'\n{{"at": "2026-01-31T00:00:00Z", "action": "activate", "by": "", "version": {version}}}')
    (tmp_path / "models/prices/model.json").unlink()

    assert (store.active("prices"), store.previous("prices"), len(store.history("prices"))) == (3, 2, 3)


@pytest.mark.parametrize("damage", [*NO_FILES.values(), *map(containing, NO_JSON.values()), without("table"), torn])
def test_job_with_a_damaged_record_is_skipped_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Damage
):
    jobs = JobStore(tmp_path)
    for number in (1, 2):
        jobs.save(ended(jobs.open()))
        jobs.close(number)
    damage(tmp_path / "jobs/2/job.json")
    other = JobStore(tmp_path)

    assert other.jobs() == other.jobs() == [ended(1)]
    assert caplog.messages == ["The record of training 2 cannot be read; it is skipped."]


def test_job_that_is_a_copy_of_another_is_skipped(tmp_path: Path):
    jobs = JobStore(tmp_path)
    jobs.save(ended(jobs.open()))
    jobs.close(1)
    shutil.copytree(tmp_path / "jobs/1", tmp_path / "jobs/5")

    assert JobStore(tmp_path).jobs() == [ended(1)]


@pytest.mark.parametrize("damage", [linked, piped, foldered])
def test_counts_without_a_regular_file_start_from_zero(tmp_path: Path, damage: Damage):
    store = TrafficStore(tmp_path)
    place = tmp_path / "traffic/1.counts"
    place.parent.mkdir()
    place.touch()
    damage(place)

    assert store.others() == [store.open()]


@pytest.mark.parametrize(
    "method",
    [
        lambda store: store.versions("prices"),
        lambda store: store.active("prices"),
        lambda store: store.history("prices"),
        lambda store: store.file("prices", 1),
        lambda store: JobStore(store.folder).jobs(),
        lambda store: JobStore(store.folder).job(1),
    ],
)
def test_temporarily_unreadable_store_is_unavailable_and_loses_nothing(
    tmp_path: Path, method: Callable[[ModelStore], object]
):
    store, jobs = filled(tmp_path, 1), JobStore(tmp_path)
    jobs.save(job(jobs.open()))
    assert store.versions("prices") == [1]

    with (
        no_more_files(),
        pytest.raises(Unavailable, match=r"The store cannot be read \(Too many open files\); try again"),
    ):
        method(store)

    assert method(store)


def test_temporarily_unreadable_counts_of_others_are_kept(tmp_path: Path):
    other, store = TrafficStore(tmp_path), TrafficStore(tmp_path)
    other.save(other.open())
    before = store.others()

    with no_more_files():
        assert store.others() == before

    assert len(before) == 1


def test_retention_removes_older_damaged_versions(tmp_path: Path):
    store = filled(tmp_path, 5)
    for version in (1, 4):
        (tmp_path / f"models/prices/versions/{version}/record.json").write_bytes(b"")

    assert store.prune("prices", keep=3) == [1]
    assert store.prune("prices", keep=9) == []
    assert store.versions("prices") == [5, 3, 2]


def test_leftovers_in_staging_are_removed(tmp_path: Path):
    store = filled(tmp_path, 1)
    staging = tmp_path / "staging"
    (staging / "half").mkdir()
    (staging / "half/model.joblib").write_bytes(FILE[:50])
    (staging / "active.json.0123").touch()
    (staging / "link").symlink_to(tmp_path / "models/prices/versions")

    store.prepare()

    assert (list(staging.iterdir()), store.versions("prices")) == ([], [1])


def test_leftovers_of_jobs_and_counts_are_removed(tmp_path: Path):
    jobs, running = JobStore(tmp_path), JobStore(tmp_path)
    jobs.save(ended(jobs.open()))
    jobs.close(1)
    (tmp_path / "jobs/1/job.json.0123").touch()
    (tmp_path / "jobs/2").mkdir()
    (tmp_path / "jobs/2/lock").touch()
    unsaved = running.open()
    (tmp_path / "traffic").mkdir()
    (tmp_path / "traffic/1.counts.0123").touch()

    jobs.prepare()
    TrafficStore(tmp_path).open()

    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"lock", "jobs/1/lock", "jobs/1/job.json", f"jobs/{unsaved}/lock", "traffic/1.lock"}


def test_disk_error_is_not_a_missing_version(tmp_path: Path):
    store = ModelStore(tmp_path)
    store.activate("prices", store.add("prices", FILE, RECORD))
    versions, aside = store.folder / "models/prices/versions", store.folder / "aside"
    versions.rename(aside)
    versions.symlink_to("x" * 300)  # An error for root, too: the name is too long.

    with pytest.raises(Unavailable, match="The store cannot be read"):
        store.active("prices")

    versions.unlink()
    aside.rename(versions)
    assert store.active("prices") == 1
