"""What a person does in a browser, from a file to a prediction."""

import asyncio
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, expect

from tests.servers import address, serving, wait_until

ROWS = "".join(f"{n % 7},{'red' if n % 3 else 'green'},2024-0{n % 9 + 1}-15,{n % 7 * 3 + n % 3}\n" for n in range(90))
HOSTILE = "<img src=x onerror=alert(1)>"


async def drop(page: Page, folder: Path, name: str, content: str) -> None:
    file = folder / name
    file.write_text(content)
    await page.locator("input[type=file]").set_input_files(file)


async def test_a_dropped_table_becomes_a_model_that_predicts(page: Page, server: str, tmp_path: Path):
    await page.goto("/ui/train")
    await drop(page, tmp_path, "paint.csv", f"size,colour,day,price\n{ROWS}")
    await expect(page.get_by_text("90 rows, 4 columns")).to_be_visible()
    await page.get_by_role("button", name="Train", exact=False).last.click()
    await expect(page.get_by_text("is trained and answers from now on.")).to_be_visible(timeout=60_000)

    await page.get_by_role("button", name="Predict with it").click()
    await expect(page.get_by_role("heading", name="predicts price from 3 features")).to_be_visible()
    before = await page.get_by_text(" to ", exact=False).first.text_content()
    await page.get_by_role("spinbutton", name="size").fill("600")

    await expect(page.get_by_text("600 is outside 0–6 seen in training")).to_be_visible()
    assert before


async def test_the_curl_of_the_predict_page_answers(page: Page, server: str):
    await page.goto("/ui/predict")
    code = page.locator(".mlapp-code code")
    await expect(code).to_contain_text("curl -X POST")

    command = (await code.text_content() or "").strip()
    process = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE)
    answer, _ = await process.communicate()

    assert b'"predictions":[' in answer


async def test_hostile_names_are_text_and_nothing_else(page: Page, tmp_path: Path):
    rows = "".join(f"{n},{HOSTILE if n % 2 else 'plain'},{n % 5}\n" for n in range(40))
    await page.goto("/ui/train")
    await drop(page, tmp_path, "evil.csv", f":x,{HOSTILE},y\n{rows}")
    await expect(page.get_by_text("40 rows, 3 columns")).to_be_visible()
    await page.get_by_text("First rows").click()
    await expect(page.get_by_text(HOSTILE).first).to_be_visible()
    # By the keyboard, for the rows above still unfold, and a click may miss.
    await page.get_by_role("button", name="Train", exact=False).last.press("Enter")
    await expect(page.get_by_text("is trained and answers from now on.")).to_be_visible(timeout=60_000)

    for path in ("/ui/", "/ui/predict", "/ui/models", "/ui/models/latest"):
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await page.wait_for_load_state("networkidle")


async def test_versions_are_activated_and_rolled_back(page: Page, server: str):
    for _ in range(2):
        trained = httpx.post(f"{server}/train", json={"dataset": "wine", "estimator": "linear"}, timeout=60)
        assert trained.status_code == 201
    newest = trained.json()["version"]
    await page.goto("/ui/models")

    await page.get_by_role("button", name="Roll back").click()
    await page.get_by_role("dialog").get_by_role("button", name="Roll back").click()

    await expect(page.get_by_text("The model that was active before answers again.")).to_be_visible()
    assert httpx.get(f"{server}/models/active").json()["version"] == newest - 1


async def test_the_docs_page_works_without_internet(page: Page):
    await page.goto("/docs")

    await expect(page.get_by_role("link", name="/predict", exact=True)).to_be_visible()


async def test_navigation_reaches_every_page(page: Page):
    await page.goto("/")
    for name in ("Train", "Predict", "Models", "Health", "Overview"):
        if await page.get_by_role("button", name="Open navigation").is_visible():
            await page.get_by_role("button", name="Open navigation").click()
        await page.get_by_role("navigation").get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


async def test_pages_without_an_api_do_not_mention_one(browser: Browser, tmp_path: Path):
    with serving(tmp_path, "--only-pages") as (_, http):
        wait_until(http, "/readyz")
        page = await browser.new_page(base_url=address(http))
        await page.goto("/ui/predict")
        await expect(page.get_by_text("Change the values")).to_be_visible()
        assert not await page.get_by_text("Use it from code").is_visible()
        await page.get_by_role("spinbutton", name="age").fill("5000")
        await expect(page.get_by_text("5000 is outside")).to_be_visible()
        await page.close()
