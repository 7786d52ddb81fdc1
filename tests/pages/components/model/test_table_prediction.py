"""Many rows on the Predict page: a table goes in, and comes back with its predictions."""

from pathlib import Path

import httpx
import pytest
from nicegui.testing import User

from mlapp.schemas import Feature, Model
from tests.pages.conftest import Trained, drop, eventually, one


@pytest.fixture
def model(trained: Trained) -> Model:
    return trained.regression


@pytest.fixture
async def page(user: User, model: Model) -> User:
    await user.open(f"/predict?version={model.version}")
    return user


def cell(feature: Feature, row: int) -> str:
    return str(row) if feature.name == "age" else "" if feature.example is None else str(feature.example).lower()


def csv(model: Model, rows: int) -> bytes:
    lines = [",".join(cell(feature, row) for feature in model.features) for row in range(rows)]
    return "\n".join([",".join(feature.name for feature in model.features), *lines, ""]).encode()


async def test_many_rows_come_back_as_the_api_answers_them(page: User, model: Model, http: httpx.AsyncClient):
    table = csv(model, 40)
    await drop(page, "fleet.csv", table)
    await page.should_see(f"40 rows predicted by model {model.version}")
    await page.should_see("of 40 rows.")

    page.find(marker="download").click()
    file = await page.download.next()

    answer = await http.post(f"/predict?version={model.version}", content=table, headers={"Content-Type": "text/csv"})
    assert file.content == answer.content
    assert 'filename="predictions.csv"' in file.headers["Content-Disposition"]


async def test_many_rows_show_the_predictions_first_and_what_is_unusual(page: User, model: Model):
    await drop(page, "fleet.csv", csv(model, 20))

    await page.should_see("20 rows predicted")
    preview = one(page, "preview")
    assert [column["label"] for column in preview.columns][:3] == ["prediction", "lower", "upper"]
    await page.should_see("Row 0, age: 0 is outside 30–1199 seen in training")
    await page.should_see("15 warnings more")


async def test_one_row_is_shown_whole(page: User, model: Model):
    await drop(page, "fleet.csv", csv(model, 31).splitlines()[0] + b"\n" + csv(model, 31).splitlines()[31] + b"\n")

    await page.should_see("1 row predicted")
    await page.should_see("All rows.")


async def test_a_table_that_cannot_be_predicted_is_refused_with_the_reason(page: User):
    await drop(page, "other.csv", b"a,b\n1,2\n")

    await page.should_see(content="Row 0 lacks the feature 'age'", marker="refused")


async def test_another_table_takes_the_place_of_the_first(page: User, model: Model):
    await drop(page, "fleet.csv", csv(model, 3))
    await page.should_see("3 rows predicted")
    page.find(marker="download").click()
    first = await page.download.next()

    await drop(page, "fleet.csv", csv(model, 4))

    await page.should_see("4 rows predicted")
    await page.should_not_see("3 rows predicted")
    assert first.status_code == 200


async def offered(page: User) -> str:
    """Return the path of what can be downloaded."""
    page.find(marker="download").click()
    return str((await page.download.next()).url.path).removeprefix("/ui")


async def test_a_download_is_gone_with_its_page(page: User, model: Model):
    await drop(page, "fleet.csv", csv(model, 3))
    await page.should_see("3 rows predicted")
    path = await offered(page)
    client = page.client
    assert client

    client.delete()

    answer = await page.http_client.get(path)
    assert (answer.status_code, answer.text) == (
        404,
        "This table is no longer here; drop it on the Predict page again.",
    )


@pytest.fixture
async def kept(page: User, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A table that was dropped: its file on the server, and the path of its download."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await drop(page, "fleet.csv", csv(model, 3))
    await page.should_see("3 rows predicted")
    (file,) = tmp_path.glob("mlapp-page-*/*")
    return file, await offered(page)


async def test_a_download_whose_file_was_taken_away_is_not_found(page: User, kept: tuple[Path, str]):
    file, path = kept

    file.unlink()

    assert (await page.http_client.get(path)).status_code == 404


async def test_a_download_of_a_table_that_was_changed_says_what_is_wrong(page: User, kept: tuple[Path, str]):
    file, path = kept

    file.write_bytes(b"a,b\n1,2\n")

    answer = await page.http_client.get(path)
    assert answer.status_code == 422
    assert "Row 0 lacks the feature 'age'" in answer.text


async def test_only_the_last_of_several_tables_is_shown(page: User, model: Model):
    await drop(page, "fleet.csv", csv(model, 5))
    await drop(page, "fleet.csv", csv(model, 6))

    await page.should_see("6 rows predicted")
    await eventually(lambda: len(page.find(marker="download").elements) == 1)
