"""ModelService on a temporary store."""

import pytest

from mlapp.errors import Conflict, NotFound, Unacceptable, Unavailable
from mlapp.services.models.search import VersionQuery
from mlapp.services.models.service import ModelService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.disk import full_disk


async def test_list_is_empty_at_first(models: ModelService):
    listed = await models.list()

    assert (listed.active, listed.models) == (None, [])


async def test_list_shows_the_newest_first_and_which_is_active(
    store: ModelStore, models: ModelService, wine: Fitted, diabetes: Fitted
):
    wine.add_to(store)
    diabetes.add_to(store)
    await models.activate("1")

    listed = await models.list()

    assert listed.active == 1
    assert [(model.version, model.active, model.target) for model in listed.models] == [
        (2, False, "progression"),
        (1, True, "cultivar"),
    ]


@pytest.mark.parametrize(("name", "version"), [("1", 1), ("active", 1), ("latest", 2)])
async def test_get_accepts_numbers_and_names(
    store: ModelStore, models: ModelService, wine: Fitted, name: str, version: int
):
    store.activate(wine.add_to(store))
    wine.add_to(store)

    model = await models.get(name)

    assert (model.version, model.active, model.usable) == (version, version == 1, True)


@pytest.mark.parametrize("name", ["active", "latest"])
async def test_get_without_models_is_not_found(models: ModelService, name: str):
    with pytest.raises(NotFound, match="There is no model yet; GET /models lists all models."):
        await models.get(name)


@pytest.mark.parametrize(
    "name", ["2", "0", "01", "+1", "1.0", "١", "-1", " 1", "1\n", "1" * 5_000, "", "../1", "first"]
)
async def test_get_of_another_spelling_is_not_found(store: ModelStore, models: ModelService, wine: Fitted, name: str):
    wine.add_to(store)

    with pytest.raises(NotFound, match="There is no model") as error:
        await models.get(name)

    assert len(error.value.detail) < 200


class Busy(ModelStore):
    """A store whose newest version is deleted just after it was listed."""

    def versions(self) -> list[int]:
        versions = super().versions()
        self.delete(versions[0])
        return versions


async def test_list_skips_versions_that_are_deleted_meanwhile(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    store.activate(wine.add_to(store))
    wine.add_to(store)

    listed = await ModelService(Busy(store.folder), prediction).list()

    assert [model.version for model in listed.models] == [1]


async def test_activate_of_a_damaged_version_changes_nothing(store: ModelStore, models: ModelService, wine: Fitted):
    store.activate(wine.add_to(store))
    wine.add_to(store)
    (store.folder / "versions/2/model.joblib").write_bytes(b"")

    with pytest.raises(Conflict, match="The file of model 2 is damaged"):
        await models.activate("2")

    assert (await models.list()).active == 1


async def test_rollback_serves_the_previous_model(store: ModelStore, models: ModelService, wine: Fitted):
    for _ in range(2):
        await models.activate(str(wine.add_to(store)))

    model = await models.rollback()

    assert (model.version, model.active) == (1, True)
    assert (await models.prediction.fitted()).info.version == 1
    assert [entry.action for entry in (await models.history()).activations] == ["rollback", "activate", "activate"]


async def test_rollback_to_a_damaged_version_changes_nothing(store: ModelStore, models: ModelService, wine: Fitted):
    for _ in range(2):
        store.activate(wine.add_to(store))
    (store.folder / "versions/1/model.joblib").unlink()

    with pytest.raises(Conflict, match="The file of model 1 is missing"):
        await models.rollback()

    assert (await models.list()).active == 2


async def test_rollback_without_a_previous_model_is_a_conflict(store: ModelStore, models: ModelService, wine: Fitted):
    await models.activate(str(wine.add_to(store)))

    with pytest.raises(Conflict, match="No other model was active before; activate one by its number."):
        await models.rollback()


async def test_delete_removes_all_but_the_active(store: ModelStore, models: ModelService, wine: Fitted):
    await models.activate(str(wine.add_to(store)))
    wine.add_to(store)

    await models.delete("latest")

    assert store.versions() == [1]
    with pytest.raises(Conflict, match="Model 1 is active; activate another one first."):
        await models.delete("active")


async def test_changes_on_a_full_disk_fail_and_the_active_model_answers(
    store: ModelStore, models: ModelService, wine: Fitted
):
    for _ in range(2):
        await models.activate(str(wine.add_to(store)))

    with full_disk(0):
        for change in (models.activate("1"), models.rollback()):
            with pytest.raises(Unavailable, match="Nothing could be saved"):
                await change

    assert (await models.prediction.fitted()).info.version == 2


async def test_catalog_has_estimators_and_tables(models: ModelService):
    assert [estimator.name for estimator in await models.estimators()][:2] == ["auto", "linear"]
    assert {"wine", "diabetes"} <= {dataset.name for dataset in await models.datasets()}
    assert (await models.dataset_csv("wine")).count(b"\n") == 179


async def test_unknown_bundled_table_is_not_found(models: ModelService):
    with pytest.raises(NotFound, match="There is no bundled table 'beer'; there are"):
        await models.dataset_csv("beer")


async def test_search_returns_a_page(store: ModelStore, models: ModelService, wine: Fitted, diabetes: Fitted):
    for fitted in (wine, diabetes, wine):
        fitted.add_to(store)

    page = await models.search(VersionQuery(words="cultivar", limit=1))

    assert ([model.version for model in page.models], page.matches, page.total) == ([3], 2, 3)


async def test_annotate_changes_the_note(store: ModelStore, models: ModelService, wine: Fitted):
    wine.but(note="at first").add_to(store)
    assert (await models.get("1")).note == "at first"

    changed = await models.annotate("latest", "later: ä\nand more")

    assert (changed.version, changed.note) == (1, "later: ä\nand more")
    assert (await models.list()).models[0].note == changed.note


async def test_annotate_accepts_up_to_two_thousand_characters(store: ModelStore, models: ModelService, wine: Fitted):
    wine.add_to(store)
    await models.annotate("1", "n" * 2_000)

    with pytest.raises(Unacceptable, match="at most 2,000 characters"):
        await models.annotate("1", "n" * 2_001)

    assert (await models.get("1")).note == "n" * 2_000


async def test_annotate_of_an_unknown_version_is_not_found(models: ModelService):
    with pytest.raises(NotFound, match="There is no model 7"):
        await models.annotate("7", "mine")


async def test_previous_is_the_version_of_a_rollback(store: ModelStore, models: ModelService, wine: Fitted):
    for _ in range(2):
        wine.add_to(store)
    await models.activate("1")
    assert await models.previous() is None

    await models.activate("2")

    assert await models.previous() == 1


async def test_why_unusable_names_the_library(store: ModelStore, models: ModelService, wine: Fitted):
    wine.add_to(store)
    old = wine.record.library_versions | {"scikit-learn": "0.1.0"}
    wine.but(library_versions=old).add_to(store)

    assert (await models.unusable_reason(1), await models.unusable_reason(3)) == (None, None)
    assert "It was trained with scikit-learn 0.1.0" in (await models.unusable_reason(2) or "")
