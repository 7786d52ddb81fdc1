"""Train."""

import asyncio

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import Job, JobStatus, Model, Submission
from mlapp.services import Services
from pages.components.training.result import Result
from pages.session.site import Site
from tests.pages.conftest import Trained, drop, eventually, one

pytestmark = pytest.mark.slow

CSV = "x,kind,name,y\n" + "".join(f"{n},{'ab'[n % 2]},person {n},{3 * n}\n" for n in range(40))


async def test_train_on_a_dropped_file_ends_with_its_scores(user: User, services: Services):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see("40 rows, 4 columns")
    await user.should_see(marker="train")

    user.find("Estimator").click()
    user.find("linear").click()
    user.find(marker="train").click()

    await user.should_see("is trained and answers from now on.", retries=200)
    await user.should_see("'name' has a distinct text in every row, like a name or an ID; it is left out.")
    assert (await services.models.get("active")).target == "y"


async def test_train_on_a_bundled_table_proposes_its_target(user: User):
    await user.open("/train")
    await user.should_see(marker="dataset-machines")

    user.find(marker="dataset-machines").click()

    await user.should_see("2,000 rows, 7 columns")
    await user.should_see("Simulated by a Weibull lifetime model")
    target = one(user, "target")
    assert target.value == "time_for_failure"


async def test_train_shows_why_a_training_failed(user: User):
    await user.open("/train")
    await drop(user, "few.csv", b"x,y\n1,2\n3,4\n")
    await user.should_see(marker="train")

    user.find(marker="train").click()

    await user.should_see(marker="stage", content="Only 2 rows have a target; at least 10 are needed.")


async def test_train_says_what_is_wrong_with_a_file(user: User):
    await user.open("/train")

    await drop(user, "broken.csv", b"x,y\n1,2,3\n")

    await user.should_see("Row 0 of the CSV has 3 cells where the header has 2")
    await user.should_not_see(marker="train")


async def test_train_refuses_a_file_of_another_kind(user: User):
    await user.open("/train")

    await drop(user, "sheet.xlsx", b"PK\x03\x04")

    await user.should_see("neither CSV, Parquet nor NDJSON")


async def test_train_says_so_when_a_file_is_not_taken_or_does_not_arrive(user: User):
    await user.open("/train")

    user.find(marker="file").trigger("rejected")
    user.find(marker="file").trigger("failed")

    await user.should_see("and up to 2 MB large")
    await user.should_see("The file did not arrive")


async def test_train_refuses_a_file_beyond_the_limit_on_the_server_too(user: User):
    await user.open("/train")
    upload = one(user, "file")

    answer = await user.http_client.post(upload.props["url"], files={"file": ("big.csv", b"x" * 2_100_000)})

    assert answer.status_code == 413


async def test_train_refuses_options_that_cannot_be(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="train")
    coverage = one(user, content="Coverage of intervals")
    coverage.value = 0.1

    user.find(marker="train").click()

    await user.should_see("Invalid option 'coverage'")


async def test_train_leads_to_a_running_training_of_another(user: User, endless: Job):
    await user.open("/train")
    await user.should_see("A training is running: ")
    await user.should_not_see(marker="job")

    user.find(marker="other-training").click()

    await user.should_see("Evaluating endless: fold 1 of 5")
    await user.should_not_see(marker="other-training")


async def test_train_says_so_when_the_model_of_a_job_was_deleted(user: User, services: Services):
    options = {"estimator": "linear", "activate": False}
    model = await services.training.train(Submission(dataset="wine", options=options))
    job = (await services.jobs.jobs())[0]
    await services.models.delete(str(model.version))

    await user.open(f"/train?job={job.id}")

    await user.should_see(f"Model {model.version} was trained, and has been deleted since.")


async def test_train_with_the_id_of_a_forgotten_job_says_so(user: User):
    await user.open("/train?job=nope")

    await user.should_see("There is no such training")


async def test_train_runs_nothing_that_a_column_is_called(user: User):
    name = "<img src=x onerror=alert(1)>"
    await user.open("/train")

    await drop(user, "evil.csv", f":x,{name}\n{'1,2' * 1}\n".encode())

    await user.should_see(marker="columns")
    rows = one(user, "rows")
    assert isinstance(rows, ui.table)
    assert rows.rows == [{"key": 0, "c0": "1", "c1": "2"}]
    assert [column["label"] for column in rows.columns] == [":x", name]


async def test_train_takes_a_dropped_file_instead_of_the_bundled_table(user: User):
    await user.open("/train")
    await user.should_see(marker="dataset-wine")
    user.find(marker="dataset-wine").click()
    await user.should_see("178 rows, 14 columns")

    await drop(user, "people.csv", CSV.encode())

    await user.should_see("40 rows, 4 columns")
    assert one(user, "dataset-wine").props["aria-pressed"] == "false"


async def test_train_on_a_bundled_table_from_the_page_makes_a_model(user: User, services: Services):
    await user.open("/train")
    await user.should_see(marker="dataset-wine")
    user.find(marker="dataset-wine").click()
    await user.should_see(marker="train")
    estimator = one(user, "estimator")
    estimator.value = "linear"

    user.find(marker="train").click()

    await user.should_see("is trained and answers from now on.", retries=200)
    assert (await services.models.get("active")).target == "cultivar"


async def test_train_says_so_when_a_file_is_empty(user: User):
    await user.open("/train")

    await drop(user, "nothing.ndjson", b"\n")

    await user.should_see("The table is empty")
    await user.should_not_see(marker="train")


async def test_train_follows_a_training_that_is_cancelled_from_the_page(user: User, endless: Job):
    await user.open(f"/train?job={endless.id}")
    await user.should_see("Evaluating endless: fold 1 of 5")

    user.find(marker=f"cancel-{endless.id}").click()
    await user.should_see("What it has found so far is lost.")
    user.find(marker="confirm").click()

    await user.should_see("The training was cancelled.")
    assert endless.status is JobStatus.CANCELLED


async def test_train_says_what_speaks_against_the_choice(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see("'name' has a distinct text in every row")
    target, features = one(user, "target"), one(user, "features")

    with user:
        features.set_value(["x"])
        target.set_value("kind")

    await user.should_see("Checking the table for this choice")
    assert one(user, "column-1").props["aria-pressed"] == "true"
    await user.should_not_see("Checking the table for this choice")
    await user.should_not_see("'name' has a distinct text in every row")


async def test_train_takes_a_clicked_column_as_the_target(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="train")
    assert [one(user, f"column-{n}").props["aria-pressed"] for n in range(4)] == ["false", "false", "false", "true"]

    user.find(marker="column-0").click()

    assert one(user, "target").value == "x"
    await eventually(lambda: one(user, "column-0").props["aria-pressed"] == "true")
    assert one(user, "column-3").props["aria-pressed"] == "false"


async def test_train_shows_what_is_in_the_columns(user: User):
    await user.open("/train")

    await drop(user, "pets.csv", b"pet,age\n" + b"cat,1\ncat,2\ncat,\ndog,4\n" * 5)

    await user.should_see("cat 75%, dog 25%")
    await user.should_see("Whole number")
    await user.should_see("25.0% gaps")


async def test_train_shows_many_columns_some_at_a_time(user: User):
    names = [f"c{n}" for n in range(25)]
    row = ",".join(str(n) for n in range(25))
    await user.open("/train")
    await drop(user, "wide.csv", f"{','.join(names)}\n{row}\n".encode())
    await user.should_see(marker="column-24")
    await user.should_not_see(marker="column-0")

    with user:
        one(user, "column-pages").set_value(1)
    await user.should_see(marker="column-0")
    await user.should_not_see(marker="column-20")
    user.find(marker="column-0").click()
    user.find(marker="find-column").type("C1")

    await user.should_see(marker="column-19")
    await user.should_not_see(marker="column-20")
    user.find(marker="column-19").click()
    assert one(user, "target").value == "c19"


async def test_train_guesses_how_long_it_will_take(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())

    await user.should_see("It takes a few seconds, at a guess.")


async def test_train_guesses_nothing_where_nothing_can_be_trained(user: User):
    await user.open("/train")
    await drop(user, "few.csv", b"x,y\n1,2\n3,4\n")

    await user.should_see("Only 2 rows have a target")
    await user.should_not_see("at a guess")


@pytest.fixture
async def spare(user: User, services: Services, trained: Trained) -> Model:
    """A model that does not answer, on the page of the training that made it."""
    options = {"estimator": "linear", "activate": False}
    await services.models.activate(str(trained.classification.version))
    model = await services.training.train(Submission(dataset="wine", options=options))
    job = (await services.jobs.jobs())[0]
    await user.open(f"/train?job={job.id}")
    await user.should_see(f"Model {model.version} is trained.")
    return model


async def test_train_leads_on_to_the_model(user: User, spare: Model):
    user.find("Details").click()

    await user.should_see("How it was made")


async def test_train_activates_a_model_that_was_held_back(user: User, services: Services, spare: Model):
    user.find(marker="activate-it").click()

    await user.should_see(f"Model {spare.version} is trained and answers from now on.")
    await user.should_not_see(marker="discard")
    assert (await services.models.get("active")).version == spare.version


async def test_train_discards_a_model_after_asking(user: User, services: Services, spare: Model):
    user.find(marker="discard").click()
    await user.should_see("It is deleted for good.")
    assert (await services.models.get("latest")).version == spare.version
    user.find(marker="confirm").click()

    await user.should_see(f"Model {spare.version} was trained, and has been deleted since.")
    await user.should_not_see(marker="plots")


async def test_train_hears_that_the_model_was_activated_elsewhere(user: User, services: Services, spare: Model):
    await services.models.activate(str(spare.version))

    await user.should_see("and answers from now on.")


async def test_train_says_why_a_model_is_not_discarded(user: User, services: Services, spare: Model):
    user.find(marker="discard").click()
    await services.models.activate(str(spare.version))

    user.find(marker="confirm").click()

    await user.should_see(f"Model {spare.version} is active")


async def test_train_says_why_a_model_is_not_activated(user: User, services: Services, spare: Model):
    (services.models.store.folder / "versions" / str(spare.version) / "model.joblib").write_bytes(b"")

    user.find(marker="activate-it").click()

    await user.should_see(f"The file of model {spare.version} is damaged")
    await services.models.delete(str(spare.version))


async def test_train_shows_the_plots_of_the_model(user: User, services: Services):
    job = await services.training.submit(Submission(dataset="machines", options={"estimator": "linear"}))

    await user.open(f"/train?job={job.id}")

    await user.should_see("Predicted and actual")
    await user.should_see("What it looks at")


@pytest.mark.parametrize(("named", "shown"), [("linear", "linear"), ("nope", "auto")])
async def test_train_opens_with_the_table_and_the_estimator_of_its_address(user: User, named: str, shown: str):
    await user.open(f"/train?dataset=wine&estimator={named}")

    await user.should_see("178 rows, 14 columns")
    assert one(user, "estimator").value == shown


async def test_train_shows_the_table_that_was_chosen_last(user: User):
    await user.open("/train")
    await user.should_see(marker="dataset-wine")

    user.find(marker="dataset-machines").click()
    user.find(marker="dataset-wine").click()

    await user.should_see("178 rows, 14 columns")
    await user.should_not_see("2,000 rows, 7 columns")


async def test_result_that_was_replaced_meanwhile_is_not_judged(user: User, site: Site, trained: Trained):
    await user.open("/train")
    with user:
        result = Result(site)
        await result.show(trained.regression.version)
    await user.should_see(marker="verdict")

    site.live.models_changed.emit()
    await asyncio.sleep(0)
    result.clear()
    site.live.models_changed.emit()

    await user.should_not_see(marker="verdict")


async def test_result_that_is_no_longer_wanted_is_not_shown(user: User, site: Site, trained: Trained):
    await user.open("/train")
    with user:
        result = Result(site)
        showing = asyncio.create_task(result.show(trained.regression.version))
    await asyncio.sleep(0)

    result.clear()
    await showing

    await user.should_not_see(marker="result")
