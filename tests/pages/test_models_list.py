"""Models page: search, order and pages of the list."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import ModelPatch
from mlapp.services import Services
from pages.models import PAGE_MODELS, SEARCHED
from tests.fitted import fit
from tests.pages.conftest import eventually, one

pytestmark = pytest.mark.usefixtures("no_models")


def names(user: User) -> list[str]:
    """Return the names on the cards, in their order."""
    marks = [mark for card in user.find(kind=ui.card).elements for mark in card._markers]
    shown = {mark.removeprefix("model-") for mark in marks if mark.startswith("model-")}
    links = [link for link in user.find(kind=ui.link).elements if getattr(link, "text", "") in shown]
    return [link.text for link in sorted(links, key=position)]


def position(link: ui.element) -> int:
    card = next(each for each in link.ancestors() if isinstance(each, ui.card))
    assert card.parent_slot
    return card.parent_slot.children.index(card)


async def publish_many(services: Services, count: int) -> None:
    """Add models whose names count from 0, the newest last."""
    started, fitted = datetime.now(UTC) - timedelta(days=2), fit("wine")
    for number in range(count):
        each = fitted.but(created_at=started + timedelta(hours=number))
        await asyncio.to_thread(each.activate_in, services.models.store, f"model-{number:02}")


async def test_models_are_searched_by_words(user: User, services: Services):
    await publish_many(services, SEARCHED)
    await services.models.update("model-03", ModelPatch(description="What a bottle is worth."))
    await user.open("/")
    await user.should_see(f"{SEARCHED} models")

    with user:
        one(user, "search").set_value("Bottle cultivar")

    await user.should_see(f"1 of {SEARCHED} models")
    await user.should_not_see(marker="model-model-02")
    assert names(user) == ["model-03"]
    with user:
        one(user, "search").set_value(None)
    await user.should_see(marker="model-model-02")


async def test_models_are_sorted_newest_first_or_by_name(user: User, services: Services):
    await publish_many(services, SEARCHED)
    await user.open("/")
    await user.should_see(marker="model-model-00")
    newest_first = names(user)

    with user:
        one(user, "order").set_value("name")

    await eventually(lambda: names(user) == newest_first[::-1])
    assert newest_first[0] == f"model-{SEARCHED - 1:02}"


async def test_search_and_order_of_the_address_are_used(user: User, services: Services):
    await publish_many(services, 2)

    await user.open("/?words=00&order=name")

    await user.should_see("1 of 2 models")
    assert (one(user, "search").value, one(user, "order").value) == ("00", "name")


async def test_models_are_paged(user: User, services: Services):
    await publish_many(services, PAGE_MODELS + 1)
    await user.open("/?order=invalid")
    await user.should_see(marker="model-model-01")
    await user.should_not_see(marker="model-model-00")

    with user:
        one(user, "pages").set_value(2)

    await user.should_see(marker="model-model-00")
    assert names(user) == ["model-00"]
