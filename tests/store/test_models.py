"""ModelStore on a temporary folder."""

import errno
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mlapp.errors import Conflict, NotFound, Unavailable
from mlapp.schemas import Record
from mlapp.store import JobStore, ModelStore, atomic_files
from tests.services.disk import full_disk
from tests.store.conftest import FILE, RECORD


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return filled(tmp_path / "store", versions=0)


def filled(folder: Path, versions: int) -> ModelStore:
    """A store with versions, each of which was activated."""
    store = ModelStore(folder)
    store.prepare()
    for _ in range(versions):
        store.activate("prices", store.add("prices", FILE, RECORD))
    return store


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_versions_are_numbered_from_one(store: ModelStore):
    assert [store.add("prices", FILE, RECORD) for _ in range(3)] == [1, 2, 3]
    assert store.versions("prices") == [3, 2, 1]
    assert (store.file("prices", 2), store.record("prices", 2)) == (FILE, RECORD)


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_missing_folder_has_no_models(tmp_path: Path, place: str):
    (tmp_path / "file").touch()
    store = ModelStore(tmp_path / place)

    assert (store.names(), store.default(), store.exists("prices")) == ([], None, False)


@pytest.mark.parametrize("counter", ["kept", "lost", "damaged"])
def test_number_of_a_deleted_version_is_not_reused(store: ModelStore, counter: str):
    for _ in range(3):
        store.activate("prices", store.add("prices", FILE, RECORD))
    store.rollback("prices")
    store.delete("prices", 3)
    if counter != "kept":
        (store.folder / "counters/prices").unlink()
    if counter == "damaged":
        (store.folder / "counters/prices").write_text("?")

    assert store.add("prices", FILE, RECORD) == 4


def test_unknown_version_is_not_found(store: ModelStore):
    store.add("prices", FILE, RECORD)

    for method in (store.record, store.head, store.file, store.note, store.delete, store.activate):
        with pytest.raises(NotFound, match="Model 'prices' has no version 7; GET /models/prices/versions lists"):
            method("prices", 7)


@pytest.mark.parametrize("left_bytes", [0, 50, 300])
def test_add_on_a_full_disk_changes_nothing(tmp_path: Path, left_bytes: int):
    store = filled(tmp_path, versions=1)
    before = files(tmp_path)

    with full_disk(left_bytes), pytest.raises(Unavailable, match=r"Nothing could be saved \(File too large\)"):
        store.add("prices", FILE, RECORD)

    assert files(tmp_path) == before
    assert store.add("prices", FILE, RECORD) == 2


def test_read_only_store_starts_and_can_be_repaired(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    obstacle = tmp_path / "store"
    obstacle.touch()
    store = ModelStore(obstacle)
    store.prepare()
    JobStore(obstacle).prepare()
    (message,) = caplog.messages
    assert f"{obstacle} cannot be written (File exists)" in message
    with pytest.raises(Unavailable, match=r"Nothing could be saved \(.+\)"):
        store.add("prices", FILE, RECORD)

    obstacle.unlink()

    assert store.add("prices", FILE, RECORD) == 1


@pytest.mark.parametrize("change", [lambda store: store.activate("prices", 1), lambda store: store.rollback("prices")])
def test_activation_on_a_full_disk_leaves_the_active_version(tmp_path: Path, change: Callable[[ModelStore], object]):
    store = filled(tmp_path, versions=2)

    with full_disk(0), pytest.raises(Unavailable):
        change(store)

    assert (store.active("prices"), [entry.version for entry in store.history("prices")]) == (2, [2, 1])


def test_activation_whose_pointer_cannot_be_written_is_not_logged(tmp_path: Path):
    store = filled(tmp_path, versions=2)
    (tmp_path / "models/prices/model.json").unlink()
    (tmp_path / "models/prices/model.json").mkdir()
    before = (tmp_path / "models/prices/history.jsonl").read_bytes()

    with pytest.raises(Unavailable, match=r"Nothing could be saved \(Is a directory\)"):
        store.activate("prices", 1)

    assert (store.active("prices"), (tmp_path / "models/prices/history.jsonl").read_bytes()) == (2, before)
    assert list((tmp_path / "staging").iterdir()) == []


def test_prepare_removes_leftovers_of_killed_processes(tmp_path: Path):
    store = filled(tmp_path, versions=1)
    (tmp_path / "staging" / "half").mkdir()
    (tmp_path / "staging" / "half" / "model.joblib").write_bytes(FILE[:50])

    store.prepare()

    assert list((tmp_path / "staging").iterdir()) == []
    assert store.versions("prices") == [1]


def add_forever(folder: Path) -> None:
    store = ModelStore(folder)
    while True:
        store.add("prices", FILE, RECORD)


@pytest.mark.slow
def test_kill_at_any_instant_leaves_whole_versions_only(tmp_path: Path):
    store = filled(tmp_path, versions=1)
    process = multiprocessing.get_context("forkserver").Process(target=add_forever, args=(tmp_path,), daemon=True)
    process.start()
    while len(store.versions("prices")) < 20:
        assert process.is_alive()

    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    store.prepare()

    assert {store.file("prices", version) for version in store.versions("prices")} == {FILE}
    assert store.add("prices", FILE, RECORD) > max(store.versions("prices")[1:])
    assert list((tmp_path / "staging").iterdir()) == []


def add_some(folder: Path, count: int) -> None:
    store = ModelStore(folder)
    for _ in range(count):
        store.activate("prices", store.add("prices", FILE, RECORD))


@pytest.mark.slow
def test_processes_that_add_at_the_same_time_lose_nothing(tmp_path: Path):
    context = multiprocessing.get_context("forkserver")
    processes = [context.Process(target=add_some, args=(tmp_path, 15)) for _ in range(2)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    store = ModelStore(tmp_path)
    assert [process.exitcode for process in processes] == [0, 0]
    assert store.versions("prices") == list(range(30, 0, -1))
    assert sorted(entry.version for entry in store.history("prices")) == list(range(1, 31))


def test_damaged_record_is_skipped_and_others_are_readable(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    filled(tmp_path, versions=3)
    (tmp_path / "models/prices/versions/1/record.json").write_text('{"task": "regr')
    (tmp_path / "models/prices/versions/2/record.json").unlink()
    store = ModelStore(tmp_path)

    assert store.versions("prices") == [3]
    assert "The record of version 1 of model prices cannot be read; it is skipped." in caplog.text
    for version in (1, 2):
        with pytest.raises(NotFound):
            store.record("prices", version)


def test_damaged_model_file_is_rejected_and_others_are_readable(tmp_path: Path):
    store = filled(tmp_path, versions=3)
    (tmp_path / "models/prices/versions/1/model.joblib").write_bytes(FILE[:-1] + b"?")
    (tmp_path / "models/prices/versions/2/model.joblib").unlink()

    with pytest.raises(Conflict, match="The file of version 1 of model prices is damaged"):
        store.file("prices", 1)
    with pytest.raises(Conflict, match="The file of version 2 of model prices is missing"):
        store.file("prices", 2)
    assert store.file("prices", 3) == FILE


@pytest.mark.parametrize("settings", ["", '{"active": ', "[1]", '{"active": "1"}', '{"other": 1}'])
def test_active_version_is_the_last_of_the_log_when_the_settings_are_damaged(tmp_path: Path, settings: str):
    store = filled(tmp_path, versions=2)
    (tmp_path / "models/prices/model.json").write_text(settings)

    assert store.active("prices") == 2


def test_missing_active_version_is_none(tmp_path: Path):
    store = filled(tmp_path, versions=1)
    (tmp_path / "models/prices/versions/1").rename(tmp_path / "elsewhere")

    assert store.active("prices") is None


def test_truncated_line_of_the_log_is_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    store = filled(tmp_path, versions=2)
    log = tmp_path / "models/prices/history.jsonl"
    log.write_bytes(log.read_bytes()[:-20])

    store.activate("prices", store.add("prices", FILE, RECORD))

    assert [entry.version for entry in store.history("prices")] == [3, 1]
    assert "A line of history.jsonl of model prices is skipped, as it is damaged: b'" in caplog.text


def test_activate_logs_a_change_once(tmp_path: Path):
    store = filled(tmp_path, versions=2)

    store.activate("prices", 1)
    store.activate("prices", 1)

    assert [entry.version for entry in store.history("prices")] == [1, 2, 1]


def test_rollback_goes_back_one_activation_after_the_other(tmp_path: Path):
    store = filled(tmp_path, versions=3)

    assert [store.rollback("prices"), store.active("prices"), store.rollback("prices"), store.active("prices")] == [
        2,
        2,
        1,
        1,
    ]
    with pytest.raises(
        Conflict, match="No other version of model 'prices' was active before; activate one by its number."
    ):
        store.rollback("prices")
    assert (store.active("prices"), store.history("prices")[0].action) == (1, "rollback")


def test_rollback_after_an_activation_goes_back_from_there(tmp_path: Path):
    store = filled(tmp_path, versions=3)
    store.rollback("prices")
    store.rollback("prices")
    store.activate("prices", 3)

    assert store.rollback("prices") == 1


def test_rollback_skips_deleted_versions(tmp_path: Path):
    store = filled(tmp_path, versions=3)
    store.delete("prices", 2)

    assert store.rollback("prices") == 1


def test_delete_removes_a_version_for_all_processes(tmp_path: Path):
    store = filled(tmp_path, versions=2)
    other = ModelStore(tmp_path)
    assert other.versions("prices") == [2, 1]

    store.delete("prices", 1)

    assert (store.versions("prices"), other.versions("prices")) == ([2], [2])
    with pytest.raises(NotFound):
        other.record("prices", 1)
    assert list((tmp_path / "staging").iterdir()) == []


def test_delete_of_the_active_version_is_a_conflict(tmp_path: Path):
    store = filled(tmp_path, versions=1)

    with pytest.raises(
        Conflict, match="Version 1 of model 'prices' is active; activate another version before deleting it."
    ):
        store.delete("prices", 1)

    assert store.versions("prices") == [1]


def test_version_that_became_active_stays_if_the_disk_fails_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store, fsync = filled(tmp_path, versions=1), atomic_files.fsync_folder

    def failing(folder: Path) -> None:
        if folder.name == "prices":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(folder)

    monkeypatch.setattr(atomic_files, "fsync_folder", failing)
    with pytest.raises(Unavailable, match="Input/output error"):
        store.add("prices", FILE, RECORD, activate_by="local")

    assert (store.active("prices"), store.versions("prices")) == (2, [2, 1])


def test_prune_keeps_the_version_that_a_rollback_would_activate(tmp_path: Path):
    store = filled(tmp_path, versions=5)
    store.activate("prices", 1)
    store.activate("prices", 5)

    assert store.prune("prices", keep=2) == [3, 2]
    assert store.rollback("prices") == 1


def test_prune_removes_the_oldest_but_the_active(tmp_path: Path):
    store = filled(tmp_path, versions=5)
    store.activate("prices", 1)

    assert store.prune("prices", keep=2) == [3, 2]
    assert store.versions("prices") == [5, 4, 1]
    assert store.prune("prices", keep=2) == []


def test_foreign_files_and_folders_are_no_versions(tmp_path: Path):
    store = filled(tmp_path, versions=1)
    versions = tmp_path / "models/prices/versions"
    for name in ("notes", "01", "+2", "１", ".3", "9"):
        (versions / name).mkdir()
    (versions / "8").touch()

    assert store.versions("prices") == [1]
    assert store.add("prices", FILE, RECORD) == 10


def test_record_with_a_field_missing_is_damaged():
    assert [name for name, field in Record.model_fields.items() if not field.is_required()] == []


def test_note_is_that_of_the_record_until_it_is_changed(store: ModelStore):
    version = store.add("prices", FILE, RECORD.model_copy(update={"note": "at first"}))
    assert store.note("prices", version) == "at first"

    store.annotate("prices", version, "later\n:x <b>")

    assert (store.note("prices", version), store.record("prices", version).note) == ("later\n:x <b>", "at first")
    assert files(store.folder / "models/prices/versions" / "1") == {"model.joblib", "record.json", "note.txt"}


@pytest.mark.parametrize("damage", ["lost", "not text"])
def test_missing_or_damaged_note_is_that_of_the_record(store: ModelStore, damage: str):
    version = store.add("prices", FILE, RECORD.model_copy(update={"note": "at first"}))
    store.annotate("prices", version, "later")
    file = store.folder / "models/prices/versions" / "1" / "note.txt"
    file.unlink() if damage == "lost" else file.write_bytes(b"\xff\xfe")

    assert store.note("prices", version) == "at first"


def test_note_may_be_emptied(store: ModelStore):
    version = store.add("prices", FILE, RECORD.model_copy(update={"note": "at first"}))

    store.annotate("prices", version, "")

    assert store.note("prices", version) == ""


def test_unencodable_characters_of_a_note_are_replaced(store: ModelStore):
    version = store.add("prices", FILE, RECORD)

    store.annotate("prices", version, "half \ud83d of it")

    assert store.note("prices", version) == "half ? of it"


def test_note_of_an_unknown_version_is_not_found(store: ModelStore):
    with pytest.raises(NotFound):
        store.annotate("prices", 1, "mine")
    with pytest.raises(NotFound):
        store.note("prices", 1)


def test_note_on_a_full_disk_is_unavailable_and_the_old_one_stays(store: ModelStore):
    version = store.add("prices", FILE, RECORD.model_copy(update={"note": "at first"}))

    with full_disk(), pytest.raises(Unavailable):
        store.annotate("prices", version, "n" * 2_000)

    assert store.note("prices", version) == "at first"


def test_note_is_deleted_with_its_version(store: ModelStore):
    version = store.add("prices", FILE, RECORD)
    store.annotate("prices", version, "mine")

    store.delete("prices", version)

    assert "note.txt" not in {path.name for path in store.folder.rglob("*")}


@pytest.mark.parametrize("pointer", ['"٣"', '"01"', '"1"', "true", "1e999", "1.5", "0", "-1", "1" + "0" * 300])
def test_invalid_pointer_is_replaced_by_the_log(store: ModelStore, pointer: str):
    store.activate("prices", store.add("prices", FILE, RECORD))

    (store.folder / "models/prices/model.json").write_text(f'{{"active": {pointer}}}')

    assert store.active("prices") == 1


def test_unreadable_log_of_activations_is_skipped(store: ModelStore):
    store.activate("prices", store.add("prices", FILE, RECORD))
    (store.folder / "models/prices/history.jsonl").unlink()
    (store.folder / "models/prices/history.jsonl").mkdir()

    assert (store.history("prices"), store.active("prices")) == ([], 1)
