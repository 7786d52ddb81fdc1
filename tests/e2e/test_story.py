"""User stories in a browser: drop a table, train, predict, compare, roll back."""

import asyncio
import io
import re
from contextlib import suppress
from pathlib import Path

import httpx
import polars as pl
from playwright.async_api import Locator, Page, expect

from mlapp.store import ModelStore
from tests.e2e.conftest import desktop_only
from tests.e2e.steps import PAINT, WITH_GLOSS, drop, publish

HOSTILE = "<img src=x onerror=alert(1)>"


async def pick_columns(page: Page, columns: Locator) -> None:
    """Pick a column by mouse, then the price by keyboard."""
    colour, price = [columns.get_by_role("button", name=f"Predict {name}") for name in ("colour", "price")]
    await colour.click()
    await expect(colour).to_have_attribute("aria-pressed", "true")
    await price.focus()
    await page.keyboard.press("Enter")
    await expect(price).to_have_attribute("aria-pressed", "true")
    await expect(colour).to_have_attribute("aria-pressed", "false")
    # The row was not drawn again.
    await expect(price).to_be_focused()


async def choose(page: Page, field: str, option: str) -> None:
    """Choose an option of a select, which closes again when the section around it is still unfolding."""
    choice = page.get_by_role("option", name=option)
    await page.get_by_label(field, exact=True).click()
    with suppress(AssertionError):
        await expect(choice).to_be_visible(timeout=2_000)
    if not await choice.is_visible():
        await page.get_by_label(field, exact=True).click()
    await choice.click()


async def test_dropped_file_becomes_an_active_version_that_predicts(page: Page, api: httpx.AsyncClient, tmp_path: Path):
    before = {job["id"] for job in (await api.get("/jobs")).json()["jobs"]}
    await page.goto("/ui/")
    await drop(page, tmp_path, "Paint shop.csv", PAINT)
    await expect(page.get_by_text("90 rows, 4 columns")).to_be_visible()
    await expect(page).to_have_url(re.compile("/ui/train$"))
    columns = page.get_by_role("list", name="Columns")
    await pick_columns(page, columns)

    await page.get_by_text("Advanced").click()
    await choose(page, "Estimator", "Linear model")
    await choose(page, "Activate the new version", "Never")
    await page.get_by_role("button", name="Train", exact=True).dblclick()

    await expect(page.get_by_text("is stored, but not activated.")).to_be_visible()
    # The second click of a double click, after the response to the first.
    await page.get_by_role("button", name="Train", exact=True).dispatch_event("click", {"detail": 2})
    (job,) = [job for job in (await api.get("/jobs")).json()["jobs"] if job["id"] not in before]
    assert job["model"] == "paint-shop"
    await expect(page).to_have_url(re.compile(rf"/ui/train\?job={job['id']}$"))
    # The address without the pages' prefix redirects to the one with it.
    await page.goto(f"/train?job={job['id']}")
    await expect(page.get_by_text("90 rows, 4 columns")).to_be_visible()
    await page.get_by_text("Advanced").click()
    await expect(page.get_by_role("combobox", name="Estimator", exact=True)).to_have_value("Linear model")
    await expect(columns.get_by_role("button", name="Predict price")).to_have_attribute("aria-pressed", "true")
    for plot in ("Predicted values against actual ones", "Distribution of errors"):
        await expect(page.get_by_role("img", name=plot)).to_be_visible()
    await page.get_by_role("button", name="Activate", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Activate").click()
    await expect(page.get_by_text(f"paint-shop, version {job['version']} answers now.")).to_be_visible()

    await page.get_by_role("button", name="Predict with it").click()
    await expect(page.get_by_role("heading", name="paint-shop", level=1)).to_be_visible()
    await page.get_by_role("spinbutton", name="size").fill("600")
    await expect(page.get_by_text("600 is outside 0–6 seen in training")).to_be_visible()
    assert {each["id"] for each in (await api.get("/jobs")).json()["jobs"]} == {*before, job["id"]}


@desktop_only
async def test_version_that_would_break_callers_is_stored_and_both_choices_are_given(
    page: Page, api: httpx.AsyncClient, running_store: ModelStore, tmp_path: Path
):
    publish(running_store, "shades")
    await page.goto("/ui/")
    await drop(page, tmp_path, "shades.csv", WITH_GLOSS)
    await expect(page.get_by_text("Version 2 of shades").first).to_be_visible()
    await expect(page.get_by_text("It will not be activated.")).to_be_visible()
    await expect(page.get_by_role("button", name="Train as shades-2")).to_be_visible()

    await page.get_by_role("button", name="Train", exact=True).click()

    await expect(page.get_by_text("shades, version 2 is stored, but not activated.")).to_be_visible()
    await expect(page.get_by_text("needs 'gloss', which version 1 does not").first).to_be_visible()
    await expect(page.get_by_role("button", name="Keep version 1")).to_be_visible()
    await page.get_by_role("button", name="Activate it anyway").click()
    await page.get_by_role("dialog").get_by_role("button", name="Activate").click()
    await expect(page.get_by_text("shades, version 2 answers now.")).to_be_visible()
    assert (await api.get("/models/shades")).json()["active"] == 2


@desktop_only
async def test_prediction_follows_a_slider(page: Page, running_store: ModelStore):
    publish(running_store, "sliding")
    await page.goto("/ui/models/sliding/predict")
    field = page.get_by_role("spinbutton", name="size")
    prediction = page.locator(".q-card", has=page.get_by_role("heading", name="Prediction", exact=True))
    await expect(prediction).to_contain_text("in about 90% of cases")
    await field.fill("1")
    await expect(page.get_by_text("All other columns keep their values")).to_be_visible()
    before = await prediction.text_content()

    slider = page.get_by_role("slider").first
    await slider.locator("[tabindex]").focus()
    # The field follows the slider by the server, and the slider the field.
    for value in (1, 2, 3):
        await expect(slider).to_have_attribute("aria-valuenow", str(value))
        await expect(field).to_have_value(str(value))
        await page.keyboard.press("ArrowRight")

    await expect(field).to_have_value("4")
    await expect(prediction).not_to_have_text(before or "")


@desktop_only
async def test_table_is_downloaded_with_predictions(
    page: Page, api: httpx.AsyncClient, running_store: ModelStore, tmp_path: Path
):
    version = publish(running_store, "tables")
    await page.goto("/ui/models/tables/predict")
    await drop(page, tmp_path, "paint.csv", PAINT)
    await expect(page.get_by_text(f"90 rows predicted by version {version}")).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download predictions").click()
    file = await (await download.value).path()

    answer = await api.post("/models/tables/predict", content=PAINT, headers={"Content-Type": "text/csv"})
    assert (await download.value).suggested_filename == "paint-predictions.csv"
    assert await asyncio.to_thread(file.read_bytes) == answer.content
    assert pl.read_csv(io.BytesIO(answer.content))["prediction"].len() == 90


@desktop_only
async def test_curl_sample_works(page: Page, running_store: ModelStore):
    publish(running_store, "curled")
    await page.goto("/ui/models/curled/api")
    code = page.locator(".mlapp-code code").first
    await expect(code).to_contain_text("/models/curled/predict")

    command = (await code.text_content() or "").strip()
    process = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()

    assert b'"model":"curled"' in printed


@desktop_only
async def test_two_versions_are_compared_and_one_is_rolled_back(
    page: Page, api: httpx.AsyncClient, running_store: ModelStore
):
    older = publish(running_store, "rolled", note="the older")
    newer = publish(running_store, "rolled", estimator="hist_gradient_boosting")
    await page.goto("/ui/models/rolled/versions")
    for version in (older, newer):
        await page.get_by_role("checkbox", name=f"Select version {version}", exact=True).click()

    await page.get_by_role("button", name="Compare (2)").click()
    await expect(page.get_by_role("heading", name="Side by side")).to_be_visible()
    await expect(page.get_by_text("Gradient boosting").first).to_be_visible()
    await expect(page.get_by_role("img", name="Distribution of errors")).to_be_visible()

    await page.goto("/ui/models/rolled/versions")
    await page.get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(f"Roll back to version {older}")
    await dialog.get_by_role("button", name="Roll back").click()
    await expect(page.get_by_text(f"Version {older} is active again.")).to_be_visible()
    await expect(page.get_by_text(f"version {older} active")).to_be_visible()
    assert (await api.get("/models/rolled")).json()["active"] == older


@desktop_only
async def test_model_card_is_downloaded(page: Page, running_store: ModelStore):
    version = publish(running_store, "carded")
    await page.goto(f"/ui/models/carded/versions/{version}")

    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download card").click()

    file = await (await download.value).path()
    text = await asyncio.to_thread(file.read_text)
    assert (await download.value).suggested_filename == f"carded-{version}.md"
    assert f"carded, version {version}" in text


@desktop_only
async def test_hostile_names_are_shown_as_text(page: Page, tmp_path: Path):
    rows = "".join(f"{n},{HOSTILE if n % 2 else 'plain'},{n % 5}\n" for n in range(40))
    await page.goto("/ui/train")
    await drop(page, tmp_path, "evil.csv", f":x,{HOSTILE},y\n{rows}")
    await expect(page.get_by_text("40 rows, 3 columns")).to_be_visible()
    await page.get_by_role("button", name="First rows").click()
    await expect(page.get_by_text(HOSTILE).first).to_be_visible()
    # By keyboard, as the unfolding rows above may move the button during a click.
    button = page.get_by_role("button", name="Train", exact=False).last
    await expect(button).to_be_enabled()
    await button.press("Enter")
    await expect(page.get_by_text("evil, version 1 answers now.")).to_be_visible()

    for path in ("", "models/evil", "models/evil/predict", "models/evil/api", "models/evil/versions/latest"):
        await page.goto(f"/ui/{path}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await page.wait_for_load_state("networkidle")
