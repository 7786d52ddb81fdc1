"""File uploads on the Train page: rejected, failed and invalid files."""

import pytest
from nicegui.testing import User

from tests.pages.conftest import drop, one

pytestmark = pytest.mark.slow


async def test_train_shows_the_error_of_an_invalid_file(user: User):
    await user.open("/train")

    await drop(user, "broken.csv", b"x,y\n1,2,3\n")

    await user.should_see("has 3 cells where the header has 2")
    await user.should_not_see(marker="train")


async def test_train_rejects_a_file_of_another_format(user: User):
    await user.open("/train")

    await drop(user, "sheet.xlsx", b"PK\x03\x04")

    await user.should_see("not a CSV, Parquet or NDJSON file")


async def test_train_says_when_a_file_is_rejected_or_its_upload_fails(user: User):
    await user.open("/train")

    user.find(marker="file").trigger("rejected")
    user.find(marker="file").trigger("failed")

    await user.should_see("up to 2 MB")
    await user.should_see("The upload failed")


async def test_train_rejects_a_too_large_file_on_the_server_too(user: User):
    await user.open("/train")
    upload = one(user, "file")

    answer = await user.http_client.post(upload.props["url"], files={"file": ("big.csv", b"x" * 2_100_000)})

    assert answer.status_code == 413


async def test_train_says_that_a_file_is_empty(user: User):
    await user.open("/train")

    await drop(user, "nothing.ndjson", b"\n")

    await user.should_see("empty")
    await user.should_not_see(marker="train")
