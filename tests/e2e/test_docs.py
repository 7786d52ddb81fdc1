"""API docs (Swagger UI) without internet access."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import desktop_only

IMAGE = "<img src=x onerror=alert(1)>"
LINK = "[x](javascript:alert(1))"
TARGET = f"y` {IMAGE}"


@pytest.fixture
def hostile(server: str) -> Iterator[None]:
    """An active model whose names are Markdown and HTML."""
    rows = [{LINK: (IMAGE, LINK, "**b**")[n % 3], TARGET: n} for n in range(40)]
    with httpx.Client(base_url=server, timeout=60) as http:
        body = {"records": rows, "target": TARGET, "estimator": "linear"}
        default = http.get("/models").json()["default"]
        trained = http.post("/train", json=body)
        assert trained.status_code == 201
        model = trained.json()["model"]
        assert http.patch(f"/models/{model}", json={"default": True}).status_code == 200
        yield
        assert http.patch(f"/models/{default}", json={"default": True}).status_code == 200
        assert http.delete(f"/models/{model}").status_code == 204


@desktop_only
@pytest.mark.usefixtures("hostile")
async def test_hostile_names_are_shown_as_text(page: Page):
    await page.goto("/docs#/prediction/predict")
    await expect(page.get_by_text(f"predicts {TARGET}")).to_be_visible()

    await page.get_by_role("button", name="Row", exact=True).click()
    await page.get_by_role("button", name=LINK).last.click()

    await expect(page.get_by_text(f"{IMAGE}, **b**, {LINK}.")).to_be_visible()


@desktop_only
async def test_docs_follow_the_color_scheme_and_link_to_the_pages(page: Page):
    await page.goto("/docs")
    await expect(page.get_by_role("link", name="/predict", exact=True)).to_be_visible()

    await page.emulate_media(color_scheme="dark")
    await expect(page.locator("html")).to_have_css("background-color", "rgb(28, 32, 34)")
    await page.emulate_media(color_scheme="light")
    await expect(page.locator("html")).not_to_have_css("background-color", "rgb(28, 32, 34)")

    await page.get_by_role("link", name="Back to the pages").click()
    await expect(page).to_have_url("/ui/")
