"""Suggestions to hold out groups or the latest rows, on the Train page."""

import polars as pl
import pytest
from nicegui.testing import User

from mlapp.services import Services
from tests.ml.data.dependence.conftest import grouped
from tests.pages.conftest import drop, one
from tests.pages.steps import mark_column

pytestmark = pytest.mark.slow


async def test_suggestion_is_followed_by_one_click_and_the_result_says_how_it_was_judged(
    user: User, services: Services
):
    frame = pl.DataFrame(grouped(12, 10)).rename({"group": "patient"})
    await user.open("/train")
    await drop(user, "clinic.csv", frame.write_csv().encode())
    await user.should_see("Rows with the same 'patient' are alike")
    await user.should_see(marker="train-leaks", content="Rows depend on each other by 'patient'.")

    user.find(marker="follow-group_column").click()
    await user.should_see("It will be judged on new patients")
    await user.should_not_see(marker="follow-group_column")
    await user.should_see(marker="is-group_column")
    with user:
        one(user, "estimator").set_value("linear")
    user.find(marker="train").click()

    await user.should_see(
        marker="evaluated-on", content="Evaluated on 12 patients that training had not seen.", retries=200
    )
    info = await services.models.version("clinic", "active")
    assert (info.group_column, info.coverage_verified) == ("patient", True)


async def test_rows_may_be_held_out_at_random_nevertheless(user: User):
    await user.open("/train")
    await drop(
        user, "year.csv", b"year,x,y\n" + b"".join(b"%d,%d,%d\n" % (n, n * 3 % 7, n * 7 % 11) for n in range(40))
    )
    await user.should_see(marker="train")
    mark_column(user, 0, "time_column")
    await user.should_see("latest fifth of the rows by 'year'")

    user.find(marker="leave-time_column").click()

    await user.should_not_see(marker="judged-time_column")
    await user.should_not_see(marker="is-time_column")
