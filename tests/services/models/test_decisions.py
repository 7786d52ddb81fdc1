"""What the predictions of a model follow: set, changed and removed while it answers."""

import pytest

from mlapp.errors import NotFound, Unacceptable
from mlapp.schemas import Decision, ModelPatch
from mlapp.services.models.service import ModelService
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore
from tests.fitted import Fitted, fit
from tests.services.conftest import eventually
from tests.store.conftest import NOW

COSTS = {"false_negative": 50.0, "false_positive": 1.0}


@pytest.fixture
def tumours() -> Fitted:
    """A version with two classes."""
    return fit("breast_cancer")


async def test_costs_are_kept_for_the_model_and_take_effect_at_once(
    store: ModelStore, models: ModelService, tumours: Fitted
):
    tumours.activate_in(store)
    before = await models.prediction.fitted("breast_cancer")

    info = await models.update("breast_cancer", ModelPatch(costs=COSTS))
    after = await models.prediction.fitted("breast_cancer")

    assert info.decision
    assert (info.decision.costs, info.decision.by) == (COSTS, "anonymous")
    assert (await models.version("breast_cancer", "1")).threshold == after.info.threshold
    assert 0 < (after.info.threshold or 0) < 0.5
    assert (before.info.threshold, after.parts) == (None, before.parts)


async def test_limit_replaces_costs_and_null_removes_it(store: ModelStore, models: ModelService, tumours: Fitted):
    tumours.activate_in(store)
    await models.update("breast_cancer", ModelPatch(costs=COSTS))

    limited = await models.update("breast_cancer", ModelPatch(limit=100, costs=None))
    free = await models.update("breast_cancer", ModelPatch(costs=None))

    assert limited.decision
    assert (limited.decision.limit, limited.decision.costs) == (100, None)
    assert (free.decision, (await models.prediction.fitted("breast_cancer")).info.threshold) == (None, None)


async def test_each_version_has_a_threshold_of_its_own(store: ModelStore, models: ModelService, tumours: Fitted):
    curve = tumours.record.threshold_curve
    assert curve
    moved = curve.model_copy(update={"thresholds": [each / 2 for each in curve.thresholds]})
    tumours.activate_in(store)
    tumours.but(threshold_curve=moved).add_to(store)
    await models.update("breast_cancer", ModelPatch(limit=300))

    first, second = [await models.prediction.fitted("breast_cancer", version) for version in (1, 2)]

    assert first.info.threshold == 2 * (second.info.threshold or 0)


async def test_decisions_of_other_processes_are_followed(
    store: ModelStore, prediction: PredictionService, tumours: Fitted
):
    tumours.activate_in(store, "other")
    tumours.activate_in(store)
    await prediction.start()
    await prediction.fitted("breast_cancer", 1)
    elsewhere = ModelService(ModelStore(store.folder), PredictionService(store, prediction.recorder))

    await elsewhere.update("breast_cancer", ModelPatch(threshold=0.25))

    await eventually(lambda: [fitted.info.threshold for fitted in prediction._cache._loaded.values()].count(0.25))


async def test_decision_of_a_training_is_that_of_a_model_without_one(store: ModelStore, tumours: Fitted):
    first, second = (Decision(limit=limit, by="ann", at=NOW) for limit in (5, 6))

    store.add("new", tumours.file, tumours.record, decision=first)
    store.add("new", tumours.file, tumours.record, decision=second)
    tumours.add_to(store)
    store.add("breast_cancer", tumours.file, tumours.record, decision=second, activate_by="ann")

    assert (store.settings("new").decision, store.settings("breast_cancer").decision) == (first, second)


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        ({"limit": 5, "threshold": 0.1}, "Predictions follow one of costs, limit and threshold; send one."),
        ({"threshold": 0.1}, "'threshold' is for two classes, and the target has 3; send 'costs' instead."),
        ({"costs": COSTS}, "The target has 3 classes"),
    ],
)
async def test_decision_that_does_not_suit_the_model_is_rejected(
    store: ModelStore, models: ModelService, wine: Fitted, patch: dict[str, object], sentence: str
):
    wine.activate_in(store)

    with pytest.raises(Unacceptable, match=sentence):
        await models.update("wine", ModelPatch(**patch))

    assert (await models.get("wine")).decision is None


async def test_model_without_versions_follows_nothing(store: ModelStore, models: ModelService, tumours: Fitted):
    number = tumours.add_to(store)
    store.delete("breast_cancer", number)

    with pytest.raises(Unacceptable, match="Model 'breast_cancer' has no version"):
        await models.update("breast_cancer", ModelPatch(costs=COSTS))
    with pytest.raises(NotFound):
        await models.update("nothing", ModelPatch(costs=None))


async def test_rejected_change_leaves_the_default_model(store: ModelStore, models: ModelService, tumours: Fitted):
    tumours.activate_in(store, "first")
    tumours.activate_in(store, "second")

    with pytest.raises(Unacceptable, match="There is no class 'maybe'"):
        await models.update("second", ModelPatch(default=True, costs={"maybe": {"M": 2.0}}))

    assert store.default() == "first"


async def test_decision_of_an_inactive_version_changes_no_predictions(store: ModelStore, tumours: Fitted):
    decision = Decision(limit=5, by="ann", at=NOW)
    tumours.activate_in(store)

    store.add("breast_cancer", tumours.file, tumours.record, decision=decision)
    before = store.settings("breast_cancer").decision
    store.add("breast_cancer", tumours.file, tumours.record, decision=decision, activate_by="ann")

    assert (before, store.settings("breast_cancer").decision) == (None, decision)


async def test_costs_are_not_tried_on_versions_without_several_classes(
    store: ModelStore, models: ModelService, tumours: Fitted
):
    tumours.activate_in(store)

    assert await models.prediction.trials.try_costs("breast_cancer", None) is None


async def test_version_without_held_out_rows_follows_only_a_threshold(
    store: ModelStore, models: ModelService, tumours: Fitted
):
    tumours.but(threshold_curve=None).activate_in(store)

    with pytest.raises(Unacceptable, match="send 'threshold' instead"):
        await models.update("breast_cancer", ModelPatch(limit=100))
    with pytest.raises(Unacceptable, match="send 'threshold' instead"):
        await models.update("breast_cancer", ModelPatch(costs=COSTS))
    await models.update("breast_cancer", ModelPatch(threshold=0.3))

    assert (await models.prediction.fitted("breast_cancer")).info.threshold == 0.3
