"""The state of the Train form: restored in the same browser tab only."""

import gc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nicegui import app as ui_app
from nicegui.testing import User

from mlapp.errors import Unavailable
from mlapp.schemas import Format, Job, Submission
from mlapp.services import Services
from mlapp.services.access.sessions import Session
from pages.session import form_state as module
from pages.session.form_state import FormState, FormStates, Owner, TableFile
from tests.pages.conftest import Visitor, drop, one
from tests.services.disk import full_disk

pytestmark = pytest.mark.slow

CSV = "x,kind,name,y\n" + "".join(f"{n},{'ab'[n % 2]},person {n},{3 * n}\n" for n in range(40))
OPTIONS: dict[str, Any] = {"target": "x", "estimator": "linear", "features": ["y", "kind"], "seed": 7, "note": "Try 2"}
OWNER: Owner = (None, "a tab")


@pytest.fixture
async def form(user: User) -> User:
    """A user who has uploaded a table and changed options."""
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    # The first preview starts a process, which takes long on a busy machine.
    await user.should_see(marker="train", retries=600)
    await fill(user)
    return user


async def fill(user: User) -> None:
    with user:
        for option, value in OPTIONS.items():
            one(user, option).set_value(value)
        one(user, "activate").set_value(False)
    await user.should_not_see("Checking the table")


async def should_see_the_form(user: User) -> None:
    await user.should_see("people.csv")
    await user.should_see(marker="train")
    assert {option: one(user, option).value for option in OPTIONS} == OPTIONS
    assert one(user, "activate").value is False
    assert one(user, "column-0").props["aria-pressed"] == "true"


@pytest.fixture
def addresses(user: User, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the page sets."""
    found: list[str] = []
    monkeypatch.setattr(user.navigate.history, "replace", found.append)
    return found


@pytest.fixture
async def queued(form: User, services: Services, endless: Job, addresses: list[str]) -> AsyncIterator[Job]:
    """A queued training of this user."""
    form.find(marker="train").click()
    await form.should_see("in the queue")
    job = (await services.jobs.jobs())[0]
    assert addresses == [f"?job={job.id}"]
    yield job
    await services.jobs.cancel(job.id)


async def test_reload_restores_table_and_options(form: User):
    await form.open("/train")

    await should_see_the_form(form)
    await form.should_not_see(marker="job")


async def test_reload_restores_a_bundled_table(user: User):
    await user.open("/train?dataset=wine&estimator=linear")
    await user.should_see(marker="train")
    with user:
        one(user, "seed").set_value(7)

    await user.open("/train")

    await user.should_see("178 rows, 14 columns")
    assert (one(user, "estimator").value, one(user, "seed").value) == ("linear", 7)
    assert one(user, "dataset-wine").props["aria-pressed"] == "true"


async def test_reload_of_a_training_restores_its_form(form: User, queued: Job):
    await form.open(f"/train?job={queued.id}")

    await form.should_see(marker=f"job-{queued.id}")
    await should_see_the_form(form)
    await form.should_not_see(marker="table-not-kept")


async def test_page_shows_the_own_training_and_links_to_another_one(
    form: User, queued: Job, endless: Job, addresses: list[str]
):
    addresses.clear()
    await form.open("/train")

    await form.should_see(marker=f"job-{queued.id}")
    assert addresses == [f"?job={queued.id}"]
    await form.should_not_see(marker=f"job-{endless.id}")
    await form.should_see("A training is running: ")
    assert one(form, "other-training").props["href"] == f"/train?job={endless.id}"


async def test_another_tab_sees_a_training_but_not_its_form(form: User, queued: Job):
    other = Visitor(form.http_client)

    await other.open(f"/train?job={queued.id}")
    await other.should_see(marker=f"job-{queued.id}")
    await other.should_see("not available in this browser tab")
    await other.open("/train")
    await other.should_see(marker="dataset-wine")

    await other.should_not_see("people.csv, ")
    await other.should_not_see(marker="size")
    await other.should_not_see(marker="train")
    await other.should_not_see(marker="job")


async def test_duplicated_tab_has_the_same_table_and_its_own_options(form: User):
    twin = Visitor(form.http_client)
    # NiceGUI does this when a browser reports the previous id of a tab.
    await ui_app.storage._create_tab_storage(twin.tab_id, form.tab_id)

    await twin.open("/train")
    await should_see_the_form(twin)
    with twin:
        one(twin, "seed").set_value(8)

    assert one(form, "seed").value == OPTIONS["seed"]
    assert one(twin, "seed").value == 8


async def test_unreadable_table_is_not_restored(user: User):
    await user.open("/train")
    await drop(user, "broken.csv", b"x,y\n1,2,3\n")
    await user.should_see("has 3 cells where the header has 2")

    await user.open("/train")
    await user.should_see(marker="dataset-wine")

    await user.should_not_see("Reading the table")
    await user.should_not_see(marker="train")


async def test_selecting_another_table_leaves_the_training(form: User, queued: Job, addresses: list[str]):
    form.find(marker="dataset-wine").click()
    await form.should_see("178 rows, 14 columns")

    assert addresses[1:] == ["train"]
    await form.should_not_see(marker="job")
    await form.open("/train")
    await form.should_see("178 rows, 14 columns")
    await form.should_not_see(marker="job")
    await form.open(f"/train?job={queued.id}")
    await should_see_the_form(form)


async def test_train_again_restores_the_file_in_the_same_tab(form: User, services: Services):
    form.find(marker="train").click()
    await form.should_see("is trained.")
    job = (await services.jobs.jobs())[0]
    await form.open(f"/jobs/{job.id}")
    await form.should_see(marker="again")

    form.find(marker="again").click()

    await form.should_see(marker="settings")
    await should_see_the_form(form)


async def test_two_clicks_on_train_start_one_training(form: User, services: Services, endless: Job):
    form.find(marker="train").click().click()
    await form.should_see("in the queue")
    first = (await services.jobs.jobs())[0]
    assert first.id == endless.id + 1

    form.find(marker="train").click()
    await form.should_see(marker=f"job-{first.id + 1}")

    for job in (first.id, first.id + 1):
        await services.jobs.cancel(job)


async def test_table_selected_while_a_training_starts_stays_on_the_page(user: User, services: Services, endless: Job):
    await user.open("/train?dataset=machines")
    await user.should_see(marker="train")

    user.find(marker="train").click()
    user.find(marker="dataset-wine").click()

    await user.should_see("178 rows, 14 columns")
    await user.should_not_see(marker="job")
    assert (await services.jobs.cancel(endless.id + 1)).table == "machines"


@pytest.fixture
def expired(form: User, monkeypatch: pytest.MonkeyPatch) -> User:
    """A user whose file has been uploaded for that of another user."""
    monkeypatch.setattr(module, "MAX_STATES", 0)
    return form


async def test_expired_file_must_be_uploaded_again(expired: User):
    await Visitor(expired.http_client).open("/train")

    with expired:
        one(expired, "target").set_value("kind")
    await expired.should_see("The file is gone")
    expired.find(marker="train").click()

    await expired.should_see("people.csv is no longer kept")
    await expired.should_see(marker="train")


async def test_closing_the_page_while_a_start_fails_is_no_error(expired: User):
    other = Visitor(expired.http_client)
    await other.open("/train")
    await other.should_see(marker="dataset-wine")

    expired.find(marker="train").click()
    close(expired)

    await other.should_see(marker="dataset-wine")


def close(user: User) -> None:
    """Close the page and delete its elements."""
    assert user.client
    user.client.delete()
    user.client = None
    gc.collect()


async def test_closing_the_page_while_a_table_is_read_is_no_error(user: User, services: Services):
    await user.open("/train")
    # One table is previewed at a time, so that this one waits.
    async with services.training._previews:
        await drop(user, "broken.csv", b"x,y\n1,2,3\n")
        await user.should_see("Reading the table")

        close(user)

    await services.training.preview(Submission(dataset="wine", options={}))


def file(size: int = 1) -> TableFile:
    return TableFile("a.csv", Format.CSV, size)


def test_least_recently_used_files_are_uploaded_beyond_the_size_limit():
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
