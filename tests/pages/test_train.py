"""Train page."""

import asyncio

import pytest
from nicegui import ui
from nicegui.testing import User

from mlapp.schemas import Job, JobStatus, Model, Submission
from mlapp.services import Services
from pages.components.training.result import TrainingResult
from pages.session.site import Site
from tests.pages.conftest import TrainedModels, drop, eventually, one

pytestmark = pytest.mark.slow

CSV = "x,kind,name,y\n" + "".join(f"{n},{'ab'[n % 2]},person {n},{3 * n}\n" for n in range(40))


async def test_train_on_an_uploaded_file_activates_a_model(user: User, services: Services):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see("40 rows, 4 columns")
    await user.should_see(marker="train")

    user.find("Estimator").click()
    user.find("linear").click()
    user.find(marker="train").click()

    await user.should_see("is trained and active.", retries=200)
    await user.should_see("'name' has a distinct text in every row")
    assert (await services.models.get("active")).target == "y"


async def test_train_on_a_bundled_table_selects_its_target(user: User):
    await user.open("/train")
    await user.should_see(marker="dataset-machines")

    user.find(marker="dataset-machines").click()

    await user.should_see("2,000 rows, 7 columns")
    await user.should_see("Weibull")
    target = one(user, "target")
    assert target.value == "time_for_failure"


async def test_train_shows_why_a_training_failed(user: User):
    await user.open("/train")
    await drop(user, "few.csv", b"x,y\n1,2\n3,4\n")
    await user.should_see(marker="train")

    user.find(marker="train").click()

    await user.should_see(marker="stage", content="Only 2 rows")


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


async def test_train_shows_the_error_of_an_invalid_option(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="train")
    coverage = one(user, content="Interval coverage")
    coverage.value = 0.1

    user.find(marker="train").click()

    await user.should_see("'coverage'")


async def test_train_links_to_another_running_training(user: User, endless: Job):
    await user.open("/train")
    await user.should_see("A training is running: ")
    await user.should_not_see(marker="job")

    user.find(marker="other-training").click()

    await user.should_see("fold 1 of 5")
    await user.should_not_see(marker="other-training")


async def test_train_says_that_the_model_of_a_job_was_deleted(user: User, services: Services):
    options = {"estimator": "linear", "activate": False}
    model = await services.training.train(Submission(dataset="wine", options=options))
    job = (await services.jobs.jobs())[0]
    await services.models.delete(str(model.version))

    await user.open(f"/train?job={job.id}")

    await user.should_see(f"Model {model.version} was trained but has since been deleted.")


async def test_train_of_an_unknown_job_says_so(user: User):
    await user.open("/train?job=nope")

    await user.should_see(marker="job-error")


async def test_train_shows_hostile_column_names_as_text(user: User):
    name = "<img src=x onerror=alert(1)>"
    await user.open("/train")

    await drop(user, "evil.csv", f":x,{name}\n{'1,2' * 1}\n".encode())

    await user.should_see(marker="columns")
    rows = one(user, "rows")
    assert isinstance(rows, ui.table)
    assert rows.rows == [{"key": 0, "c0": "1", "c1": "2"}]
    assert [column["label"] for column in rows.columns] == [":x", name]


async def test_uploaded_file_replaces_the_bundled_table(user: User):
    await user.open("/train")
    await user.should_see(marker="dataset-wine")
    user.find(marker="dataset-wine").click()
    await user.should_see("178 rows, 14 columns")

    await drop(user, "people.csv", CSV.encode())

    await user.should_see("40 rows, 4 columns")
    assert one(user, "dataset-wine").props["aria-pressed"] == "false"


async def test_train_on_a_bundled_table_activates_a_model(user: User, services: Services):
    await user.open("/train")
    await user.should_see(marker="dataset-wine")
    user.find(marker="dataset-wine").click()
    await user.should_see(marker="train")
    estimator = one(user, "estimator")
    estimator.value = "linear"

    user.find(marker="train").click()

    await user.should_see("is trained and active.", retries=200)
    assert (await services.models.get("active")).target == "cultivar"


async def test_train_says_that_a_file_is_empty(user: User):
    await user.open("/train")

    await drop(user, "nothing.ndjson", b"\n")

    await user.should_see("empty")
    await user.should_not_see(marker="train")


async def test_train_cancels_a_training_after_confirmation(user: User, endless: Job):
    await user.open(f"/train?job={endless.id}")
    await user.should_see("fold 1 of 5")

    user.find(marker=f"cancel-{endless.id}").click()
    await user.should_see("Its progress will be lost.")
    user.find(marker="confirm").click()

    await user.should_see("The training was cancelled.")
    assert endless.status is JobStatus.CANCELLED


async def test_train_checks_the_table_after_changes(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see("'name' has a distinct text in every row")
    target, features = one(user, "target"), one(user, "features")

    with user:
        features.set_value(["x"])
        target.set_value("kind")

    await user.should_see("Checking the table")
    assert one(user, "column-1").props["aria-pressed"] == "true"
    await user.should_not_see("Checking the table")
    await user.should_not_see("'name' has a distinct text in every row")


async def test_clicked_column_becomes_the_target(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())
    await user.should_see(marker="train")
    assert [one(user, f"column-{n}").props["aria-pressed"] for n in range(4)] == ["false", "false", "false", "true"]

    user.find(marker="column-0").click()

    assert one(user, "target").value == "x"
    await eventually(lambda: one(user, "column-0").props["aria-pressed"] == "true")
    assert one(user, "column-3").props["aria-pressed"] == "false"


async def test_train_shows_types_missing_values_and_frequent_values(user: User):
    await user.open("/train")

    await drop(user, "pets.csv", b"pet,age\n" + b"cat,1\ncat,2\ncat,\ndog,4\n" * 5)

    await user.should_see("cat 75%, dog 25%")
    await user.should_see("Whole number")
    await user.should_see("25.0% missing")


async def test_columns_are_paged_and_searched(user: User):
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


async def test_train_estimates_its_duration(user: User):
    await user.open("/train")
    await drop(user, "people.csv", CSV.encode())

    await user.should_see("a few seconds (estimate)")


async def test_train_estimates_no_duration_for_a_table_that_is_too_small(user: User):
    await user.open("/train")
    await drop(user, "few.csv", b"x,y\n1,2\n3,4\n")

    await user.should_see("Only 2 rows")
    await user.should_not_see("(estimate)")


@pytest.fixture
async def inactive(user: User, services: Services, trained: TrainedModels) -> Model:
    """An inactive model, on the page of its training."""
    options = {"estimator": "linear", "activate": False}
    await services.models.activate(str(trained.classification.version))
    model = await services.training.train(Submission(dataset="wine", options=options))
    job = (await services.jobs.jobs())[0]
    await user.open(f"/train?job={job.id}")
    await user.should_see(f"Model {model.version} is trained.")
    return model


async def test_result_links_to_the_model(user: User, inactive: Model):
    user.find("Details").click()

    await user.should_see("Activation history")


async def test_result_activates_an_inactive_model(user: User, services: Services, inactive: Model):
    user.find(marker="activate-it").click()

    await user.should_see(f"Model {inactive.version} is trained and active.")
    await user.should_not_see(marker="discard")
    assert (await services.models.get("active")).version == inactive.version


async def test_result_discards_a_model_after_confirmation(user: User, services: Services, inactive: Model):
    user.find(marker="discard").click()
    await user.should_see("It will be deleted permanently.")
    assert (await services.models.get("latest")).version == inactive.version
    user.find(marker="confirm").click()

    await user.should_see(f"Model {inactive.version} was trained but has since been deleted.")
    await user.should_not_see(marker="plots")


async def test_result_follows_an_activation_elsewhere(user: User, services: Services, inactive: Model):
    await services.models.activate(str(inactive.version))

    await user.should_see("is trained and active.")


async def test_result_says_why_a_model_cannot_be_discarded(user: User, services: Services, inactive: Model):
    user.find(marker="discard").click()
    await services.models.activate(str(inactive.version))

    user.find(marker="confirm").click()

    await user.should_see(f"Model {inactive.version} is active")


async def test_result_says_why_a_model_cannot_be_activated(user: User, services: Services, inactive: Model):
    (services.models.store.folder / "versions" / str(inactive.version) / "model.joblib").write_bytes(b"")

    user.find(marker="activate-it").click()

    await user.should_see(f"The file of model {inactive.version} is damaged")
    await services.models.delete(str(inactive.version))


async def test_result_shows_the_plots_of_the_model(user: User, services: Services):
    job = await services.training.submit(Submission(dataset="machines", options={"estimator": "linear"}))

    await user.open(f"/train?job={job.id}")

    await user.should_see("Predicted and actual")
    await user.should_see("Feature importance")


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


async def test_result_cleared_during_an_update_stays_cleared(user: User, site: Site, trained: TrainedModels):
    await user.open("/train")
    with user:
        result = TrainingResult(site)
        await result.show(trained.regression.version)
    await user.should_see(marker="result-heading")

    site.live.models_changed.emit()
    await asyncio.sleep(0)
    result.clear()
    site.live.models_changed.emit()

    await user.should_not_see(marker="result-heading")


async def test_result_cleared_while_loading_is_not_shown(user: User, site: Site, trained: TrainedModels):
    await user.open("/train")
    with user:
        result = TrainingResult(site)
        showing = asyncio.create_task(result.show(trained.regression.version))
    await asyncio.sleep(0)

    result.clear()
    await showing

    await user.should_not_see(marker="result")
