"""ModelService on a temporary store."""

from dataclasses import replace

import pytest

from mlapp.errors import Conflict, EstimatorsBroken, NotFound, Unacceptable, Unavailable
from mlapp.schemas import ActivationPolicy, ModelList, ModelPatch, VersionKey
from mlapp.services.models.listing import StoredModel, StoreState
from mlapp.services.models.search import VersionQuery
from mlapp.services.models.service import ModelService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.disk import full_disk


async def test_there_is_nothing_at_first(models: ModelService):
    assert await models.list() == ModelList(default=None, models=[])
    assert await models.state() == StoreState(None, {})
    with pytest.raises(NotFound, match="There is no model yet; train one: POST /train."):
        await models.default()


async def test_list_shows_models_by_name_with_their_active_or_latest_version(
    store: ModelStore, models: ModelService, wine: Fitted, diabetes: Fitted
):
    diabetes.add_to(store, "sugar")
    wine.activate_in(store)
    wine.but(target="later").add_to(store)

    listed = await models.list()

    assert (listed.default, await models.default()) == ("wine", "wine")
    assert [(each.name, each.active, each.versions, each.target) for each in listed.models] == [
        ("sugar", None, 1, "progression"),
        ("wine", 1, 2, "cultivar"),
    ]
    assert await models.state() == StoreState(
        "wine", {"sugar": StoredModel(None, (1,)), "wine": StoredModel(1, (2, 1))}
    )


async def test_list_shows_a_model_without_readable_versions(store: ModelStore, models: ModelService, wine: Fitted):
    wine.activate_in(store)
    (store.folder / "models/wine/versions/1/record.json").write_bytes(b"")
    restarted = ModelService(ModelStore(store.folder), models.prediction)

    (model,) = (await restarted.list()).models
    info = await restarted.get("wine")

    assert (model.name, model.task, model.trained_at, model.metrics, model.versions) == ("wine", None, None, {}, 0)
    assert (info.active, info.active_version) == (1, None)


async def test_model_has_its_active_version(store: ModelStore, models: ModelService, wine: Fitted, diabetes: Fitted):
    wine.activate_in(store)
    diabetes.add_to(store)

    first, second = await models.get("wine"), await models.get("diabetes")

    assert first.active_version
    assert (first.default, first.active_version.version, first.predict_path) == (True, 1, "/models/wine/predict")
    assert (second.default, second.active_version, second.description) == (False, None, "")


async def test_versions_are_listed_newest_first_and_say_what_they_would_break(
    store: ModelStore, models: ModelService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.add_to(store, "wine")

    listed = await models.versions("wine")

    assert (listed.model, listed.active) == ("wine", 1)
    assert [(each.version, each.active, each.target, each.breaking[:1]) for each in listed.versions] == [
        (2, False, "progression", ["predicts 'progression' instead of 'cultivar'"]),
        (1, True, "cultivar", []),
    ]
    assert [each.predict_path for each in listed.versions] == [
        "/models/wine/predict?version=2",
        "/models/wine/predict",
    ]


async def test_damaged_active_version_breaks_nobody(store: ModelStore, models: ModelService, wine: Fitted):
    wine.activate_in(store)
    wine.but(target="other").add_to(store)
    (store.folder / "models/wine/versions/1/record.json").write_bytes(b"")

    # One that has not read the record before.
    restarted = ModelService(ModelStore(store.folder), models.prediction)

    assert (await restarted.version("wine", "2")).breaking == []


async def test_changes_of_a_model_take_effect_one_by_one(
    store: ModelStore, models: ModelService, wine: Fitted, diabetes: Fitted
):
    wine.activate_in(store)
    diabetes.activate_in(store)

    described = await models.update(
        "diabetes", ModelPatch(description="After a year", activation=ActivationPolicy.NEVER)
    )
    changed = await models.update("diabetes", ModelPatch(default=True))

    assert (described.description, described.activation, described.default) == ("After a year", "never", False)
    assert (changed.description, changed.default, models.prediction.default) == ("After a year", True, "diabetes")
    with pytest.raises(Unacceptable, match="'default' can only be true"):
        await models.update("diabetes", ModelPatch(default=False))


async def test_model_that_cannot_be_the_default_is_not_changed(store: ModelStore, models: ModelService, wine: Fitted):
    wine.add_to(store)

    with pytest.raises(Conflict, match="Model 'wine' has no active version"):
        await models.update("wine", ModelPatch(default=True, description="Grapes"))

    assert (await models.get("wine")).description == ""


async def test_deleted_model_answers_no_more(store: ModelStore, models: ModelService, wine: Fitted, diabetes: Fitted):
    wine.activate_in(store)
    diabetes.activate_in(store)
    with pytest.raises(Conflict, match="'wine' is the default model"):
        await models.delete("wine")
    await models.prediction.fitted("diabetes")

    await models.delete("diabetes")

    with pytest.raises(NotFound):
        await models.prediction.fitted("diabetes")
    await models.delete("wine")
    assert (await models.list()).models == []


@pytest.mark.parametrize(("name", "version"), [("1", 1), ("active", 1), ("latest", 2)])
async def test_version_is_found_by_number_and_name(
    store: ModelStore, models: ModelService, wine: Fitted, name: str, version: int
):
    wine.activate_in(store)
    wine.add_to(store)

    info = await models.version("wine", name)

    assert (info.version, info.active, info.usable) == (version, version == 1, True)


async def test_model_without_an_active_version_has_none(store: ModelStore, models: ModelService, wine: Fitted):
    wine.add_to(store)

    with pytest.raises(NotFound, match="Model 'wine' has no active version; GET /models/wine/versions lists what it"):
        await models.version("wine", "active")


async def test_model_without_versions_has_no_latest(store: ModelStore, models: ModelService, wine: Fitted):
    store.delete("wine", wine.add_to(store))

    with pytest.raises(NotFound, match="Model 'wine' has no latest version"):
        await models.version("wine", "latest")
    assert [(each.name, each.versions, each.task) for each in (await models.list()).models] == [("wine", 0, None)]


@pytest.mark.parametrize(
    "name", ["2", "0", "01", "+1", "1.0", "١", "-1", " 1", "1\n", "1" * 5_000, "", "../1", "first"]
)
async def test_get_of_another_spelling_is_not_found(store: ModelStore, models: ModelService, wine: Fitted, name: str):
    wine.add_to(store)

    with pytest.raises(NotFound, match="Model 'wine' has no version") as error:
        await models.version("wine", name)

    assert len(error.value.detail) < 200


class Busy(ModelStore):
    """A store whose newest version, or last model, is deleted just after it was listed."""

    def versions(self, model: str) -> list[int]:
        versions = super().versions(model)
        self.delete(model, versions[0])
        return versions

    def names(self) -> list[str]:
        names = list(super().names())
        if len(names) > 1:
            ModelStore(self.folder).remove(names[-1])
        return names


async def test_list_skips_versions_that_are_deleted_meanwhile(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.activate_in(store)
    wine.add_to(store)

    listed = await ModelService(Busy(store.folder), prediction).versions("wine")

    assert [each.version for each in listed.versions] == [1]


@pytest.mark.parametrize("polled", [True, False])
async def test_list_skips_models_that_are_deleted_meanwhile(
    store: ModelStore, prediction: PredictionService, wine: Fitted, *, polled: bool
):
    for model in ("a", "b"):
        wine.activate_in(store, model)
    busy = ModelService(Busy(store.folder), prediction)

    names = list((await busy.state()).models) if polled else [each.name for each in (await busy.list()).models]

    assert names == ["a"]


async def test_activate_of_a_damaged_version_changes_nothing(store: ModelStore, models: ModelService, wine: Fitted):
    wine.activate_in(store)
    wine.add_to(store)
    (store.folder / "models/wine/versions/2/model.joblib").write_bytes(b"")

    with pytest.raises(Conflict, match="The file of version 2 of model wine is damaged"):
        await models.activate("wine", "2")

    assert (await models.versions("wine")).active == 1


async def test_rollback_serves_the_previous_model(store: ModelStore, models: ModelService, wine: Fitted):
    for _ in range(2):
        await models.activate("wine", str(wine.add_to(store)))

    model = await models.rollback("wine")

    assert (model.version, model.active) == (1, True)
    assert (await models.prediction.fitted(None)).info.version == 1
    assert [entry.action for entry in (await models.history("wine")).activations] == [
        "rollback",
        "activate",
        "activate",
    ]


async def test_rollback_to_a_damaged_version_changes_nothing(store: ModelStore, models: ModelService, wine: Fitted):
    for _ in range(2):
        wine.activate_in(store)
    (store.folder / "models/wine/versions/1/model.joblib").unlink()

    with pytest.raises(Conflict, match="The file of version 1 of model wine is missing"):
        await models.rollback("wine")

    assert (await models.versions("wine")).active == 2


async def test_rollback_without_a_previous_model_is_a_conflict(store: ModelStore, models: ModelService, wine: Fitted):
    await models.activate("wine", str(wine.add_to(store)))

    with pytest.raises(
        Conflict, match="No other version of model 'wine' was active before; activate one by its number."
    ):
        await models.rollback("wine")


async def test_delete_removes_all_but_the_active(store: ModelStore, models: ModelService, wine: Fitted):
    await models.activate("wine", str(wine.add_to(store)))
    wine.add_to(store)

    await models.delete_version("wine", "latest")

    assert store.versions("wine") == [1]
    with pytest.raises(
        Conflict, match="Version 1 of model 'wine' is active; activate another version before deleting it."
    ):
        await models.delete_version("wine", "active")


async def test_changes_on_a_full_disk_fail_and_the_active_model_answers(
    store: ModelStore, models: ModelService, wine: Fitted
):
    for _ in range(2):
        await models.activate("wine", str(wine.add_to(store)))

    with full_disk(0):
        for change in (models.activate("wine", "1"), models.rollback("wine")):
            with pytest.raises(Unavailable, match="Nothing could be saved"):
                await change

    assert (await models.prediction.fitted(None)).info.version == 2


async def test_catalog_has_estimators_and_tables(models: ModelService):
    assert [estimator.name for estimator in await models.estimators()][:2] == ["auto", "linear"]
    assert {"wine", "diabetes"} <= {dataset.name for dataset in await models.datasets()}
    assert (await models.dataset_csv("wine")).count(b"\n") == 179


async def test_catalog_says_which_estimator_of_another_package_is_missing(models: ModelService):
    with pytest.raises(EstimatorsBroken, match="MLAPP_ESTIMATORS allows 'forest', but no installed package has"):
        await replace(models, allowed_estimators=("forest",)).estimators()


async def test_unknown_bundled_table_is_not_found(models: ModelService):
    with pytest.raises(NotFound, match="There is no bundled table 'beer'; there are"):
        await models.dataset_csv("beer")


async def test_search_returns_a_page(store: ModelStore, models: ModelService, wine: Fitted, diabetes: Fitted):
    for fitted in (wine, diabetes, wine):
        fitted.add_to(store, "wine")

    page = await models.search("wine", VersionQuery(words="cultivar", limit=1))

    assert ([each.version for each in page.versions], page.matches, page.total) == ([3], 2, 3)


async def test_annotate_changes_the_note(store: ModelStore, models: ModelService, wine: Fitted):
    wine.but(note="at first").add_to(store)
    assert (await models.version("wine", "1")).note == "at first"

    changed = await models.annotate("wine", "latest", "later: ä\nand more")

    assert (changed.version, changed.note) == (1, "later: ä\nand more")
    assert (await models.versions("wine")).versions[0].note == changed.note


async def test_annotate_accepts_up_to_two_thousand_characters(store: ModelStore, models: ModelService, wine: Fitted):
    wine.add_to(store)
    await models.annotate("wine", "1", "n" * 2_000)

    with pytest.raises(Unacceptable, match="at most 2,000 characters"):
        await models.annotate("wine", "1", "n" * 2_001)

    assert (await models.version("wine", "1")).note == "n" * 2_000


async def test_annotate_of_an_unknown_version_is_not_found(store: ModelStore, models: ModelService, wine: Fitted):
    wine.add_to(store)

    with pytest.raises(NotFound, match="Model 'wine' has no version 7"):
        await models.annotate("wine", "7", "mine")


async def test_previous_is_the_version_of_a_rollback(store: ModelStore, models: ModelService, wine: Fitted):
    for _ in range(2):
        wine.add_to(store)
    await models.activate("wine", "1")
    assert await models.previous("wine") is None

    await models.activate("wine", "2")

    assert await models.previous("wine") == 1


async def test_why_unusable_names_the_library(store: ModelStore, models: ModelService, wine: Fitted):
    wine.add_to(store)
    old = wine.record.library_versions | {"scikit-learn": "0.1.0"}
    wine.but(library_versions=old).add_to(store)

    reasons = [await models.unusable_reason(VersionKey("wine", version)) for version in (1, 2, 3)]

    assert (reasons[0], reasons[2]) == (None, None)
    assert "It was trained with scikit-learn 0.1.0" in (reasons[1] or "")
    assert await models.unusable_reason(VersionKey("beer", 1)) is None
