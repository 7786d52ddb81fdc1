"""A store without models: every page says what to do next, and notices when there is one."""

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.servers import address, serving

EMPTY = {
    "": "There is no model yet",
    "predict": "There is no model yet",
    "models": "There is no model yet",
    "monitor": "Nothing was asked yet",
    "jobs": "Nothing has been trained yet",
    "health": "There is no model yet",
}


def train(http: httpx.Client, *, activate: bool = True) -> None:
    options = {"dataset": "wine", "estimator": "linear", "activate": activate}
    assert http.post("/train", json=options).status_code == 201


async def test_pages_of_an_empty_store_say_what_to_do_and_notice_what_comes(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
):
    with serving(tmp_path_factory.mktemp("empty"), MLAPP_DEMO="false") as (_, http):
        page = await browser.new_page(base_url=address(http))
        for path, said in EMPTY.items():
            await page.goto(f"/ui/{path}")
            await expect(page.get_by_text(said).first).to_be_visible()
            await expect(page.get_by_role("button", name="Train").first).to_be_visible()

        await page.goto("/ui/monitor")
        train(http)
        await expect(page.get_by_role("button", name="Predict something")).to_be_visible()
        train(http, activate=False)
        assert http.post("/predict", json={"records": [{}]}).status_code == 422

        await expect(page.get_by_text("Model 1 was not asked yet; below is what it learnt from.")).to_be_visible()
        await page.close()


async def test_monitor_counts_what_is_asked_where_there_is_no_model(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
):
    with serving(tmp_path_factory.mktemp("empty"), MLAPP_DEMO="false") as (_, http):
        page = await browser.new_page(base_url=address(http))
        await page.goto("/ui/monitor")
        await expect(page.get_by_text("Nothing was asked yet")).to_be_visible()

        assert http.post("/predict", json={"records": [{}]}).status_code == 503

        await expect(page.get_by_text("There is no model yet.")).to_be_visible()
        await page.close()
