"""ModelService, over a store of its own."""

import pytest

from mlapp.errors import Conflict, NotFound, Unavailable
from mlapp.services.models import ModelService
from mlapp.store import ModelStore
from tests.services.conftest import Fitted
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
async def test_get_takes_numbers_and_names(
    store: ModelStore, models: ModelService, wine: Fitted, name: str, version: int
):
    store.activate(wine.add_to(store))
    wine.add_to(store)

    model = await models.get(name)

    assert (model.version, model.active, model.usable) == (version, version == 1, True)


@pytest.mark.parametrize("name", ["active", "latest"])
async def test_get_without_models_is_not_found(models: ModelService, name: str):
    with pytest.raises(NotFound, match="There is no model yet; GET /models lists what there is."):
        await models.get(name)


@pytest.mark.parametrize(
    "name", ["2", "0", "01", "+1", "1.0", "١", "-1", " 1", "1\n", "1" * 5_000, "", "../1", "first"]
)
async def test_get_of_another_spelling_is_not_found(store: ModelStore, models: ModelService, wine: Fitted, name: str):
    wine.add_to(store)

    with pytest.raises(NotFound, match="There is no model") as refused:
        await models.get(name)

    assert len(refused.value.detail) < 200


async def test_activate_of_a_damaged_version_changes_nothing(store: ModelStore, models: ModelService, wine: Fitted):
    store.activate(wine.add_to(store))
    wine.add_to(store)
    (store.folder / "versions/2/model.joblib").write_bytes(b"")

    with pytest.raises(Conflict, match="The file of model 2 is damaged"):
        await models.activate("2")

    assert (await models.list()).active == 1


async def test_rollback_answers_from_the_model_before(store: ModelStore, models: ModelService, wine: Fitted):
    for _ in range(2):
        await models.activate(str(wine.add_to(store)))

    model = await models.rollback()

    assert (model.version, model.active) == (1, True)
    assert (await models.prediction.fitted()).model.version == 1
    assert [entry.action for entry in (await models.history()).activations] == ["rollback", "activate", "activate"]


async def test_rollback_to_a_damaged_version_changes_nothing(store: ModelStore, models: ModelService, wine: Fitted):
    for _ in range(2):
        store.activate(wine.add_to(store))
    (store.folder / "versions/1/model.joblib").unlink()

    with pytest.raises(Conflict, match="The file of model 1 is gone"):
        await models.rollback()

    assert (await models.list()).active == 2


async def test_rollback_with_nothing_before_is_refused(store: ModelStore, models: ModelService, wine: Fitted):
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


async def test_changes_on_a_full_disk_are_refused_and_the_active_model_answers(
    store: ModelStore, models: ModelService, wine: Fitted
):
    for _ in range(2):
        await models.activate(str(wine.add_to(store)))

    with full_disk(0):
        for change in (models.activate("1"), models.rollback()):
            with pytest.raises(Unavailable, match="Nothing could be saved"):
                await change

    assert (await models.prediction.fitted()).model.version == 2


async def test_offers_are_there_to_train_from(models: ModelService):
    assert [estimator.name for estimator in await models.estimators()][:2] == ["auto", "linear"]
    assert {"wine", "diabetes"} <= {dataset.name for dataset in await models.datasets()}
    assert (await models.dataset_csv("wine")).count(b"\n") == 179


async def test_table_that_is_not_bundled_is_not_found(models: ModelService):
    with pytest.raises(NotFound, match="There is no bundled table 'beer'; there are"):
        await models.dataset_csv("beer")
