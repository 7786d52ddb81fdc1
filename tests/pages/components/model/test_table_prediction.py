"""Predictions for an uploaded table."""

import asyncio
from pathlib import Path

import httpx
import pytest
from nicegui import ui
from nicegui.elements.upload_files import SmallFileUpload
from nicegui.events import UploadEventArguments
from nicegui.testing import User

from mlapp.schemas import Feature, VersionInfo
from pages.components.model.table_prediction import TablePrediction
from pages.session.downloads import Downloads
from pages.session.site import Site
from pages.session.table_file import TableFile
from tests.pages.conftest import TrainedVersions, drop, eventually, one

HEADERS = ("X-Model-Name", "X-Model-Version", "X-Warnings-Total", "Content-Type")
"""Headers that a download shares with the response of the API."""


@pytest.fixture
def info(trained: TrainedVersions) -> VersionInfo:
    return trained.regression


@pytest.fixture
async def page(user: User, info: VersionInfo) -> User:
    await user.open(f"/models/machines/predict?version={info.version}")
    return user


def cell(feature: Feature, row: int) -> str:
    return str(row) if feature.name == "age" else "" if feature.example is None else str(feature.example).lower()


def csv(info: VersionInfo, rows: int) -> bytes:
    lines = [",".join(cell(feature, row) for feature in info.features) for row in range(rows)]
    return "\n".join([",".join(feature.name for feature in info.features), *lines, ""]).encode()


async def test_download_equals_the_response_of_the_api(page: User, info: VersionInfo, http: httpx.AsyncClient):
    table = csv(info, 40)
    await drop(page, "fleet.csv", table)
    await page.should_see(f"40 rows predicted by version {info.version}")
    await page.should_see("of 40 rows.")

    page.find(marker="download").click()
    file = await page.download.next()

    answer = await http.post(
        f"/models/machines/predict?version={info.version}", content=table, headers={"Content-Type": "text/csv"}
    )
    assert file.content == answer.content
    assert {name: file.headers[name] for name in HEADERS} == {name: answer.headers[name] for name in HEADERS}
    assert 'filename="fleet-predictions.csv"' in file.headers["Content-Disposition"]


async def test_preview_shows_predictions_first_and_warnings(page: User, info: VersionInfo):
    await drop(page, "fleet.csv", csv(info, 20))

    await page.should_see("20 rows predicted")
    preview = one(page, "preview")
    assert [column["label"] for column in preview.columns][:4] == ["Line", "prediction", "lower", "upper"]
    assert [row["c0"] for row in preview.rows][:2] == [2, 3]
    assert all(len(row["c1"].replace(",", "").strip("0.")) <= 4 for row in preview.rows)
    await page.should_see("Line 2, age: 0 is outside 30–1199 seen in training")
    await page.should_see("15 more warnings")


async def test_preview_of_one_row_says_that_it_is_all(page: User, info: VersionInfo):
    await drop(page, "fleet.csv", csv(info, 31).splitlines()[0] + b"\n" + csv(info, 31).splitlines()[31] + b"\n")

    await page.should_see("1 row predicted")
    await page.should_see("All rows.")


async def test_table_without_a_feature_shows_the_error(page: User):
    await drop(page, "other.csv", b"a,b\n1,2\n")

    await page.should_see(content="'age'", marker="read-error")


async def test_file_opens_its_tab(page: User, info: VersionInfo):
    await page.should_not_see(marker="table-prediction")

    await drop(page, "fleet.csv", csv(info, 3))

    await page.should_see(marker="table-prediction")
    await page.should_not_see(marker="prediction-card")
    page.find(marker="tab-one").click()
    await page.should_see(marker="prediction-card")


async def test_rows_that_cannot_be_predicted_are_listed_and_skipped(page: User, info: VersionInfo):
    lines = csv(info, 40).splitlines()
    for row in (3, 5):
        lines[row] = lines[row].replace(b"%d," % (row - 1), b"12 apples,", 1)
    await drop(page, "fleet.csv", b"\n".join(lines))
    await page.should_see("38 rows predicted")
    await page.should_see("2 rows cannot be predicted")
    await page.should_see("Line 4: 'age': '12 apples' is not a number.")
    assert not one(page, "download").enabled

    page.find(marker="skip").click()
    page.find(marker="download").click()
    file = await page.download.next()

    names, *rows = [line.split(",") for line in file.content.decode().splitlines()]
    problems = [row[names.index("problem")] for row in rows]
    assert [row for row, problem in enumerate(problems) if problem] == [2, 4]


async def test_table_with_the_target_is_scored(page: User, info: VersionInfo):
    lines = csv(info, 40).splitlines()
    labelled = [line + b"," + (b"%d" % (row + 300) if row else info.target.encode()) for row, line in enumerate(lines)]

    await drop(page, "fleet.csv", b"\n".join(labelled))

    await page.should_see(f"On the 40 rows with '{info.target}'")
    await page.should_see("in training: ")


async def test_reading_option_is_used_for_preview_and_download(page: User, info: VersionInfo):
    await drop(page, "fleet.csv", csv(info, 5).replace(b",", b";"))
    await page.should_see("5 rows predicted")
    await page.should_see(content="semicolon as delimiter", marker="read-as")
    page.find(marker="change-reading").click()

    with page:
        one(page, "reading-delimiter").set_value("|")
    await page.should_see(marker="read-error")
    await page.should_not_see(marker="download")
    with page:
        one(page, "reading-delimiter").set_value(";")

    await page.should_see("5 rows predicted")
    page.find(marker="download").click()
    assert b";prediction" in (await page.download.next()).content


async def test_second_table_replaces_the_first(page: User, info: VersionInfo):
    await drop(page, "fleet.csv", csv(info, 3))
    await page.should_see("3 rows predicted")
    page.find(marker="download").click()
    first = await page.download.next()

    await drop(page, "fleet.csv", csv(info, 4))

    await page.should_see("4 rows predicted")
    await page.should_not_see("3 rows predicted")
    page.find(marker="another-file").click()
    await page.should_see(marker="file")
    assert first.status_code == 200


async def download_path(page: User) -> str:
    """Return the path of the download."""
    page.find(marker="download").click()
    return str((await page.download.next()).url.path).removeprefix("/ui")


async def test_download_of_a_closed_page_is_not_found(page: User, info: VersionInfo):
    await drop(page, "fleet.csv", csv(info, 3))
    await page.should_see("3 rows predicted")
    path = await download_path(page)
    client = page.client
    assert client

    client.delete()

    answer = await page.http_client.get(path)
    assert answer.status_code == 404
    assert "no longer available" in answer.text


@pytest.fixture
async def uploaded(page: User, info: VersionInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """The file of an uploaded table on the server, and the path of its download."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await drop(page, "fleet.csv", csv(info, 3))
    await page.should_see("3 rows predicted")
    (file,) = tmp_path.glob("mlapp-table-*")
    return file, await download_path(page)


async def test_download_of_a_deleted_file_is_not_found(page: User, uploaded: tuple[Path, str]):
    file, path = uploaded

    file.unlink()

    assert (await page.http_client.get(path)).status_code == 404


async def test_download_of_an_invalid_file_says_what_is_wrong(page: User, uploaded: tuple[Path, str]):
    file, path = uploaded

    file.write_bytes(b"a,b\n1,2\n")

    answer = await page.http_client.get(path)
    assert answer.status_code == 422
    assert "'age'" in answer.text


async def test_only_the_last_of_several_uploads_is_shown(page: User, info: VersionInfo):
    await drop(page, "fleet.csv", csv(info, 5))
    await drop(page, "fleet.csv", csv(info, 6))

    await page.should_see("6 rows predicted")
    await eventually(lambda: len(page.find(marker="download").elements) == 1)


class ClosingUpload(SmallFileUpload):
    """An upload during which the page is closed."""

    async def save(self, path: str | Path) -> None:
        ui.context.client.delete()
        await super().save(path)


async def test_table_of_a_page_closed_during_its_upload_is_deleted(
    user: User, site: Site, info: VersionInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await user.open("/jobs")
    upload = ClosingUpload("fleet.csv", "text/csv", csv(info, 3))

    with user:
        card = TablePrediction(site, Downloads(site.services), info, on_file=lambda: None)
        event = UploadEventArguments(sender=card.result, client=ui.context.client, file=upload)
        await card._predict(event)
        await card._check()

    assert not list(tmp_path.iterdir())


async def test_preview_of_a_table_that_was_replaced_is_not_shown(user: User, site: Site, info: VersionInfo):
    await user.open("/jobs")
    with user:
        card = TablePrediction(site, Downloads(site.services), info, on_file=lambda: None)
        first = card.table = TableFile("fleet.csv", 1_000)
        first.path.write_bytes(csv(info, 3))
        checking = asyncio.create_task(card._check())
        await asyncio.sleep(0)
        card.table = TableFile("other.csv", 1_000)
        await checking

    await user.should_not_see("3 rows predicted")


async def test_reasons_are_a_column_if_they_are_asked_for(page: User, info: VersionInfo):
    await drop(page, "fleet.csv", csv(info, 2))
    await page.should_see("2 rows predicted")

    page.find(marker="explain").click()
    page.find(marker="download").click()
    file = await page.download.next(timeout=30)

    names, *_ = file.content.decode().splitlines()
    assert "why" in names.split(",")
