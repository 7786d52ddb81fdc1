"""Answers say of which rows their claims are not verified: those that are unlike the training table."""

import json

import polars as pl
import pytest

from mlapp.schemas import Format, VersionInfo
from mlapp.services.prediction.service import Body, PredictionService
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted


@pytest.fixture
async def model(store: ModelStore, prediction: PredictionService, diabetes: Fitted) -> VersionInfo:
    diabetes.activate_in(store)
    await prediction.refresh("diabetes")
    return describe(store, "diabetes", 1)


def rows(model: VersionInfo, **changed: float | None) -> pl.DataFrame:
    """Return an ordinary row, and one with other values."""
    row = {feature.name: float(str(feature.example)) for feature in model.features}
    return pl.DataFrame([row, row | changed], infer_schema_length=None)


async def answer_to(prediction: PredictionService, body: Body) -> bytes:
    return b"".join([chunk async for chunk in (await prediction.predict(body)).chunks])


@pytest.mark.parametrize("options", [{}, {"bad_rows": "skip"}], ids=["batched", "table"])
async def test_json_marks_rows_with_a_first_time_missing_value(
    prediction: PredictionService, model: VersionInfo, options: dict[str, str]
):
    body = Body(json.dumps({"records": rows(model, bmi=None).to_dicts()}).encode(), Format.JSON, options)

    answer = json.loads(await answer_to(prediction, body))

    assert answer["reliable"] == [True, False]


async def test_json_of_ordinary_rows_does_not_speak_of_it(prediction: PredictionService, model: VersionInfo):
    body = Body(json.dumps({"records": rows(model).to_dicts()}).encode(), Format.JSON)

    assert "reliable" not in json.loads(await answer_to(prediction, body))


async def test_a_file_has_a_column_before_the_problems(prediction: PredictionService, model: VersionInfo):
    bad = rows(model).cast(pl.String).with_columns(age=pl.lit("x12"))
    table = pl.concat([rows(model, bmi=None).cast(pl.String), bad[:1]])

    answer = await answer_to(prediction, Body(table.write_csv().encode(), options={"bad_rows": "skip"}))

    frame = pl.read_csv(answer)
    assert frame.columns[-2:] == ["reliable", "problem"]
    assert frame["reliable"].to_list() == [True, False, None]


async def test_a_preview_has_the_column_only_if_a_row_needs_it(prediction: PredictionService, model: VersionInfo):
    found = [
        await prediction.trials.preview(Body(rows(model, **changed).write_csv().encode()), "diabetes")
        for changed in ({}, {"bmi": None})
    ]

    assert [("reliable" in preview.names) for preview in found] == [False, True]
