"""The Python client of `GET /client.py`, at a real server; tests/test_client_failures.py has servers that fail."""

import ast
import math
import re
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mlapp import __version__, client
from mlapp.client import Client, MlappError

ROWS = [{"size": n % 7, "town": "abc"[n % 3], "price": 3.5 * (n % 7) + n % 2} for n in range(60)]
FRAME = pl.DataFrame(ROWS)
ROW = {"size": 3, "town": "b"}


@pytest.fixture(scope="module")
def mlapp(server: str) -> Client:
    return Client(f"{server}/", progress=False)


@pytest.fixture(scope="module")
def homes(mlapp: Client) -> str:
    """A model that the client has trained."""
    return str(mlapp.train(ROWS, target="price", model="client-homes", estimator="linear")["model"])


def test_rows_are_predicted_by_a_version(mlapp: Client, homes: str):
    rows: list[dict[str, object]] = [{"size": np.int64(3), "town": "b"}, {"size": "three", "town": "b"}]

    answer = mlapp.predict(rows[:1], model=homes, version=1)

    assert (answer["model"], answer["version"]) == (homes, 1)
    assert answer == mlapp.predict(ROW, model=homes) == mlapp.predict([ROW], model=homes, version="latest")
    with pytest.raises(MlappError) as failed:
        mlapp.predict(rows, model=homes)
    assert [error["pointer"] for error in failed.value.errors] == ["/records/1/size"]


def test_default_model_predicts_without_a_name(mlapp: Client):
    (default,) = [model["name"] for model in mlapp.models() if mlapp.model(model["name"])["default"]]
    row = {feature["name"]: feature["example"] for feature in mlapp.version(default)["features"]}

    assert mlapp.predict(row)["model"] == default


@pytest.mark.parametrize("frame", [FRAME, pd.DataFrame(ROWS, index=[f"r{n}" for n in range(60)])], ids=["pl", "pd"])
def test_frame_is_answered_with_a_frame(mlapp: Client, homes: str, frame: pl.DataFrame | pd.DataFrame):
    model = mlapp.train(frame, target="price", model="client-frames", estimator="linear")["model"]

    found = mlapp.predict(frame, model=model)

    assert type(found) is type(frame)
    assert list(found.columns) == ["prediction", "lower", "upper"]
    assert list(found["prediction"]) == pytest.approx(mlapp.predict(ROWS, model=homes)["predictions"], rel=1e-12)
    if isinstance(found, pd.DataFrame) and isinstance(frame, pd.DataFrame):
        assert found.index.equals(frame.index)


def test_frame_with_unseen_values_warns(mlapp: Client, homes: str):
    with pytest.warns(UserWarning, match="1 values are unlike the training data"):
        found = mlapp.predict(FRAME.head(1).with_columns(size=5_000), model=homes)

    assert found["reliable"].to_list() == [False]


def test_frame_without_a_name_is_named_after_its_target(mlapp: Client):
    info = mlapp.train(FRAME.rename({"price": "client-price"}), target="client-price", estimator="linear")

    assert (info["model"], info["source"]) == ("client-price", None)


def test_files_are_sent_with_their_name_and_answered_with_files(mlapp: Client, homes: str, tmp_path: Path):
    file, predicted = tmp_path / 'client "sold".csv', tmp_path / "predicted.csv"
    FRAME.write_csv(file)

    info = mlapp.train(file, target="price", estimator="linear", features=["size", "town"], types={"size": "number"})
    mlapp.predict_file(str(file), predicted, model=info["model"], version=1)

    assert (info["model"], [feature["type"] for feature in info["features"]]) == ("client-sold", ["number", "category"])
    assert pl.read_csv(predicted).columns == [*FRAME.columns, "prediction", "lower", "upper"]
    assert len(mlapp.predict(str(file), model=homes)["predictions"]) == 60


def test_large_bodies_are_packed_and_give_the_same_answers(mlapp: Client, homes: str, monkeypatch: pytest.MonkeyPatch):
    expected = mlapp.predict(ROWS, model=homes)
    for limit in ("GZIP_BYTES", "MAX_JSON_BYTES"):
        monkeypatch.setattr(client, limit, 100)
        assert mlapp.predict(ROWS, model=homes) == expected


def test_values_of_rows_become_json(mlapp: Client):
    load = {3: math.nan, 4: pd.NA}
    rows = [{"day": date(2026, 1, 1 + n), "load": load.get(n, n / 7), "y": n * 1.5} for n in range(30)]

    info = mlapp.train(rows, target="y", model="client-days", estimator="linear")

    assert [feature["type"] for feature in info["features"]] == ["datetime", "number"]
    with pytest.raises(ValueError, match="Out of range float"):
        mlapp.predict([{"load": math.inf}])


def test_training_draws_a_progress_bar(server: str, capsys: pytest.CaptureFixture[str]):
    Client(server, progress=True).train(dataset="wine", model="client-wine", estimator="linear")

    drawn = capsys.readouterr().err
    assert re.fullmatch(r"\[#{20}\] 100% Done +\n", drawn.rpartition("\r")[2])
    assert drawn.count("\n") == 1
    assert not sys.stderr.isatty()
    assert not Client(server).progress


def test_models_and_versions_are_managed(mlapp: Client):
    for _ in range(2):
        mlapp.train(ROWS, target="price", model="client-two", estimator="linear")

    assert "client-two" in [model["name"] for model in mlapp.models()]
    assert mlapp.update("client-two", description="Homes.")["description"] == "Homes."
    assert [version["version"] for version in mlapp.versions("client-two")] == [2, 1]
    assert (mlapp.activate("client-two", 1)["version"], mlapp.rollback("client-two")["version"]) == (1, 2)
    assert "client-two" in mlapp.card("client-two")
    mlapp.delete("client-two", 1)
    assert mlapp.version("client-two")["version"] == 2
    mlapp.delete("client-two")
    with pytest.raises(MlappError, match="no model 'client-two'") as failed:
        mlapp.model("client-two")
    assert (failed.value.status, failed.value.detail) == (404, str(failed.value))
    assert failed.value.request_id


def test_jobs_are_listed_followed_and_cancelled(mlapp: Client, homes: str):
    job = mlapp.submit(ROWS, target="price", model=homes, estimator="linear")
    *_, last = mlapp.follow(job["id"])

    assert (last["status"], mlapp.job(job["id"]), mlapp.jobs()[0]) == ("succeeded", last, last)
    with pytest.raises(MlappError, match="has ended already") as failed:
        mlapp.cancel(job["id"])
    assert failed.value.status == 409


def test_failed_training_raises_its_error_and_has_the_job(mlapp: Client):
    with pytest.raises(MlappError, match="There is no column 'nothing'") as failed:
        mlapp.train(ROWS, target="nothing")

    assert failed.value.status is None
    assert failed.value.job
    assert failed.value.job["status"] == "failed"


def test_catalog_is_listed(mlapp: Client):
    assert {"linear", "ridge"} & {estimator["name"] for estimator in mlapp.estimators()}
    assert "wine" in {dataset["name"] for dataset in mlapp.datasets()}


def test_client_has_the_version_of_the_package():
    assert client.__version__ == __version__, "Set the version of mlapp/__init__.py in mlapp/client.py, too."


def test_client_is_one_file_without_dependencies():
    tree = ast.parse(Path(client.__file__).read_text(), feature_version=(3, 9))

    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)
