"""Training in one's own process."""

from pathlib import Path
from typing import Any, get_type_hints

import httpx
import pandas as pd
import polars as pl
import pytest

import mlapp
from mlapp.errors import EstimatorsBroken, Unacceptable, UnreadableBody
from mlapp.library.options import TrainingOptions
from mlapp.schemas import TrainOptions
from mlapp.services import Services
from mlapp.store import ModelStore
from tests.fitted import Fitted

LINEAR: dict[str, Any] = {"target": "progression", "estimator": "linear"}
SALES: dict[str, Any] = {"target": "y", "estimator": "linear"}


def sales(feature: str = "x", rows: int = 40) -> pl.DataFrame:
    return pl.DataFrame({feature: [row % 7 for row in range(rows)], "y": [0.5 * row for row in range(rows)]})


def test_options_are_those_of_the_api():
    named = {"target", "model", "estimator"}

    assert get_type_hints(TrainingOptions).keys() | named == TrainOptions.model_fields.keys()


@pytest.mark.parametrize("kind", ["polars", "pandas", "csv", "parquet"])
def test_same_table_gives_the_version_of_the_server(kind: str, prices: pl.DataFrame, diabetes: Fitted, tmp_path: Path):
    tables = {
        "polars": prices,
        "pandas": pd.DataFrame(prices.to_dict(as_series=False)),
        "csv": tmp_path / "prices.csv",
        "parquet": str(tmp_path / "prices.parquet"),
    }
    prices.write_csv(tables["csv"])
    prices.write_parquet(tables["parquet"])

    version = mlapp.train(tables[kind], store=tmp_path / "store", **LINEAR)

    assert version.info.model_sha256 == diabetes.record.model_sha256
    assert version.info.features == diabetes.record.features


async def test_server_on_the_same_store_serves_the_version(
    services: Services, http: httpx.AsyncClient, prices: pl.DataFrame
):
    folder, rows = services.models.store.folder, prices.drop("progression").head(3)

    version = mlapp.train(prices, store=folder, model="from-python", **LINEAR)
    answer = (await http.post("/models/from-python/predict", json={"records": rows.to_dicts()})).json()

    found = version.predict(rows)
    assert (answer["model"], answer["version"]) == ("from-python", 1)
    assert answer["predictions"] == pytest.approx(found["prediction"].to_list(), rel=1e-12)
    assert answer["upper"] == pytest.approx(found["upper"].to_list(), rel=1e-12)


def test_models_are_named_and_versions_activated_as_on_the_server(tmp_path: Path):
    store = tmp_path / "store"
    sales().write_csv(tmp_path / "Q3 sales.csv")

    first = mlapp.train(tmp_path / "Q3 sales.csv", store=store, **SALES)
    other = mlapp.train(sales("z"), store=store, model="q3-sales", **SALES)
    third = mlapp.train(sales("z"), store=store, **SALES)

    assert (first.info.model, first.info.active, first.info.default) == ("q3-sales", True, True)
    assert first.info.source
    assert first.info.source.file == "Q3 sales.csv"
    assert (other.info.version, other.info.active, other.info.breaking) == (
        2,
        False,
        ["needs 'z', which version 1 does not"],
    )
    assert (third.info.model, third.info.default) == ("y", False)
    assert [entry.by for entry in ModelStore(store).history("q3-sales")] == ["python"]


def test_old_versions_are_removed_as_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLAPP_KEEP_VERSIONS", "1")
    monkeypatch.setenv("MLAPP_STORE", str(tmp_path / "store"))

    for _ in range(4):
        mlapp.train(sales(), model="sales", **SALES)

    assert ModelStore(tmp_path / "store").versions("sales") == [4, 3]


def test_progress_is_reported_until_the_end(tmp_path: Path):
    seen: list[tuple[str, float]] = []

    mlapp.train(sales(), store=tmp_path, progress=lambda stage, share: seen.append((stage, share)), **SALES)

    assert seen[0] == ("Reading the columns", 0.0)
    assert seen[-1] == ("Serializing the model", 1.0)


def test_tables_and_options_are_rejected_as_by_the_server(tmp_path: Path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")

    with pytest.raises(Unacceptable, match="There is no column 'price' in the table"):
        mlapp.train(sales(), target="price", store=tmp_path)
    with pytest.raises(Unacceptable, match="There is no option 'epochs'"):
        mlapp.train(sales(), target="y", store=tmp_path, epochs=3)  # type: ignore[call-arg]
    with pytest.raises(UnreadableBody, match="it is truncated, damaged or not Parquet"):
        mlapp.train(tmp_path / "broken.parquet", target="y", store=tmp_path)
    with pytest.raises(FileNotFoundError):
        mlapp.train(tmp_path / "none.csv", target="y", store=tmp_path)
    assert mlapp.models(store=tmp_path) == []


def test_invalid_settings_are_an_error_and_no_exit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLAPP_KEEP_VERSIONS", "0")

    with pytest.raises(Unacceptable, match="^Invalid MLAPP_KEEP_VERSIONS='0'"):
        mlapp.train(sales(), store=tmp_path, **SALES)


def test_estimators_that_are_allowed_and_missing_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLAPP_ESTIMATORS", "nowhere")

    with pytest.raises(EstimatorsBroken, match="nowhere"):
        mlapp.train(sales(), store=tmp_path, **SALES)
