"""The state of the Train form: restored in the same browser tab only."""

from pathlib import Path

import pytest

from mlapp.errors import Unavailable
from mlapp.services.access.sessions import Session
from pages.session import form_state as module
from pages.session.form_state import FormState, FormStates, Owner
from pages.session.table_file import TableFile
from tests.services.disk import full_disk

pytestmark = pytest.mark.slow

OWNER: Owner = (None, "a tab")


def file(size: int = 1) -> TableFile:
    return TableFile("a.csv", size)


def test_least_recently_used_files_are_dropped_beyond_the_size_limit():
    states = FormStates(10)
    for name, size in (("old", 4), ("large", 7), ("new", 3)):
        states.keep(FormState((None, name), file=file(size)))

    assert states.find((None, "old")) is None
    assert {name: bool(states.find((None, name))) for name in ("large", "new")} == {"large": True, "new": True}


def test_file_is_deleted_with_its_last_state():
    states, shared = FormStates(10), file()
    state = FormState(OWNER, file=shared)
    states.keep(state)
    states.start(state, 1)
    states.start(state, 2)
    states.keep(FormState(OWNER, file=file()))
    assert shared.path.exists()

    states.find(OWNER, 1).last_used = state.last_used = -1.0 * module.MAX_AGE_S  # type: ignore[union-attr]
    states.prune()

    assert not shared.path.exists()
    assert states.find(OWNER)


def test_table_without_a_training_is_replaced_by_the_next():
    states, first = FormStates(10), file()
    states.keep(FormState(OWNER, file=first))

    states.keep(FormState(OWNER, dataset="wine"))

    assert not first.path.exists()


def test_each_training_keeps_the_options_it_was_started_with():
    states, state = FormStates(10), FormState(OWNER, dataset="wine", options={"seed": 1})
    states.keep(state)
    states.start(state, 1)
    state.options["seed"] = 2
    states.start(state, 2)
    state.options["seed"] = 3

    found = [states.find(OWNER, job) for job in (1, 2, None)]

    assert [each and each.options["seed"] for each in found] == [1, 3, 3]


def test_two_pages_of_a_tab_have_separate_options():
    states = FormStates(10)
    states.keep(FormState(OWNER, dataset="wine", options={"seed": 1}))

    first, second = states.find(OWNER), states.find(OWNER)
    assert first
    assert second
    first.options["seed"] = 2

    assert second.options == {"seed": 1}


def test_state_belongs_to_one_session_and_tab():
    states = FormStates(10)
    states.keep(FormState((Session("me", 2_000_000_000), "a tab"), dataset="wine"))

    for owner in [(Session("you", 2_000_000_000), "a tab"), (None, "a tab"), (Session("me", 2_000_000_000), "two")]:
        assert states.find(owner) is None
    assert states.find((Session("me", 2_000_000_000), "a tab"))


def test_files_are_private_and_deleted_with_their_last_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    uploaded = file()
    path = uploaded.path
    assert path.stat().st_mode & 0o777 == 0o600
    assert uploaded.remove.atexit

    del uploaded

    assert not path.exists()


def test_full_disk_is_reported_and_leaves_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    uploaded = file()
    uploaded.path.write_bytes(bytes(3_000))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with full_disk(), pytest.raises(Unavailable, match="File too large"):
        FormState(OWNER, file=uploaded).submission()

    assert list(tmp_path.glob("mlapp-*")) == []
