"""The page of one model."""

from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import DataSource, IgnoredColumn
from mlapp.services import Services
from tests.fitted import publish
from tests.pages.choosing import confirm, log, spare
from tests.pages.conftest import Trained, eventually, one

HOSTILE = "<img src=x onerror=alert(1)>"


def tables(user: User) -> list[list[str]]:
    return [[column["label"] for column in table.columns] for table in user.find(kind=ui.table).elements]


def another(services: Services, version: int, **changed: Any) -> int:
    """Store a copy of a version with another record."""
    store = services.models.store
    return store.add(store.file(version), store.record(version).model_copy(update=changed))


async def test_model_shows_what_it_expects_and_how_it_was_made(user: User, trained: Trained):
    await user.open(f"/models/{trained.regression.version}")

    await user.should_see("It predicts time_for_failure from 6 features.")
    for heading in ("How good it is", "Estimators compared", "What it looks at", "Signature", "How it was made"):
        await user.should_see(heading)
    await user.should_see("Parameter alpha")
    await user.should_see("Coverage of intervals")
    assert ["Feature", "Type", "Gaps", "Seen in training", "Example"] in tables(user)


@pytest.mark.parametrize("page", ["/", "/models/active"])
async def test_pages_say_what_the_active_model_was_trained_on(user: User, services: Services, page: str):
    await publish(services, "wine", source=DataSource(file="Q3 <b>sales</b>.csv"))

    await user.open(page)

    await user.should_see("rained on 178 rows of the file Q3 <b>sales</b>.csv")


@pytest.mark.parametrize(("name", "title"), [("active", "Active model"), ("latest", "Latest model")])
async def test_model_goes_by_a_name_too(user: User, services: Services, trained: Trained, name: str, title: str):
    await services.models.activate(str((await services.models.get("latest")).version))

    await user.open(f"/models/{name}")

    await user.should_see(title)
    await user.should_see(f"Model {(await services.models.get('latest')).version}")


async def test_model_page_of_the_active_one_follows_activations(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/models/active")
    await user.should_see("predicts time_for_failure from 6 features")

    await services.models.activate(str(trained.classification.version))

    await user.should_see("predicts cultivar from 13 features")
    await user.should_not_see("How large the errors are")


async def test_model_is_activated_after_saying_what_that_changes(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open(f"/models/{trained.classification.version}")
    await user.should_see("It answers when its version is asked for.")

    user.find(marker="activate").click()
    await user.should_see("It predicts cultivar (classification) instead of time_for_failure (regression).")
    confirm(user, "Activate")

    await user.should_see(f"Model {trained.classification.version} answers from now on.")
    await eventually(lambda: one(user, "active").visible and log(user)[0][1] == "Activated")
    await user.should_not_see(marker="delete")
    await user.should_not_see("It answers when its version is asked for.")


async def test_model_note_is_changed_in_place(user: User, services: Services, trained: Trained):
    version = await spare(services, note="")
    await user.open(f"/models/{version}")
    await user.should_see("No note yet.")

    user.find(marker="annotate").click()
    await user.should_see(f"Note of model {version}")
    one(user, "note").value = HOSTILE
    confirm(user, "Save")

    await eventually(lambda: one(user, "note-text").text == HOSTILE)


async def test_model_note_that_is_too_long_is_refused(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open(f"/models/{version}")

    user.find(marker="annotate").click()
    await user.should_see(f"Note of model {version}")
    one(user, "note").value = "n" * 2_001
    confirm(user, "Save")

    await user.should_see("A note has at most 2,000 characters")
    assert one(user, "note-text").text == "a spare one"


async def test_model_that_is_deleted_leads_back_to_the_list(user: User, services: Services, trained: Trained):
    version = await spare(services)
    await user.open(f"/models/{version}")

    user.find(marker="delete").click()
    await user.should_see("This cannot be undone.")
    confirm(user, "Delete")

    await user.should_see(f"There is no model {version}")
    user.find(marker="go-models").click()
    await user.should_see("Every training is kept as a version")


async def test_model_is_compared_with_the_active_one(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open(f"/models/{trained.classification.version}")

    user.find(marker="compare").click()

    await user.should_see(f"Models {trained.regression.version}, {trained.classification.version}.")


@pytest.mark.usefixtures("no_active")
async def test_model_is_not_compared_when_none_is_active(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open(f"/models/{trained.classification.version}")
    store = services.models.store.folder
    (store / "active.json").unlink()
    (store / "history.jsonl").unlink()

    await user.should_not_see(marker="compare")


async def test_model_that_cannot_be_used_says_why_and_cannot_be_activated(
    user: User, services: Services, trained: Trained
):
    await services.models.activate(str(trained.regression.version))
    version = another(services, trained.regression.version, library_versions={"python": "2.7", "scikit-learn": "0.1"})

    await user.open(f"/models/{version}")

    await user.should_see("It was trained with python 2.7, but python")
    await user.should_see(marker="unusable")
    assert (one(user, "activate").enabled, one(user, "go-predict?version=" + str(version)).enabled) == (False, False)
    services.models.store.delete(version)


async def test_model_shows_warnings_columns_left_out_and_hostile_names(
    user: User, services: Services, trained: Trained
):
    record = services.models.store.record(trained.regression.version)
    gaps = [record.features[0].model_copy(update={"name": ":x", "required": False, "example": None})]
    many = [feature.model_copy(update={"categories": list("abcdef")}) for feature in record.features[1:2]]
    version = another(
        services,
        trained.regression.version,
        features=[*gaps, *many, *record.features[2:]],
        ignored=[IgnoredColumn(name=HOSTILE, reason="is constant")],
        warnings=["Look at this."],
    )

    await user.open(f"/models/{version}")

    await user.should_see("Look at this.")
    shown = [row for table in user.find(kind=ui.table).elements for row in table.rows]
    assert [HOSTILE, "is constant"] in [[row["c0"], row["c1"]] for row in shown]
    assert [":x", "may be missing", "–"] in [[row["c0"], row.get("c2"), row.get("c4")] for row in shown]
    assert "a, b, c, d, e …" in [row.get("c3") for row in shown]
    services.models.store.delete(version)


async def test_model_card_is_read_and_downloaded(user: User, trained: Trained):
    version = trained.classification.version
    await user.open(f"/models/{version}")
    await user.should_not_see(marker="card")

    one(user, "read-card").value = True
    await eventually(lambda: f"# cultivar, model {version}" in one(user, "card").content)
    assert one(user, "card").content.lstrip().startswith("#")
    user.find(marker="download-card").click()

    answer = await user.download.next()
    assert answer.text.startswith("---\nlibrary_name")
    one(user, "read-card").value = False
    await user.should_not_see(marker="card")


@pytest.mark.parametrize("name", ["99999", "0", "01", "+1", "1%20", "1_0", "%D9%A1", "%EF%BC%91", "9" * 30])
async def test_model_that_is_unknown_is_not_found(user: User, trained: Trained, name: str):
    answer = await user.http_client.get(f"/models/{name}")

    assert answer.status_code == 404
    assert "There is no model" in answer.text
    assert (await user.http_client.get(f"/models/{trained.regression.version}")).status_code == 200
