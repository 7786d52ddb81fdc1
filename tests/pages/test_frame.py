"""The frame around every page, and error pages."""

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
from tests.pages.conftest import TrainedVersions, eventually, one, visiting
from tests.pages.steps import make_default


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
async def failing_user(app: FastAPI) -> AsyncIterator[User]:
    """A user whose requests may fail."""
    async with visiting(app, raise_errors=False) as failing_user:
        yield failing_user


@pytest.mark.usefixtures("broken_pages")
async def test_failing_page_shows_an_error_without_traceback(failing_user: User):
    answer = await failing_user.http_client.get("/broken-page")

    assert answer.status_code == 500
    assert "This page could not be shown" in answer.text
    assert "planted" not in answer.text


@pytest.mark.usefixtures("broken_pages")
async def test_failing_button_shows_an_error(failing_user: User):
    await failing_user.open("/broken-button")

    failing_user.find(marker="press").click()

    await failing_user.should_see("Something went wrong")


@pytest.mark.parametrize(("path", "title"), [(path, title) for path, title, _ in NAVIGATION])
@pytest.mark.usefixtures("trained")
async def test_every_page_has_title_language_and_current_navigation_link(user: User, path: str, title: str):
    answer = await user.http_client.get(path)

    assert f"<title>{title} · {TITLE}</title>" in answer.text
    assert '<html lang="en-US">' in answer.text
    assert '"aria-current":"page"' in answer.text.replace(" ", "").replace("\\", "")


def theme(user: User) -> str:
    (mode,) = user.find(kind=ui.dark_mode).elements
    return {True: "dark", False: "light", None: "auto"}[mode.value]


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [("dark", "dark"), ("light", "light"), ("auto", "auto"), ("invalid", "auto"), (None, "auto")],
)
async def test_theme_is_restored_from_the_cookie(user: User, cookie: str | None, shown: str):
    if cookie:
        user.http_client.cookies.set(COOKIE, cookie)

    await user.open("/system")

    assert theme(user) == shown


async def test_theme_is_selected_in_the_header(user: User):
    await user.open("/system")

    user.find(marker="theme-dark").click()
    assert theme(user) == "dark"
    user.find(marker="theme-auto").click()
    assert theme(user) == "auto"


async def test_header_shows_the_default_model(user: User, services: Services, trained: TrainedVersions):
    await make_default(services, trained.regression.model)
    await user.open("/system")
    await user.should_see("predicts time_for_failure from 6 columns")

    await make_default(services, trained.classification.model)

    await user.should_see("predicts cultivar from 13 columns")
    assert one(user, "default-now").props["href"] == "/models/wine"


@pytest.mark.usefixtures("no_models")
async def test_header_without_a_model_links_to_training(user: User):
    await user.open("/system")
    await user.should_see("No model yet")

    assert one(user, "default-now").props["href"] == "/train"


async def test_header_shows_a_running_training_until_it_ends(user: User, services: Services, endless: Job):
    await user.open("/system")
    await user.should_see(marker="training-now")
    link = one(user, "training-now")

    await services.jobs.cancel(endless.id)

    await eventually(lambda: not link.visible)


async def test_shortcuts_are_listed_in_a_dialog(user: User):
    await user.open("/jobs")
    assert [one(user, f"nav-{name}").props["data-key"] for name in ("models", "train", "jobs", "system")] == list(
        "mtjs"
    )

    user.find(marker="shortcuts").click()

    await user.should_see("Predict of the model")
