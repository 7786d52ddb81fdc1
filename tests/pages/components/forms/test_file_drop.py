"""File uploads on the Train page: rejected, failed and invalid files."""

import pytest
from nicegui.testing import User

from tests.pages.conftest import drop, one

pytestmark = pytest.mark.slow


async def test_train_shows_the_error_of_an_invalid_file(user: User):
    await user.open("/train")

    await drop(user, "broken.csv", b"x,x\n1,2\n")

    await user.should_see(marker="read-error", content="'x'")
    await user.should_see(marker="reading-options")
    await user.should_not_see(marker="train")


@pytest.mark.parametrize("name", ["table", "table.dat", "table.CSV"])
async def test_files_are_accepted_by_any_name(user: User, name: str):
    await user.open("/train")

    await drop(user, name, b"x,y\n1,2\n3,4\n")

    await user.should_see("2 rows, 2 columns")


async def test_train_says_when_a_file_is_rejected_or_its_upload_fails(user: User):
    await user.open("/train")

    user.find(marker="file").trigger("rejected")
    user.find(marker="file").trigger("failed")

    await user.should_see("larger than 2 MB")
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
