"""Train page."""

import pytest
from nicegui.testing import User

from mlapp.schemas import Job, JobStatus
from mlapp.services import Services
from pages.components.model.summary import train_without_path
from tests.fitted import publish
from tests.pages.conftest import drop, one
from tests.pages.steps import mark_column
from tests.services.misbehaving import misbehaving

pytestmark = pytest.mark.slow

CSV = "x,kind,name,y\n" + "".join(f"{n},{'ab'[n % 2]},person {n},{3 * n}\n" for n in range(40))


async def test_train_on_an_uploaded_file_makes_a_model_of_its_name(user: User, services: Services):
    await user.open("/train")
    await drop(user, "villagers.csv", CSV.encode())
    # The first preview starts a process, which takes long on a busy machine.
    await user.should_see("40 rows, 4 columns")
    await user.should_see(marker="train")

    user.find("Estimator").click()
    user.find("Linear model").click()
    user.find(marker="train").click()

    await user.should_see("villagers, version 1 answers now.")
    await user.should_see("'name' has a distinct text in every row")
    assert (await services.models.version("villagers", "active")).target == "y"


async def test_train_on_a_bundled_table_selects_its_target(user: User):
    await user.open("/train")
    await user.should_see(marker="dataset-machines")

    user.find(marker="dataset-machines").click()

    await user.should_see("2,000 rows, 7 columns")
    await user.should_see("Weibull")
    target = one(user, "target")
    assert target.value == "time_for_failure"


async def test_train_shows_why_a_training_failed(user: User, services: Services):
    job = await services.training.submit(misbehaving("hungry"))

    await user.open(f"/train?job={job.id}")

    await user.should_see(marker="stage", content="ran out of memory")


async def test_table_without_enough_rows_cannot_be_trained_on(user: User):
    await user.open("/train")

    await drop(user, "few.csv", b"x,y\n1,2\n3,4\n")

    await user.should_see(marker="train-reason", content="Only 2 rows")
    assert not one(user, "train").enabled
    await user.should_not_see("(estimate)")


async def test_unusable_time_column_is_reported_before_training(user: User):
    await user.open("/train")
    await drop(user, "gaps.csv", b"t,x,y\n,1,2\n" + b"".join(b"%d,%d,%d\n" % (n, n, n * 7 % 11) for n in range(30)))
    await user.should_see(marker="train")

    mark_column(user, 0, "time_column")

    await user.should_see(marker="train-reason", content="time column")


async def test_options_of_a_task_are_offered_for_it_only(user: User, services: Services):
    await user.open("/train")
    await drop(user, "weighted-people.csv", CSV.encode())
    await user.should_see(marker="train")
    await user.should_not_see(marker="class_weight")
    with user:
        one(user, "loss").set_value("absolute_error")
        one(user, "metric").set_value("mae")

    user.find(marker="column-1-predict").click()
    await user.should_see(marker="class_weight")
    await user.should_not_see(marker="loss")
    with user:
        one(user, "estimator").set_value("linear")
        one(user, "class_weight").set_value("balanced")
    mark_column(user, 0, "weight_column")
    user.find(marker="train").click()

    await user.should_see("weighted-people, version 1 answers now.")
    info = await services.models.version("weighted-people", "active")
    chosen = (info.target, info.weight_column, info.class_weight, info.metric, info.loss, info.rows)
    assert chosen == ("kind", "x", "balanced", None, None, 39)


async def test_train_shows_the_error_of_an_invalid_option(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="train")
    coverage = one(user, "coverage")
    coverage.value = 0.1

    user.find(marker="train").click()

    await user.should_see("'coverage'")


async def test_train_links_to_another_running_training(user: User, endless: Job):
    await user.open("/train")
    await user.should_see("A training is running: ")
    await user.should_not_see(marker="job")

    user.find(marker="other-training").click()

    await user.should_see("part 1 of 5")
    await user.should_not_see(marker="other-training")


async def test_train_of_an_unknown_job_says_so(user: User):
    await user.open("/train?job=nope")

    await user.should_see(marker="job-error")


async def test_uploaded_file_replaces_the_bundled_table(user: User):
    await user.open("/train")
    await user.should_see(marker="dataset-wine")
    user.find(marker="dataset-wine").click()
    await user.should_see("178 rows, 14 columns")

    await drop(user, "people.csv", CSV.encode())

    await user.should_see("40 rows, 4 columns")
    assert one(user, "table-name").text == "people.csv"
    user.find(marker="another-file").click()
    await user.should_see(marker="dataset-wine")
    assert one(user, "dataset-wine").props["aria-pressed"] == "false"


async def test_train_on_a_bundled_table_adds_a_version_to_the_model_of_the_query(user: User, services: Services):
    first = await publish(services, "wine", "bottles")
    await user.open("/train?model=bottles")
    await user.should_see("For a new version of bottles.")
    await user.should_see(marker="dataset-wine")
    user.find(marker="dataset-wine").click()
    await user.should_see(f"Version {first.version + 1} of bottles")
    with user:
        one(user, "estimator").set_value("linear")

    user.find(marker="train").click()

    await user.should_see(f"bottles, version {first.version + 1} answers now.")
    assert (await services.models.version("bottles", "active")).version == first.version + 1


async def test_train_cancels_a_training_after_confirmation(user: User, endless: Job):
    await user.open(f"/train?job={endless.id}")
    await user.should_see("part 1 of 5")

    user.find(marker=f"cancel-{endless.id}").click()
    await user.should_see("Its progress will be lost.")
    user.find(marker="confirm").click()

    await user.should_see("The training was cancelled.")
    assert endless.status is JobStatus.CANCELLED


async def test_train_checks_the_table_after_changes(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="task")
    assert one(user, "task").value == "regression"
    await user.should_see("has a distinct text in every row")

    user.find(marker="column-2-ignore").click()
    user.find(marker="column-1-predict").click()

    await user.should_see("Checking the table")
    assert one(user, "target").value == "kind"
    await user.should_not_see("Checking the table")
    await user.should_see("2 values")
    assert one(user, "positive").options == {"a": "a", "b": "b"}


async def test_value_of_interest_is_a_choice(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="task")
    user.find(marker="column-1-predict").click()
    await user.should_see(marker="positive")
    assert one(user, "positive").value == "b"

    with user:
        one(user, "positive").set_value("a")

    await user.should_see("Checking the table")
    await user.should_not_see("Checking the table")
    assert (one(user, "positive").value, [*one(user, "positive").options]) == ("a", ["b", "a"])


async def test_value_of_interest_may_be_a_long_text(user: User):
    first, second = ("the same long beginning of two different values " + end for end in ("one", "two"))
    rows = "".join(f"{n * 7 % 31},{first if n % 3 else second}\n" for n in range(60))
    await user.open("/train")
    await drop(user, "long.csv", f"x,kind\n{rows}".encode())
    await user.should_see(marker="task")
    user.find(marker="column-1-predict").click()
    await user.should_see(marker="positive")

    with user:
        one(user, "positive").set_value(first)

    await user.should_see("Checking the table")
    await user.should_not_see("Checking the table")
    await user.should_not_see("There is no class")
    assert one(user, "positive").value == first


async def test_task_of_whole_number_codes_is_a_choice(user: User):
    rows = "".join(f"{n * 7 % 31},{n % 3}\n" for n in range(60))
    await user.open("/train")
    await drop(user, "codes.csv", f"x,code\n{rows}".encode())
    await user.should_see(marker="task")
    assert one(user, "task").value == "classification"

    with user:
        one(user, "task").set_value("regression")

    await user.should_see("Checking the table")
    await user.should_not_see("Checking the table")
    assert one(user, "task").value == "regression"


async def test_leaking_column_is_named_beside_train(user: User):
    await user.open("/train")

    await drop(
        user, "leak.csv", ("x,y\n" + "".join(f"{n},{'low' if n < 90 else 'high'}\n" for n in range(180))).encode()
    )

    await user.should_see("'x' may give 'y' away.")
    user.find("Leave 'x' out").click()
    await user.should_not_see("'x' may give 'y' away.")


async def test_leaky_training_says_so_first_and_is_repeated_without_the_column(user: User, services: Services):
    rows = "".join(f"{n},{n * 7 % 13},{'low' if n < 90 else 'high'}\n" for n in range(180))
    await user.open("/train?model=leaky-people&estimator=linear")
    await drop(user, "leak.csv", f"x,noise,y\n{rows}".encode())
    await user.should_see("180 rows, 3 columns")
    user.find(marker="train").click()
    await user.should_see("Too good to be true: 'x' gives 'y' away.")

    user.find(marker="train-without").click()
    await user.should_see("leaky-people, version 2")

    found = await services.models.version("leaky-people", "2")
    assert ([feature.name for feature in found.features], found.suspected_leaks) == (["noise"], [])


async def test_training_without_its_table_asks_for_it_and_leaves_out_the_column(user: User, services: Services):
    info = await publish(services, "wine", "given-away", suspected_leaks=["ash"])
    await user.open("/models/given-away")

    user.find(marker="train-without").click()

    await user.should_see(marker="size", content="178 rows")
    assert user.back_history[-1] == train_without_path(info)
    with user:
        one(user, "estimator").set_value("linear")
    user.find(marker="train").click()
    await user.should_see(f"given-away, version {info.version + 1}")
    found = await services.models.version("given-away", str(info.version + 1))
    assert "ash" not in [feature.name for feature in found.features]


@pytest.mark.parametrize("role", ["use", "ignore"])
async def test_train_without_a_target_asks_for_one(user: User, role: str):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="train")
    assert one(user, "train").enabled

    user.find(marker=f"column-3-{role}").click()

    await user.should_see("Choose the column to predict.")
    assert not one(user, "train").enabled
    user.find(marker="column-0-predict").click()
    await user.should_not_see("Choose the column to predict.")
    assert one(user, "train").enabled


async def test_train_estimates_its_duration(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())

    await user.should_see("a few seconds (estimate)")


@pytest.mark.parametrize(("estimator", "selected"), [("linear", "linear"), ("nope", "auto")])
async def test_train_reads_table_and_estimator_from_the_query(user: User, estimator: str, selected: str):
    await user.open(f"/train?dataset=wine&estimator={estimator}")

    await user.should_see("178 rows, 14 columns")
    assert one(user, "estimator").value == selected


async def test_train_shows_the_table_selected_last(user: User):
    await user.open("/train")
    await user.should_see(marker="dataset-wine")

    user.find(marker="dataset-machines").click()
    user.find(marker="dataset-wine").click()

    await user.should_see("178 rows, 14 columns")
    await user.should_not_see("2,000 rows, 7 columns")


async def test_changed_reading_is_shown_at_once(user: User):
    rows = "".join(f"{n},{n % 7}\n" for n in range(40))
    await user.open("/train")
    await drop(user, "people.csv", f"x;y\n{rows}".replace(",", ";").encode())
    await user.should_see("40 rows, 2 columns")
    user.find(marker="column-0-predict").click()
    user.find(marker="change-reading").click()

    with user:
        one(user, "reading-decimal").set_value(",")
    await user.should_not_see("Checking the table")
    assert one(user, "target").value == "x"
    with user:
        one(user, "reading-delimiter").set_value("|")

    # The choices were about columns that are gone.
    await user.should_see("1 column")
    assert one(user, "target").value != "x"


async def test_leak_is_left_out_by_the_button_beside_train(user: User):
    await user.open("/train")
    await drop(user, "leak.csv", b"x,copy,y\n" + b"".join(b"%d,%d,%d\n" % (n % 5, n % 2, n % 2) for n in range(60)))
    await user.should_see(marker="train-leaks", content="'copy' may give ")

    user.find(marker="leave-leaks-out").click()

    await user.should_not_see(marker="leave-leaks-out")
    assert one(user, "column-1-ignore").props["aria-pressed"] == "true"
    assert one(user, "train-leaks").text == ""
