"""Model page."""

from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import DataSource, IgnoredColumn
from mlapp.services import Services
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import activation_rows, add_inactive, confirm

HOSTILE = "<img src=x onerror=alert(1)>"


def tables(user: User) -> list[list[str]]:
    return [[column["label"] for column in table.columns] for table in user.find(kind=ui.table).elements]


def add_copy(services: Services, version: int, **changed: Any) -> int:
    """Add a copy of a version with a changed record."""
    store = services.models.store
    return store.add(store.file(version), store.record(version).model_copy(update=changed))


async def test_model_shows_evaluation_signature_and_training(user: User, trained: TrainedVersions):
    await user.open(f"/models/{trained.regression.version}")

    await user.should_see("It predicts time_for_failure from 6 features.")
    for heading in ("Evaluation", "Estimators compared", "Feature importance", "Signature", "Training"):
        await user.should_see(heading)
    await user.should_see("Parameter alpha")
    await user.should_see("Interval coverage")
    assert ["Feature", "Type", "Missing in training", "Values in training", "Example"] in tables(user)


@pytest.mark.parametrize("page", ["/", "/models/active"])
async def test_pages_show_the_source_of_the_active_model(user: User, services: Services, page: str):
    await publish(services, "wine", source=DataSource(file="Q3 <b>sales</b>.csv"))

    await user.open(page)

    await user.should_see("on 178 rows of the file Q3 <b>sales</b>.csv")


@pytest.mark.parametrize(("name", "title"), [("active", "Active model"), ("latest", "Latest model")])
async def test_model_page_of_an_alias_shows_its_version(
    user: User, services: Services, trained: TrainedVersions, name: str, title: str
):
    await services.models.activate(str((await services.models.get("latest")).version))

    await user.open(f"/models/{name}")

    await user.should_see(title)
    await user.should_see(f"Model {(await services.models.get('latest')).version}")


async def test_model_page_of_the_alias_active_follows_activations(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    await user.open("/models/active")
    await user.should_see("predicts time_for_failure from 6 features")

    await services.models.activate(str(trained.classification.version))

    await user.should_see("predicts cultivar from 13 features")
    await user.should_not_see("Distribution of errors")


async def test_model_is_activated_after_showing_the_changes(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))
    await user.open(f"/models/{trained.classification.version}")
    await user.should_see("used only by requests that name this version")

    user.find(marker="activate").click()
    await user.should_see("instead of time_for_failure")
    confirm(user, "Activate")

    await user.should_see(f"Model {trained.classification.version} is now active.")
    await eventually(lambda: one(user, "active").visible and activation_rows(user)[0][1] == "Activated")
    await user.should_not_see(marker="delete")
    await user.should_not_see("used only by requests that name this version")


async def test_model_note_is_updated_in_place(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services, note="")
    await user.open(f"/models/{version}")
    await user.should_see("No note yet.")

    user.find(marker="annotate").click()
    await user.should_see(f"Note of model {version}")
    one(user, "note").value = HOSTILE
    confirm(user, "Save")

    await eventually(lambda: one(user, "note-text").text == HOSTILE)


async def test_too_long_note_is_rejected(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services)
    await user.open(f"/models/{version}")

    user.find(marker="annotate").click()
    await user.should_see(f"Note of model {version}")
    one(user, "note").value = "n" * 2_001
    confirm(user, "Save")

    await user.should_see("2,000 characters")
    assert one(user, "note-text").text == "inactive"


async def test_page_of_a_deleted_model_links_to_the_list(user: User, services: Services, trained: TrainedVersions):
    version = await add_inactive(services)
    await user.open(f"/models/{version}")

    user.find(marker="delete").click()
    await user.should_see("This cannot be undone.")
    confirm(user, "Delete")

    await user.should_see("Model not found")
    user.find(marker="go-models").click()
    await user.should_see("Each training creates a version")


async def test_model_links_to_a_comparison_with_the_active_one(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    await user.open(f"/models/{trained.classification.version}")

    user.find(marker="compare").click()

    await user.should_see(f"Models {trained.regression.version}, {trained.classification.version}.")


@pytest.mark.usefixtures("no_active")
async def test_model_without_an_active_one_has_no_comparison(user: User, services: Services, trained: TrainedVersions):
    await services.models.activate(str(trained.regression.version))
    await user.open(f"/models/{trained.classification.version}")
    store = services.models.store.folder
    (store / "active.json").unlink()
    (store / "history.jsonl").unlink()

    await user.should_not_see(marker="compare")


async def test_unusable_model_shows_the_reason_and_cannot_be_activated(
    user: User, services: Services, trained: TrainedVersions
):
    await services.models.activate(str(trained.regression.version))
    version = add_copy(services, trained.regression.version, library_versions={"python": "2.7", "scikit-learn": "0.1"})

    await user.open(f"/models/{version}")

    await user.should_see("python 2.7")
    await user.should_see(marker="unusable")
    assert (one(user, "activate").enabled, one(user, "go-predict?version=" + str(version)).enabled) == (False, False)
    services.models.store.delete(version)


async def test_model_shows_warnings_unused_columns_and_hostile_names(
    user: User, services: Services, trained: TrainedVersions
):
    record = services.models.store.record(trained.regression.version)
    optional = [record.features[0].model_copy(update={"name": ":x", "required": False, "example": None})]
    many = [feature.model_copy(update={"categories": list("abcdef")}) for feature in record.features[1:2]]
    version = add_copy(
        services,
        trained.regression.version,
        features=[*optional, *many, *record.features[2:]],
        ignored=[IgnoredColumn(name=HOSTILE, reason="is constant")],
        warnings=["Look at this."],
    )

    await user.open(f"/models/{version}")

    await user.should_see("Look at this.")
    shown = [row for table in user.find(kind=ui.table).elements for row in table.rows]
    assert [HOSTILE, "is constant"] in [[row["c0"], row["c1"]] for row in shown]
    assert [":x", "yes", "–"] in [[row["c0"], row.get("c2"), row.get("c4")] for row in shown]
    assert "a, b, c, d, e …" in [row.get("c3") for row in shown]
    services.models.store.delete(version)


async def test_model_card_is_previewed_and_downloaded(user: User, trained: TrainedVersions):
    version = trained.classification.version
    await user.open(f"/models/{version}")
    await user.should_not_see(marker="card")

    one(user, "preview-card").value = True
    await eventually(lambda: f"# cultivar, model {version}" in one(user, "card").content)
    assert one(user, "card").content.lstrip().startswith("#")
    user.find(marker="download-card").click()

    answer = await user.download.next()
    assert answer.text.startswith("---\nlibrary_name")
    one(user, "preview-card").value = False
    await user.should_not_see(marker="card")


@pytest.mark.parametrize("name", ["99999", "0", "01", "+1", "1%20", "1_0", "%D9%A1", "%EF%BC%91", "9" * 30])
async def test_unknown_model_is_not_found(user: User, trained: TrainedVersions, name: str):
    answer = await user.http_client.get(f"/models/{name}")

    assert answer.status_code == 404
    assert "Model not found" in answer.text
    assert (await user.http_client.get(f"/models/{trained.regression.version}")).status_code == 200
