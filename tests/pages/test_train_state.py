"""The Train page restores its form in the same browser tab only."""

import gc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nicegui import app as ui_app
from nicegui.testing import User

from mlapp.schemas import Job, Submission
from mlapp.services import Services
from pages.session import form_state as module
from tests.pages.conftest import WaitingUser, drop, eventually, one
from tests.pages.steps import mark_column

pytestmark = pytest.mark.slow

CSV = "x,kind,name,y\n" + "".join(f"{n},{'ab'[n % 2]},person {n},{3 * n}\n" for n in range(40))
OPTIONS: dict[str, Any] = {"target": "x", "estimator": "linear", "seed": 7, "note": "Try 2"}


@pytest.fixture
async def form(user: User) -> User:
    """A user who has uploaded a table and changed options."""
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    # The first preview starts a process, which takes long on a busy machine.
    await user.should_see(marker="train")
    await fill(user)
    return user


async def fill(user: User) -> None:
    with user:
        for option, value in OPTIONS.items():
            one(user, option).set_value(value)
        one(user, "activate").set_value("never")
    user.find(marker="column-1-ignore").click()
    mark_column(user, 3, "time_column")
    await user.should_not_see("Checking the table")


async def should_see_the_form(user: User) -> None:
    await user.should_see("people.csv")
    await user.should_see(marker="train")
    assert {option: one(user, option).value for option in OPTIONS} == OPTIONS
    assert one(user, "activate").value == "never"
    assert one(user, "column-0-predict").props["aria-pressed"] == "true"
    assert one(user, "column-1-ignore").props["aria-pressed"] == "true"
    assert one(user, "is-time_column").props["aria-label"] == "Time: undo for y"


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
    assert one(user, "table-name").text == "wine"


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
    other = WaitingUser(form.http_client)

    await other.open(f"/train?job={queued.id}")
    await other.should_see(marker=f"job-{queued.id}")
    await other.should_see("not available in this browser tab")
    await other.open("/train")
    await other.should_see(marker="dataset-wine")

    await other.should_not_see("people.csv, ")
    await other.should_not_see(marker="size")
    await other.should_not_see(marker="train")
    await other.should_not_see(marker="job")


async def test_file_of_a_training_that_another_tab_uploads_is_for_its_model(form: User, queued: Job):
    other = WaitingUser(form.http_client)
    await other.open(f"/train?job={queued.id}")
    await other.should_see("not available in this browser tab")

    await drop(other, "people-copy.csv", CSV.encode())

    await other.should_see(content=f" {queued.model}", marker="train-title")


async def test_duplicated_tab_has_the_same_table_and_its_own_options(form: User):
    duplicate = WaitingUser(form.http_client)
    # NiceGUI does this when a browser reports the previous id of a tab.
    await ui_app.storage._create_tab_storage(duplicate.tab_id, form.tab_id)

    await duplicate.open("/train")
    await should_see_the_form(duplicate)
    with duplicate:
        one(duplicate, "seed").set_value(8)

    assert one(form, "seed").value == OPTIONS["seed"]
    assert one(duplicate, "seed").value == 8


async def test_reload_of_an_unreadable_table_shows_what_is_wrong(user: User):
    await user.open("/train")
    await drop(user, "broken.csv", b"x,x\n1,2\n")
    await user.should_see(marker="read-error")

    await user.open("/train")

    await user.should_see(marker="read-error", content="'x'")
    await user.should_not_see("Reading the table")
    await user.should_not_see(marker="train")


async def test_selecting_another_table_leaves_the_training(form: User, queued: Job, addresses: list[str]):
    form.find(marker="another-file").click()
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
    await form.should_see("is stored, but not activated")
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
    user.find(marker="another-file").click()
    user.find(marker="dataset-wine").click()

    await user.should_see("178 rows, 14 columns")
    await user.should_not_see(marker="job")
    assert (await services.jobs.cancel(endless.id + 1)).table == "machines"


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of uploaded files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
async def expired(uploads: Path, form: User, monkeypatch: pytest.MonkeyPatch) -> User:
    """A user whose file has been dropped for that of another user."""
    monkeypatch.setattr(module, "MAX_STATES", 0)
    other = WaitingUser(form.http_client)
    await other.open("/train")
    await eventually(lambda: not list(uploads.glob("mlapp-table-*")))
    return form


async def test_expired_file_must_be_uploaded_again(expired: User):
    expired.find(marker="train").click()

    await expired.should_see("people.csv is no longer kept")
    expired.find(marker="column-2-predict").click()
    await expired.should_see(marker="train-reason", content="The file is gone")


async def test_closing_the_page_while_a_start_fails_is_no_error(expired: User):
    other = WaitingUser(expired.http_client)
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
        await drop(user, "broken.csv", b"x,x\n1,2\n")
        await user.should_see("Reading the table")

        close(user)

    await services.training.preview(Submission(dataset="wine", options={}))
