"""Version page."""

from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import (
    ColumnType,
    Condition,
    DataSource,
    Feature,
    IgnoredColumn,
    ProtectedGroup,
    ProtectedGroups,
    Share,
    Slice,
    VersionInfo,
)
from mlapp.services import Services
from pages.session.site import Site
from tests.fitted import fit, publish
from tests.pages.conftest import TrainedVersions, eventually, one
from tests.pages.steps import activation_rows, add_inactive, confirm

MODEL = "vineyard"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def active(services: Services) -> VersionInfo:
    """The active version of a model that the tests of this module share."""
    return await publish(services, "wine", MODEL)


@pytest.fixture
async def inactive(services: Services, active: VersionInfo) -> int:
    """A newer version."""
    return await add_inactive(services, MODEL)


def path(version: int | str) -> str:
    return f"/models/{MODEL}/versions/{version}"


def tables(user: User) -> list[list[str]]:
    return [[column["label"] for column in table.columns] for table in user.find(kind=ui.table).elements]


async def test_version_shows_verdict_evaluation_signature_and_training(user: User, trained: TrainedVersions):
    await user.open(f"/models/machines/versions/{trained.regression.version}")

    await user.should_see(f"Version {trained.regression.version}")
    await user.should_see("It predicts time_for_failure from 6 columns and was trained on 2,000 rows")
    await user.should_see(marker="verdict")
    for heading in ("Metrics", "Estimators compared", "Important columns", "Columns", "Training"):
        await user.should_see(heading)
    await user.should_see("alpha")
    await user.should_see("Interval coverage")
    assert ["Column", "Type", "Missing in training", "Values in training", "Example"] in tables(user)


async def test_version_shows_its_source(user: User, services: Services):
    info = await publish(services, "wine", MODEL, source=DataSource(file="Q3 <b>sales</b>.csv"))

    await user.open(path(info.version))

    await user.should_see("was trained on 178 rows of the file Q3 <b>sales</b>.csv")


@pytest.mark.parametrize(("name", "title"), [("active", "The active version"), ("latest", "The latest version")])
async def test_page_of_an_alias_shows_its_version(user: User, active: VersionInfo, name: str, title: str):
    await user.open(path(name))

    await user.should_see(title)
    await user.should_see(f"Version {active.version}")


async def test_page_of_the_alias_active_follows_activations(user: User, services: Services, inactive: int):
    other = await add_inactive(services, MODEL, seed=987654)
    await user.open(path("active"))
    await user.should_not_see("987654")

    await services.models.activate(MODEL, str(other))

    await user.should_see(content=f"Version {other}", kind=ui.link)
    await user.should_see("987654")


async def test_version_is_activated_after_showing_the_changes(user: User, services: Services, active: VersionInfo):
    version = await add_inactive(services, MODEL, target="other")
    await user.open(path(version))
    await user.should_see("it answers only programs that ask for this version")
    reason = f"It would break programs that use version {active.version}: predicts 'other' instead of 'cultivar'."
    await user.should_see(reason)

    user.find("Activate anyway").click()
    await user.should_see("Predicts 'other' instead of 'cultivar'.")
    confirm(user, "Activate")

    await user.should_see(f"Version {version} is now active.")
    await user.should_see(marker="active")
    await eventually(lambda: bool(activation_rows(user)[0][1] == "Activated"))
    await user.should_not_see(marker="delete")
    await user.should_not_see(reason)
    await user.should_see("It is kept as long as it is active.")


async def test_version_says_when_it_is_removed(user: User, services: Services, inactive: int, site: Site):
    keep = site.settings.keep_versions
    await user.open(path(inactive))
    await user.should_see(f"it is removed after {keep} more trainings.")

    fit("wine").add_to(services.models.store, MODEL)

    await user.should_see(f"it is removed after {keep - 1} more trainings.")


async def test_note_is_updated_in_place(user: User, services: Services, active: VersionInfo):
    version = await add_inactive(services, MODEL, note="")
    await user.open(path(version))
    await user.should_see("No note yet.")

    user.find(marker="annotate").click()
    await user.should_see(f"Note of version {version}")
    one(user, "note").value = HOSTILE
    confirm(user, "Save")

    await eventually(lambda: one(user, "note-text").text == HOSTILE)


async def test_page_of_a_deleted_version_links_to_the_list(user: User, inactive: int):
    await user.open(path(inactive))

    user.find(marker="delete").click()
    await user.should_see("This cannot be undone.")
    confirm(user, "Delete")

    await user.should_see("Version not found")
    user.find(marker=f"go-models-{MODEL}-versions").click()
    await user.should_see("Activation history")


async def test_version_links_to_a_comparison_with_the_active_one(user: User, active: VersionInfo, inactive: int):
    await user.open(path(inactive))

    user.find(marker="compare").click()

    await user.should_see(f"Versions {active.version}, {inactive}")


async def test_version_of_a_model_without_an_active_one_has_no_comparison(user: User, services: Services):
    version = await add_inactive(services, "never-active")

    await user.open(f"/models/never-active/versions/{version}")

    await user.should_see("Columns")
    await user.should_not_see(marker="compare")


async def test_unusable_version_shows_the_reason_and_cannot_be_activated(
    user: User, services: Services, active: VersionInfo
):
    version = await add_inactive(services, MODEL, library_versions={"python": "2.7", "scikit-learn": "0.1"})

    await user.open(path(version))

    await user.should_see("python 2.7")
    await user.should_see(marker="unusable")
    assert (one(user, "activate").enabled, one(user, "predict").enabled) == (False, False)


async def test_version_shows_warnings_unused_columns_and_hostile_names(
    user: User, services: Services, active: VersionInfo
):
    plain: dict[str, Any] = {"example": None, "required": False}
    features = [
        Feature(name=":x", type=ColumnType.BOOLEAN, **plain),
        Feature(name="many", type=ColumnType.CATEGORY, categories=list("abcdef"), **plain),
    ]
    ignored = [IgnoredColumn(name=HOSTILE, reason="is constant")]
    version = await add_inactive(services, MODEL, features=features, ignored=ignored, warnings=["Look at this."])

    await user.open(path(version))

    await user.should_see("Look at this.")
    shown = [row for table in user.find(kind=ui.table).elements for row in table.rows]
    assert [HOSTILE, "is constant"] in [[row["c0"], row["c1"]] for row in shown]
    assert [":x", "yes", "true or false", "–"] in [[row["c0"], *(row.get(f"c{n}") for n in (2, 3, 4))] for row in shown]
    assert "a, b, c, d, e …" in [row.get("c3") for row in shown]


async def test_version_page_says_where_it_is_wrong_and_how_groups_differ(user: User, services: Services):
    old = Condition(column="alcohol", above=13)
    wrong = Slice(conditions=[old], rows=40, error=0.4, elsewhere=0.1, standard_error=0.05)
    group = ProtectedGroup(condition=old, rows=40, error=Share(value=0.4, standard_error=0.08, rows=40))
    protected = ProtectedGroups(column="alcohol", groups=[group], left_out=0)
    version = await add_inactive(services, MODEL, slices=[wrong], protected=protected)

    await user.open(path(version))

    spot = "Among 40 rows with alcohol above 13, it is wrong in 40.0%; elsewhere, in 10.0%."
    await user.should_see(content=spot, marker="weak-spot")
    await user.should_see("Predict a file that has the column 'cultivar' to see the rows it gets most wrong.")
    await user.should_see("By alcohol")
    shown = [row for table in user.find(kind=ui.table).elements for row in table.rows]
    assert ["alcohol above 13", "40", "40.0 ± 8.0%"] in [[row.get(f"c{n}") for n in range(3)] for row in shown]


async def test_a_version_without_weak_spots_says_so(user: User, active: VersionInfo):
    await user.open(path(active.version))

    await user.should_see("No part of the table is clearly worse than the rest.")


async def test_model_card_is_previewed_and_downloaded(user: User, active: VersionInfo, monkeypatch: pytest.MonkeyPatch):
    saved: list[tuple[bytes, str, str]] = []
    monkeypatch.setattr(user.download, "content", lambda *file: saved.append(file))
    await user.open(path(active.version))
    await user.should_not_see(marker="card")

    one(user, "preview-card").value = True
    await eventually(lambda: f"# {MODEL}, version {active.version}" in one(user, "card").content)
    user.find(marker="download-card").click()

    await eventually(lambda: [name for _, name, _ in saved] == [f"{MODEL}-{active.version}.md"])
    assert saved[0][0].startswith(b"---\nlibrary_name")
    one(user, "preview-card").value = False
    await user.should_not_see(marker="card")


@pytest.mark.parametrize("name", ["99999", "0", "01", "+1", "1%20", "1_0", "%D9%A1", "%EF%BC%91", "9" * 30])
async def test_unknown_version_is_not_found(user: User, active: VersionInfo, name: str):
    answer = await user.http_client.get(path(name))

    assert answer.status_code == 404
    assert "Version not found" in answer.text
    assert (await user.http_client.get(path(active.version))).status_code == 200


async def test_version_of_an_unknown_model_is_not_found(user: User):
    answer = await user.http_client.get("/models/nope/versions/1")

    assert answer.status_code == 404
    assert "Model not found" in answer.text
