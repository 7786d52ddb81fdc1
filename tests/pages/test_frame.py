"""What is around every page, and what stands in for one that fails."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from nicegui import ui
from nicegui.testing import User

from pages.frame import frame
from pages.site import Site
from tests.pages.conftest import visiting


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


@pytest.mark.parametrize(
    ("path", "title"), [("/", "Overview"), ("/train", "Train"), ("/predict", "Predict"), ("/models", "Models")]
)
async def test_every_page_has_a_title_a_language_and_marks_where_one_is(user: User, path: str, title: str):
    answer = await user.http_client.get(path)

    assert f"<title>{title} · mlapp</title>" in answer.text
    assert '<html lang="en-US">' in answer.text
    assert '"aria-current":"page"' in answer.text.replace(" ", "").replace("\\", "")
