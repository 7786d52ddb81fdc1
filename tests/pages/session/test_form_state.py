"""What a browser tab chose on the Train page comes back in it, and nowhere else."""

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
from pages.session.form_state import Choice, Choices, Owner, TableFile
from tests.pages.conftest import Visitor, drop, one
from tests.services.disk import full_disk

pytestmark = pytest.mark.slow

CSV = "x,kind,name,y\n" + "".join(f"{n},{'ab'[n % 2]},person {n},{3 * n}\n" for n in range(40))
TYPED: dict[str, Any] = {"target": "x", "estimator": "linear", "features": ["y", "kind"], "seed": 7, "note": "Try 2"}
MINE: Owner = (None, "a tab")


@pytest.fixture
async def chosen(user: User) -> User:
    """A visitor who has dropped a table and set something."""
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    # The first look at a table starts a process, which takes long on a busy machine.
    await user.should_see(marker="train", retries=600)
    await fill(user)
    return user


async def fill(user: User) -> None:
    with user:
        for option, value in TYPED.items():
            one(user, option).set_value(value)
        one(user, "activate").set_value(False)
    await user.should_not_see("Checking the table for this choice")


async def should_see_all_of_it(user: User) -> None:
    await user.should_see("people.csv")
    await user.should_see(marker="train")
    assert {option: one(user, option).value for option in TYPED} == TYPED
    assert one(user, "activate").value is False
    assert one(user, "column-0").props["aria-pressed"] == "true"


@pytest.fixture
def addresses(user: User, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the address of the page is changed to."""
    found: list[str] = []
    monkeypatch.setattr(user.navigate.history, "replace", found.append)
    return found


@pytest.fixture
async def queued(chosen: User, services: Services, endless: Job, addresses: list[str]) -> AsyncIterator[Job]:
    """A training of this visitor's, which waits for its turn."""
    chosen.find(marker="train").click()
    await chosen.should_see("Waiting for its turn")
    job = (await services.jobs.jobs())[0]
    assert addresses == [f"?job={job.id}"]
    yield job
    await services.jobs.cancel(job.id)


async def test_a_reload_brings_back_the_table_and_what_was_set(chosen: User):
    await chosen.open("/train")

    await should_see_all_of_it(chosen)
    await chosen.should_not_see(marker="job")


async def test_a_reload_brings_back_a_bundled_table(user: User):
    await user.open("/train?dataset=wine&estimator=linear")
    await user.should_see(marker="train")
    with user:
        one(user, "seed").set_value(7)

    await user.open("/train")

    await user.should_see("178 rows, 14 columns")
    assert (one(user, "estimator").value, one(user, "seed").value) == ("linear", 7)
    assert one(user, "dataset-wine").props["aria-pressed"] == "true"


async def test_a_reload_of_a_training_brings_back_what_it_was_started_with(chosen: User, queued: Job):
    await chosen.open(f"/train?job={queued.id}")

    await chosen.should_see(marker=f"job-{queued.id}")
    await should_see_all_of_it(chosen)
    await chosen.should_not_see(marker="not-kept")


async def test_the_page_without_a_training_shows_ones_own_and_leads_to_that_of_another(
    chosen: User, queued: Job, endless: Job, addresses: list[str]
):
    addresses.clear()
    await chosen.open("/train")

    await chosen.should_see(marker=f"job-{queued.id}")
    assert addresses == [f"?job={queued.id}"]
    await chosen.should_not_see(marker=f"job-{endless.id}")
    await chosen.should_see("A training is running: ")
    assert one(chosen, "other-training").props["href"] == f"/train?job={endless.id}"


async def test_another_tab_sees_a_training_but_neither_its_file_nor_what_is_chosen(chosen: User, queued: Job):
    other = Visitor(chosen.http_client)

    await other.open(f"/train?job={queued.id}")
    await other.should_see(marker=f"job-{queued.id}")
    await other.should_see("The table of this training is not kept for this browser tab; drop it again")
    await other.open("/train")
    await other.should_see(marker="dataset-wine")

    await other.should_not_see("people.csv, ")
    await other.should_not_see(marker="size")
    await other.should_not_see(marker="train")
    await other.should_not_see(marker="job")


async def test_a_duplicated_tab_has_the_same_table_and_settings_of_its_own(chosen: User):
    twin = Visitor(chosen.http_client)
    # What NiceGUI does when a browser says which tab it was before.
    await ui_app.storage._create_tab_storage(twin.tab_id, chosen.tab_id)

    await twin.open("/train")
    await should_see_all_of_it(twin)
    with twin:
        one(twin, "seed").set_value(8)

    assert one(chosen, "seed").value == TYPED["seed"]
    assert one(twin, "seed").value == 8


async def test_a_table_that_cannot_be_read_does_not_come_back(user: User):
    await user.open("/train")
    await drop(user, "broken.csv", b"x,y\n1,2,3\n")
    await user.should_see("Row 0 of the CSV has 3 cells where the header has 2")

    await user.open("/train")
    await user.should_see(marker="dataset-wine")

    await user.should_not_see("Reading the table")
    await user.should_not_see(marker="train")


async def test_another_table_takes_the_place_of_a_training(chosen: User, queued: Job, addresses: list[str]):
    chosen.find(marker="dataset-wine").click()
    await chosen.should_see("178 rows, 14 columns")

    assert addresses[1:] == ["train"]
    await chosen.should_not_see(marker="job")
    await chosen.open("/train")
    await chosen.should_see("178 rows, 14 columns")
    await chosen.should_not_see(marker="job")
    await chosen.open(f"/train?job={queued.id}")
    await should_see_all_of_it(chosen)


async def test_train_again_brings_back_the_file_in_the_same_tab(chosen: User, services: Services):
    chosen.find(marker="train").click()
    await chosen.should_see("is trained.")
    job = (await services.jobs.jobs())[0]
    await chosen.open(f"/jobs/{job.id}")
    await chosen.should_see(marker="again")

    chosen.find(marker="again").click()

    await chosen.should_see(marker="settings")
    await should_see_all_of_it(chosen)


async def test_two_clicks_on_train_start_one_training(chosen: User, services: Services, endless: Job):
    chosen.find(marker="train").click().click()
    await chosen.should_see("Waiting for its turn")
    first = (await services.jobs.jobs())[0]
    assert first.id == endless.id + 1

    chosen.find(marker="train").click()
    await chosen.should_see(marker=f"job-{first.id + 1}")

    for job in (first.id, first.id + 1):
        await services.jobs.cancel(job)


async def test_a_table_that_is_chosen_while_a_training_starts_stays_on_the_page(
    user: User, services: Services, endless: Job
):
    await user.open("/train?dataset=machines")
    await user.should_see(marker="train")

    user.find(marker="train").click()
    user.find(marker="dataset-wine").click()

    await user.should_see("178 rows, 14 columns")
    await user.should_not_see(marker="job")
    assert (await services.jobs.cancel(endless.id + 1)).table == "machines"


@pytest.fixture
def outdated(chosen: User, monkeypatch: pytest.MonkeyPatch) -> User:
    """A visitor whose file made room for that of somebody else."""
    monkeypatch.setattr(module, "KEPT", 0)
    return chosen


async def test_a_file_that_is_no_longer_kept_is_asked_for_again(outdated: User):
    await Visitor(outdated.http_client).open("/train")

    with outdated:
        one(outdated, "target").set_value("kind")
    await outdated.should_see("The file is gone; send it again.")
    outdated.find(marker="train").click()

    await outdated.should_see("people.csv is no longer kept on the server; drop it again.")
    await outdated.should_see(marker="train")


async def test_leaving_the_page_while_a_start_fails_is_no_error(outdated: User):
    other = Visitor(outdated.http_client)
    await other.open("/train")
    await other.should_see(marker="dataset-wine")

    outdated.find(marker="train").click()
    leave(outdated)

    await other.should_see(marker="dataset-wine")


def leave(user: User) -> None:
    """Close the page; nothing of it is left."""
    assert user.client
    user.client.delete()
    user.client = None
    gc.collect()


async def test_leaving_the_page_while_a_table_is_read_is_no_error(user: User, services: Services):
    await user.open("/train")
    # One table is looked at after the other, and this one waits for its turn.
    async with services.training._previews:
        await drop(user, "broken.csv", b"x,y\n1,2,3\n")
        await user.should_see("Reading the table")

        leave(user)

    await services.training.preview(Submission(dataset="wine", options={}))


def file(size: int = 1) -> TableFile:
    return TableFile("a.csv", Format.CSV, size)


def test_the_limits_are_those_of_all_tabs_together_and_what_was_used_last_stays():
    choices = Choices(10)
    for name, size in (("old", 4), ("large", 7), ("new", 3)):
        choices.keep(Choice((None, name), file=file(size)))

    assert choices.find((None, "old")) is None
    assert {name: bool(choices.find((None, name))) for name in ("large", "new")} == {"large": True, "new": True}


def test_a_file_goes_with_the_last_choice_that_holds_it():
    choices, shared = Choices(10), file()
    choice = Choice(MINE, file=shared)
    choices.keep(choice)
    choices.start(choice, 1)
    choices.start(choice, 2)
    choices.keep(Choice(MINE, file=file()))
    assert shared.path.exists()

    choices.find(MINE, 1).used = choice.used = -1.0 * module.KEPT_S  # type: ignore[union-attr]
    choices.tidy()

    assert not shared.path.exists()
    assert choices.find(MINE)


def test_a_table_that_was_not_started_makes_room_for_the_next():
    choices, first = Choices(10), file()
    choices.keep(Choice(MINE, file=first))

    choices.keep(Choice(MINE, dataset="wine"))

    assert not first.path.exists()


def test_each_training_keeps_the_options_it_was_started_with():
    choices, choice = Choices(10), Choice(MINE, dataset="wine", options={"seed": 1})
    choices.keep(choice)
    choices.start(choice, 1)
    choice.options["seed"] = 2
    choices.start(choice, 2)
    choice.options["seed"] = 3

    found = [choices.find(MINE, job) for job in (1, 2, None)]

    assert [each and each.options["seed"] for each in found] == [1, 3, 3]


def test_two_pages_of_a_tab_do_not_change_each_others_options():
    choices = Choices(10)
    choices.keep(Choice(MINE, dataset="wine", options={"seed": 1}))

    first, second = choices.find(MINE), choices.find(MINE)
    assert first
    assert second
    first.options["seed"] = 2

    assert second.options == {"seed": 1}


def test_a_choice_is_for_one_session_and_one_tab():
    choices = Choices(10)
    choices.keep(Choice((Session("me", 2_000_000_000), "a tab"), dataset="wine"))

    for owner in [(Session("you", 2_000_000_000), "a tab"), (None, "a tab"), (Session("me", 2_000_000_000), "two")]:
        assert choices.find(owner) is None
    assert choices.find((Session("me", 2_000_000_000), "a tab"))


def test_files_are_for_the_server_alone_and_end_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dropped = file()
    path = dropped.path
    assert path.stat().st_mode & 0o777 == 0o600
    assert dropped.remove.atexit

    del dropped

    assert not path.exists()


def test_training_on_a_file_without_room_for_its_copy_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    dropped = file()
    dropped.path.write_bytes(bytes(3_000))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with full_disk(), pytest.raises(Unavailable, match=r"There is no room for the table \(File too large\); try again"):
        Choice(MINE, file=dropped).submission()

    assert list(tmp_path.glob("mlapp-*")) == []
