"""A store without models: the Monitor page says what to do next, and notices when there is one."""

from pathlib import Path

import httpx
from playwright.async_api import Browser, expect

from tests.servers import address, serving


def train(http: httpx.Client, *, activate: bool = True) -> None:
    options = {"dataset": "wine", "estimator": "linear", "activate": activate}
    assert http.post("/train", json=options).status_code == 201


async def test_monitor_of_an_empty_store_notices_requests_and_models(browser: Browser, tmp_path: Path):
    with serving(tmp_path, MLAPP_DEMO="false") as (_, http):
        page = await browser.new_page(base_url=address(http))
        await page.goto("/ui/monitor")
        await expect(page.get_by_text("Nothing was asked yet")).to_be_visible()
        await expect(page.get_by_role("button", name="Train").first).to_be_visible()

        train(http)
        await expect(page.get_by_role("button", name="Predict something")).to_be_visible()
        train(http, activate=False)
        assert http.post("/predict", json={"records": [{}]}).status_code == 422
        await expect(page.get_by_text("Model 1 was not asked yet; below is what it learnt from.")).to_be_visible()
        await page.close()
