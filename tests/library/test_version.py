"""Predictions of a loaded version."""

from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import mlapp
from mlapp.errors import Unacceptable


def in_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.to_dict(as_series=False), index=[f"patient {row}" for row in range(frame.height)])


def test_frames_and_files_get_the_same_predictions(version: mlapp.Version, prices: pl.DataFrame, tmp_path: Path):
    rows = prices.head(5)
    rows.write_csv(tmp_path / "rows.csv")

    found = version.predict(rows)

    assert found.columns == ["prediction", "lower", "upper"]
    assert found.equals(version.predict(tmp_path / "rows.csv"))
    assert found["prediction"][0] == pytest.approx(204.97876499849454)


def test_pandas_frames_get_pandas_with_their_index(version: mlapp.Version, prices: pl.DataFrame):
    rows = prices.head(3)

    found = version.predict(in_pandas(rows))

    assert list(found.index) == ["patient 0", "patient 1", "patient 2"]
    assert found["prediction"].tolist() == version.predict(rows)["prediction"].to_list()


def test_classes_come_with_probabilities_reasons_and_sets(filled: Path):
    wine = mlapp.load("wine", store=filled)
    row = pl.DataFrame({feature.name: [feature.example] for feature in wine.info.features})

    found = wine.predict(row, explain=True, sets=True)

    assert found.columns[:2] == ["prediction", "probability_class_0"]
    assert found["prediction"][0] in (wine.info.classes or ())
    assert wine.predict(in_pandas(row))["prediction"].tolist() == found["prediction"].to_list()
    assert {"why", "set"} < set(found.columns)


def test_invalid_options_are_rejected(version: mlapp.Version, prices: pl.DataFrame):
    with pytest.raises(Unacceptable, match="Invalid option 'bad_rows'"):
        version.predict(prices, bad_rows="drop")  # type: ignore[call-overload]


def test_unusual_values_are_warned_of_or_rejected(version: mlapp.Version, prices: pl.DataFrame):
    rows = prices.drop("progression").head(5).with_columns(bmi=900.0)

    with pytest.warns(
        mlapp.PredictionWarning, match=r"^Row 0, bmi: 900 is outside .* Row 2, .* seen in training. 2 more.$"
    ):
        found = version.predict(rows)
    with pytest.raises(Unacceptable, match="900 is outside"):
        version.predict(rows, strict=True)
    assert found["reliable"].to_list() == [False] * 5


def test_rows_that_cannot_be_predicted_are_rejected_or_skipped(version: mlapp.Version, prices: pl.DataFrame):
    rows = prices.head(2).with_columns(bmi=pl.Series([">25", "25"]))

    with pytest.raises(Unacceptable, match=">25"):
        version.predict(rows)
    found = version.predict(rows, bad_rows="skip")
    table = version.predict(in_pandas(rows), bad_rows="skip")

    assert found["prediction"].is_null().to_list() == [True, False]
    assert ">25" in found["problem"][0]
    assert table["prediction"].isna().tolist() == [True, False]
