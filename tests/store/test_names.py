"""ModelStore: models by name, the default model, and settings."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from mlapp.errors import Conflict, NotFound, Unavailable
from mlapp.schemas import ActivationPolicy
from mlapp.store import ModelStore, Superseded
from tests.services.disk import full_disk
from tests.store.conftest import FILE, RECORD
from tests.store.test_damage import Damage, foldered, linked


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    store = ModelStore(tmp_path / "store")
    store.prepare()
    return store


def active(store: ModelStore, *models: str, demo: bool = False) -> ModelStore:
    """Give a store models with an active version each."""
    for model in models:
        store.add(model, FILE, RECORD, activate_by="me", demo=demo)
    return store


def test_models_appear_with_their_first_version_and_are_sorted(store: ModelStore):
    assert (store.add("churn", FILE, RECORD), store.add("a", FILE, RECORD), store.add("churn", FILE, RECORD)) == (
        1,
        1,
        2,
    )

    assert store.names() == ["a", "churn"]
    assert (store.versions("churn"), store.state("churn"), store.settings("a").active) == ([2, 1], (None, [2, 1]), None)
    assert store.settings("a").created_at


@pytest.mark.parametrize("name", ["", "A", "-a", "_a", "a b", "ä", "a/b", "../a", ".", "a" * 64, "a\n", "a\x00"])
def test_other_names_are_no_models(store: ModelStore, name: str):
    with pytest.raises(ValueError, match=r".*"):
        store.add(name, FILE, RECORD)

    assert (store.exists(name), store.names()) == (False, [])
    with pytest.raises(NotFound, match="There is no model '.*'; GET /models lists all models"):
        store.versions(name)


@pytest.mark.parametrize("name", ["a", "0", "a" * 63, "q3-sales_2"])
def test_names_of_letters_digits_and_dashes_are_models(store: ModelStore, name: str):
    active(store, name)

    assert (store.names(), store.active(name)) == ([name], 1)


def test_foreign_entries_are_no_models_and_logged_once(store: ModelStore, caplog: pytest.LogCaptureFixture):
    active(store, "churn")
    (store.folder / "models/Sales").mkdir()
    (store.folder / "models/link").symlink_to("churn")
    (store.folder / "models/file").touch()

    for _ in range(2):
        assert (store.names(), store.exists("link"), store.exists("file")) == (["churn"], False, False)

    assert len(caplog.messages) == 3
    with pytest.raises(NotFound):
        store.record("link", 1)
    with pytest.raises(Unavailable, match="Nothing could be saved"):
        store.add("link", FILE, RECORD)
    assert store.versions("churn") == [1]


def test_every_method_names_a_missing_model(store: ModelStore):
    methods = (store.settings, store.update, store.remove, store.set_default, store.versions, store.state, store.active)
    for method in (*methods, store.previous, store.history, store.rollback):
        with pytest.raises(NotFound, match="There is no model 'churn'; GET /models lists all models."):
            method("churn")


def test_new_model_is_active_and_logged_at_once_if_asked(store: ModelStore):
    store.add("churn", FILE, RECORD, activate_by="ann", description="Who leaves?")

    assert (store.active("churn"), store.settings("churn").description) == (1, "Who leaves?")
    assert [(entry.version, entry.action, entry.by) for entry in store.history("churn")] == [(1, "activate", "ann")]


def test_version_replaces_the_active_one_it_was_compared_with(store: ModelStore):
    active(store, "churn")

    assert store.add("churn", FILE, RECORD, activate_by="ann", replaces=1) == 2
    for outdated in (None, 1, 3):
        with pytest.raises(Superseded):
            store.add("churn", FILE, RECORD, activate_by="ann", replaces=outdated)
    with pytest.raises(Superseded):
        store.add("new", FILE, RECORD, replaces=1)

    assert (store.active("churn"), store.versions("churn"), store.names()) == (2, [2, 1], ["churn"])


def test_numbers_of_a_removed_model_never_come_back(store: ModelStore):
    for _ in range(3):
        store.add("churn", FILE, RECORD)
    store.remove("churn")
    assert store.names() == []

    assert store.add("churn", FILE, RECORD) == 4


def test_store_was_used_even_if_its_models_are_gone(store: ModelStore, tmp_path: Path):
    assert (store.was_used(), ModelStore(tmp_path / "nowhere").was_used()) == (False, False)
    store.add("churn", FILE, RECORD)
    assert store.was_used()

    store.remove("churn")

    assert store.was_used()


def test_model_is_removed_for_all_processes_and_leaves_no_files(store: ModelStore):
    other = ModelStore(store.folder)
    active(store, "a", "churn")
    assert other.record("churn", 1)

    store.remove("churn")

    assert (other.names(), other.exists("churn"), list((store.folder / "staging").iterdir())) == (["a"], False, [])
    with pytest.raises(NotFound):
        other.record("churn", 1)


def test_default_model_is_removed_last(store: ModelStore):
    active(store, "a", "b")

    with pytest.raises(Conflict, match="'a' is the default model, which answers POST /predict; make another one the"):
        store.remove("a")
    store.remove("b")
    store.remove("a")

    assert (store.names(), store.default()) == ([], None)
    assert active(store, "c").default() == "c"


def test_default_is_the_first_model_with_an_active_version(store: ModelStore):
    store.add("a", FILE, RECORD)
    assert store.default() is None

    assert active(store, "b", "c").default() == "b"
    store.activate("a", 1)
    assert store.default() == "b"


def test_default_stays_when_its_active_version_is_lost(store: ModelStore):
    store.add("a", FILE, RECORD)
    store.activate("a", 1)
    active(store, "b")

    (store.folder / "models/a/versions/1").rename(store.folder / "elsewhere")

    assert (store.default(), store.active("a")) == ("a", None)


def test_example_is_the_default_until_somebody_trains_a_model(store: ModelStore):
    active(store, "machines", demo=True)
    assert (store.default(), store.settings("machines").demo) == ("machines", True)

    store.add("a", FILE, RECORD)
    assert store.default() == "machines"
    store.activate("a", 1)
    assert store.default() == "a"
    active(store, "b")
    assert store.default() == "a"


def test_example_that_somebody_trains_is_a_model_like_others(store: ModelStore):
    active(store, "machines", demo=True)
    active(store, "machines", "a")

    assert (store.default(), store.settings("machines").demo, store.settings("machines").active) == (
        "machines",
        False,
        2,
    )


def test_model_without_an_active_version_cannot_be_the_default(store: ModelStore):
    active(store, "a").add("b", FILE, RECORD)

    with pytest.raises(Conflict, match="Model 'b' has no active version; activate one before making it the default."):
        store.set_default("b")

    assert store.default() == "a"


def test_example_that_somebody_made_the_default_stays_it(store: ModelStore):
    active(store, "machines", demo=True)
    active(store, "a")

    store.set_default("machines")

    assert active(store, "b").default() == "machines"
    assert ModelStore(store.folder).default() == "machines"


DAMAGES: dict[str, Damage] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "torn": lambda path: path.write_bytes(b'{"model": "b'),
    "unknown": lambda path: path.write_bytes(b'{"model": "nobody"}'),
    "elsewhere": lambda path: path.write_bytes(b'{"model": "../models/c"}'),
    "link": linked,
    "folder": foldered,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_default_is_the_oldest_active_model_but_the_example(store: ModelStore, damage: Damage):
    active(store, "a", demo=True)
    active(store, "c", "b")
    store.set_default("b")
    damage(store.folder / "default.json")

    assert store.default() == "c"
    # Training another model does not take it away.
    assert active(store, "d").default() == "c"


@pytest.mark.parametrize("others", [(), ("a",)])
def test_model_with_the_name_of_a_former_default_is_not_the_default(store: ModelStore, others: tuple[str, ...]):
    """Killed while it creates `churn`, a process may have written the default already."""
    active(store, *others, demo=True)
    (store.folder / "default.json").write_text('{"model": "churn"}')

    store.add("churn", FILE, RECORD)

    assert store.default() == (others[0] if others else None)
    store.activate("churn", 1)
    assert store.default() == "churn"


def test_settings_are_changed_one_by_one(store: ModelStore):
    active(store, "churn")

    store.update("churn", description="Who leaves?")
    store.update("churn", activation=ActivationPolicy.NEVER)
    store.update("churn")

    settings = ModelStore(store.folder).settings("churn")
    assert (settings.description, settings.activation, settings.active) == ("Who leaves?", "never", 1)


@pytest.mark.parametrize("left_bytes", [0, 50, 300])
def test_new_model_on_a_full_disk_changes_nothing(store: ModelStore, left_bytes: int):
    active(store, "a", demo=True)

    with full_disk(left_bytes), pytest.raises(Unavailable, match=r"Nothing could be saved \(File too large\)"):
        store.add("churn", FILE, RECORD, activate_by="ann")

    assert (store.names(), store.default(), list((store.folder / "staging").iterdir())) == (["a"], "a", [])
    assert store.add("churn", FILE, RECORD) == 1


def test_new_model_whose_default_cannot_be_written_is_not_stored(store: ModelStore):
    (store.folder / "default.json").mkdir()

    with pytest.raises(Unavailable, match=r"Nothing could be saved \(Is a directory\)"):
        active(store, "churn")

    assert (store.names(), store.default()) == ([], None)


@pytest.mark.parametrize("description", [None, "Who leaves?"])
def test_version_that_cannot_be_activated_is_not_stored(store: ModelStore, description: str | None):
    active(store, "churn")
    settings = store.folder / "models/churn/model.json"
    aside = settings.rename(settings.with_suffix(".aside"))
    settings.mkdir()

    with pytest.raises(Unavailable, match=r"Nothing could be saved \(Is a directory\)"):
        store.add("churn", FILE, RECORD, activate_by=None if description else "ann", description=description)

    settings.rmdir()
    aside.rename(settings)
    assert (store.state("churn"), len(store.history("churn"))) == ((1, [1]), 1)


def create_forever(folder: Path) -> None:
    store = ModelStore(folder)
    for number in range(10_000):
        store.add(f"m{number}", FILE, RECORD, activate_by="me")
        store.remove(f"m{number}") if number % 2 else store.set_default(f"m{number}")


@pytest.mark.slow
def test_kill_at_any_instant_leaves_whole_models_only(tmp_path: Path):
    for round_ in range(3):
        folder = tmp_path / str(round_)
        store = active(ModelStore(folder), "first")
        process = multiprocessing.get_context("forkserver").Process(target=create_forever, args=(folder,), daemon=True)
        process.start()
        while len(store.names()) < 5 + round_:
            assert process.is_alive()

        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        store.prepare()

        assert [name for name in store.names() if store.active(name) is None] == []
        assert {store.file(name, 1) for name in store.names()} == {FILE}
        assert store.default() in store.names()
        assert list((folder / "staging").iterdir()) == []


def add_some(folder: Path, count: int) -> None:
    store = ModelStore(folder)
    for number in range(count):
        active(store, f"m{number % 5}")


@pytest.mark.slow
def test_processes_that_create_the_same_models_lose_nothing(tmp_path: Path):
    context = multiprocessing.get_context("forkserver")
    processes = [context.Process(target=add_some, args=(tmp_path, 20)) for _ in range(2)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    store = ModelStore(tmp_path)
    assert [process.exitcode for process in processes] == [0, 0]
    assert {name: store.versions(name) for name in store.names()} == {f"m{n}": list(range(8, 0, -1)) for n in range(5)}
    assert store.default() == "m0"


def test_lists_of_many_versions_keep_few_records_in_memory(store: ModelStore):
    for _ in range(40):
        store.add("churn", FILE, RECORD)

    assert [store.record("churn", version).target for version in store.versions("churn")] == ["y"] * 40
    assert (len(store._records.records._values), len(store._records.heads._values)) == (32, 40)
    assert store.head("churn", 7).target == "y"
