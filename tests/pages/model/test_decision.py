"""Cards on the overview that choose a threshold or costs."""

import httpx
from nicegui.testing import User

from mlapp.schemas import ModelPatch
from mlapp.services import Services
from tests.fitted import publish
from tests.pages.conftest import TrainedVersions, eventually, one


async def decision_of(services: Services, model: str) -> dict[str, object]:
    decision = (await services.models.get(model)).decision
    return decision.model_dump(exclude={"by", "at"}) if decision else {}


async def confirm(user: User) -> None:
    await user.should_see(marker="confirm")
    user.find(marker="confirm").click()


async def test_slider_moves_counts_and_the_threshold_is_saved(user: User, services: Services):
    await publish(services, "breast_cancer", "lumps")
    await user.open("/models/lumps")
    before = one(user, "threshold-recall").text

    one(user, "threshold-slider").set_value(10)
    assert one(user, "threshold-recall").text == "100%" != before
    assert one(user, "decide-by").value == "By hand"
    user.find(marker="save-decision").click()
    await user.should_see("The probabilities in the answers stay as they are.")
    await confirm(user)

    await user.should_see(content="as set by hand", marker="decision")
    info = await services.models.version("lumps", "active")
    assert info.threshold_curve
    assert info.threshold == info.threshold_curve.thresholds[10]
    await services.models.delete("lumps")


async def test_costs_and_a_limit_lead_to_a_threshold(user: User, services: Services):
    await publish(services, "breast_cancer", "tumours")
    await user.open("/models/tumours")

    one(user, "cost-missed").set_value(50)
    one(user, "decide-by").set_value("Lowest cost")
    by_costs = one(user, "threshold-slider").value
    one(user, "decide-by").set_value("Limit")
    assert not one(user, "save-decision").enabled
    one(user, "limit").set_value(100)
    user.find(marker="save-decision").click()
    await confirm(user)
    await user.should_see(content="at most 100 of 1,000 rows", marker="decision")

    assert await decision_of(services, "tumours") == {"limit": 100}
    assert one(user, "threshold-slider").value > by_costs
    await user.open("/models/tumours")
    one(user, "decide-by").set_value("Lowest cost")
    user.find(marker="save-decision").click()
    await confirm(user)
    await user.should_see(content="a missed", marker="decision")
    await user.open("/models/tumours")
    user.find(marker="reset-decision").click()
    await confirm(user)
    await user.should_see("The most probable value is predicted.")
    assert await decision_of(services, "tumours") == {}
    await services.models.delete("tumours")


async def test_costs_that_are_no_costs_cannot_be_saved(user: User, services: Services):
    await publish(services, "breast_cancer", "lumps-2")
    await services.models.update("lumps-2", ModelPatch(costs={"false_negative": 9, "false_positive": 2}))
    await user.open("/models/lumps-2")
    assert (one(user, "cost-missed").value, one(user, "cost-alarm").value) == (9, 2)

    one(user, "cost-missed").set_value(None)

    assert not one(user, "save-decision").enabled
    one(user, "cost-missed").set_value(2e12)
    assert not one(user, "save-decision").enabled
    await services.models.delete("lumps-2")


async def test_costs_between_several_classes_are_tried_and_saved(user: User, services: Services):
    await publish(services, "wine", "bottles")
    await user.open("/models/bottles")
    await user.should_see(content="if the most probable value is predicted")

    one(user, "cost-0").set_value(None)
    await eventually(lambda: not one(user, "save-decision").enabled)
    await user.should_not_see(marker="cost-figures")
    one(user, "cost-0").set_value(2e12)
    await eventually(lambda: not one(user, "save-decision").enabled)
    one(user, "cost-0").set_value(500)
    await eventually(lambda: one(user, "save-decision").enabled)
    user.find(marker="save-decision").click()
    await user.should_see("New versions follow the same setting.")
    await confirm(user)
    await user.should_see(content="lowest expected cost is predicted, by the costs", marker="decision")

    assert one(user, "cost-0").value == 500
    await user.open("/models/bottles")
    user.find(marker="reset-decision").click()
    await confirm(user)
    await user.should_see(content="The most probable value is predicted.", marker="decision")
    await services.models.delete("bottles")


async def test_numbers_have_no_line_to_draw(user: User, trained: TrainedVersions):
    await user.open("/models/machines")

    await user.should_not_see(marker="threshold-card")
    await user.should_not_see(marker="cost-card")


async def test_card_follows_a_threshold_that_a_program_sets(user: User, http: httpx.AsyncClient, services: Services):
    await publish(services, "breast_cancer", "decided-elsewhere")
    await user.open("/models/decided-elsewhere")
    await user.should_see(content="The most probable value is predicted.", marker="decision")

    answer = await http.patch("/models/decided-elsewhere", json={"threshold": 0.2})

    assert answer.status_code == 200
    await user.should_see(content="from a probability of 20% on", marker="decision")
    await services.models.delete("decided-elsewhere")


async def test_no_costs_are_asked_for_where_they_would_change_nothing(user: User, services: Services):
    await publish(services, "breast_cancer", "lumps-3", threshold_curve=None)

    await user.open("/models/lumps-3")

    await user.should_see(marker="active-card")
    await user.should_not_see(marker="cost-card")
    await user.should_not_see(marker="threshold-card")
    await services.models.delete("lumps-3")
