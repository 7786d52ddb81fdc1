"""What is around every page, and what stands in for one that fails."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from nicegui import ui
from nicegui.testing import User

from mlapp import TITLE
from mlapp.schemas import Job
from mlapp.services import Services
from pages.frame import NAVIGATION, frame
from pages.session.site import Site
from pages.theme import COOKIE
from tests.pages.conftest import Trained, eventually, one, visiting


def fail() -> None:
    raise RuntimeError("planted")


@pytest.fixture(scope="session")
def broken_pages(site: Site) -> None:
    @ui.page("/broken-page")
    def broken_page() -> None:
        fail()

    @ui.page("/broken-button")
    def broken_button() -> None:
        with frame(site, "Broken", ""):
            ui.button("Press", on_click=fail).mark("press")


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[User]:
    """A user who may see errors."""
    async with visiting(app, raise_errors=False) as visitor:
        yield visitor


@pytest.mark.usefixtures("broken_pages")
async def test_a_page_that_fails_says_so_without_a_trace(visitor: User):
    answer = await visitor.http_client.get("/broken-page")

    assert answer.status_code == 500
    assert "This page could not be shown" in answer.text
    assert "planted" not in answer.text


@pytest.mark.usefixtures("broken_pages")
async def test_a_button_that_fails_says_so(visitor: User):
    await visitor.open("/broken-button")

    visitor.find(marker="press").click()

    await visitor.should_see("Something went wrong here; it is in the log.")


@pytest.mark.parametrize(("path", "title"), [(path, title) for path, title, _ in NAVIGATION])
async def test_every_page_has_a_title_a_language_and_marks_where_one_is(user: User, path: str, title: str):
    answer = await user.http_client.get(path)

    assert f"<title>{title} · {TITLE}</title>" in answer.text
    assert '<html lang="en-US">' in answer.text
    assert '"aria-current":"page"' in answer.text.replace(" ", "").replace("\\", "")


def darkness(user: User) -> str:
    (mode,) = user.find(kind=ui.dark_mode).elements
    return {True: "dark", False: "light", None: "auto"}[mode.value]


@pytest.mark.parametrize(
    ("remembered", "shown"),
    [("dark", "dark"), ("light", "light"), ("auto", "auto"), ("of another app", "auto"), (None, "auto")],
)
async def test_light_and_dark_are_remembered(user: User, remembered: str | None, shown: str):
    if remembered:
        user.http_client.cookies.set(COOKIE, remembered)

    await user.open("/health")

    assert darkness(user) == shown


async def test_light_and_dark_are_chosen_in_the_header(user: User):
    await user.open("/health")

    user.find(marker="theme-dark").click()
    assert darkness(user) == "dark"
    user.find(marker="theme-auto").click()
    assert darkness(user) == "auto"


async def test_the_active_model_stays_in_sight(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))
    await user.open("/health")
    await user.should_see("predicts time_for_failure from 6 features")

    await services.models.activate(str(trained.classification.version))

    await user.should_see("predicts cultivar from 13 features")


@pytest.mark.usefixtures("no_active")
async def test_without_a_model_the_header_leads_to_training(user: User):
    await user.open("/health")
    await user.should_see("No model yet")

    (link,) = user.find(marker="active-now").elements

    assert link.props["href"] == "/train"


async def test_a_running_training_stays_in_sight_until_it_ends(user: User, services: Services, endless: Job):
    await user.open("/health")
    await user.should_see(marker="training-now", retries=200)
    link = one(user, "training-now")

    await services.jobs.cancel(endless.id)

    await eventually(lambda: not link.visible)
