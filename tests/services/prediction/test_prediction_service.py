"""PredictionService on a temporary store."""

import json
from collections.abc import AsyncIterator
from typing import Any

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.schemas import Format, ReadAs, VersionInfo
from mlapp.services.prediction.service import Body, PredictionService
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted


def row_of(model: VersionInfo) -> list[dict[str, Any]]:
    return [{f.name: f.example for f in model.features}]


def rows_of(model: VersionInfo, rows: int, kind: Format) -> Body:
    frame = pl.DataFrame(row_of(model) * rows)
    return Body((frame.write_csv() if kind is Format.CSV else frame.write_ndjson()).encode(), kind)


async def joined(chunks: AsyncIterator[bytes]) -> tuple[int, bytes]:
    found = [chunk async for chunk in chunks]
    return len(found), b"".join(found)


async def test_response_of_a_version_equals_that_of_the_active_one(
    store: ModelStore, prediction: PredictionService, diabetes: Fitted
):
    diabetes.activate_in(store)
    await prediction.refresh("diabetes")
    model = (await prediction.fitted()).info

    answer = await prediction.trials.answer(row_of(model), "diabetes")

    assert answer == await prediction.trials.answer(row_of(model), "diabetes", version=1)
    assert answer.version == 1
    assert answer.warnings_total is None


@pytest.mark.parametrize("kind", [Format.CSV, Format.NDJSON])
async def test_rows_in_chunks_are_predicted_as_single_rows(
    store: ModelStore, prediction: PredictionService, diabetes: Fitted, kind: Format
):
    diabetes.activate_in(store)
    await prediction.refresh("diabetes")
    model = (await prediction.fitted()).info
    (alone,) = (await prediction.trials.answer(row_of(model), "diabetes")).predictions

    predicted = await prediction.predict(rows_of(model, 25_000, kind))

    count, data = await joined(predicted.chunks)
    frame = pl.read_csv(data) if kind is Format.CSV else pl.read_ndjson(data)
    assert (count, frame.height, predicted.warnings_total) == (3, 25_000, 0)
    assert frame["prediction"].unique().to_list() == [alone]
    assert frame.columns == [*(f.name for f in model.features), "prediction", "lower", "upper"]


async def test_options_in_the_body_are_followed(store: ModelStore, prediction: PredictionService, wine: Fitted):
    wine.activate_in(store)
    wine.add_to(store)
    await prediction.refresh("wine")
    body = json.dumps({"records": row_of(describe(store, "wine", 2)), "version": 2})

    assert (await prediction.predict(Body(body.encode(), Format.JSON))).version == 2
    with pytest.raises(Unacceptable, match="There is no option 'colour'; the options are sheet,"):
        await prediction.predict(Body(b'{"records": [{}], "colour": 1}', Format.JSON))
    with pytest.raises(Unacceptable, match="'version' is given in the URL and in the body"):
        await prediction.predict(Body(body.encode(), Format.JSON, {"version": "1"}))


@pytest.mark.parametrize("response_format", [Format.JSON, Format.CSV])
async def test_body_without_a_table_is_rejected(
    store: ModelStore, prediction: PredictionService, wine: Fitted, response_format: Format
):
    wine.activate_in(store)
    await prediction.refresh("wine")

    with pytest.raises(Unacceptable, match="exactly one of 'records'"):
        await prediction.predict(Body(b"{}", Format.JSON), {Format.JSON: response_format})


@pytest.mark.parametrize("response_format", [Format.JSON, Format.CSV])
async def test_strict_prediction_of_a_table_rejects_extra_columns(
    store: ModelStore, prediction: PredictionService, wine: Fitted, response_format: Format
):
    wine.activate_in(store)
    await prediction.refresh("wine")
    csv = pl.DataFrame(row_of(describe(store, "wine", 1))).with_columns(more=1).write_csv().encode()

    with pytest.raises(Unacceptable, match="Column 'more' is not a feature"):
        await prediction.predict(Body(csv, Format.CSV), {Format.CSV: response_format}, strict=True)


async def test_column_with_the_name_of_a_prediction_column_is_rejected(
    store: ModelStore, prediction: PredictionService, wine: Fitted
):
    wine.activate_in(store)
    await prediction.refresh("wine")
    names = [feature.name for feature in wine.record.features] + ["prediction"]
    csv = pl.DataFrame({name: [1] for name in names}).write_csv().encode()

    with pytest.raises(Unacceptable, match="The table has a column 'prediction'"):
        await prediction.predict(Body(csv, Format.CSV))


async def test_preview_has_the_first_rows_of_the_response(
    store: ModelStore, prediction: PredictionService, diabetes: Fitted
):
    diabetes.activate_in(store)
    await prediction.refresh("diabetes")
    model = (await prediction.fitted()).info
    body = rows_of(model, 12, Format.CSV)
    body = Body(body.data.rsplit(b"\n", 2)[0] + b"\n" + b",".join([b"9999"] * 10), Format.CSV)

    preview = await prediction.trials.preview(body, "diabetes", rows=3)

    _, data = await joined((await prediction.predict(body)).chunks)
    names, *lines = [line.split(",") for line in data.decode().splitlines()]
    assert (preview.names, preview.total, preview.warnings_total) == (names, 12, 10)
    assert {(warned.row, warned.code) for warned in preview.warnings} == {(11, "out_of_range")}
    assert [row[:10] for row in preview.rows] == [line[:10] for line in lines[:3]]
    assert [float(row[10] or "nan") for row in preview.rows] == [float(line[10]) for line in lines[:3]]


async def test_preview_rejects_what_predict_rejects(store: ModelStore, prediction: PredictionService, wine: Fitted):
    wine.add_to(store)
    names = [feature.name for feature in wine.record.features]
    bad_last_row = pl.DataFrame({name: ["1"] * 20 + ["number 1"] for name in names}).write_csv().encode()
    with_prediction = pl.DataFrame({name: [1] for name in [*names, "prediction"]}).write_csv().encode()

    with pytest.raises(Unacceptable, match="Line 22, column 'alcohol': 'number 1' is not a number"):
        await prediction.trials.preview(Body(bad_last_row, Format.CSV), "wine", version=1)
    with pytest.raises(Unacceptable, match="The table has a column 'prediction'"):
        await prediction.trials.preview(Body(with_prediction, Format.CSV), "wine", version=1)


async def test_what_if_converts_records_as_predict_does(store: ModelStore, prediction: PredictionService, wine: Fitted):
    wine.add_to(store)
    record = {feature.name: feature.example for feature in wine.record.features}

    found = await prediction.trials.what_if(record, "alcohol", "wine", version=1)

    assert record["alcohol"] in found.values
    assert found.probabilities
    index = found.values.index(record["alcohol"] or 0)
    assert (
        found.predictions[index]
        == (await prediction.trials.answer(row_of(describe(store, "wine", 1)), "wine", 1)).predictions[0]
    )
    with pytest.raises(Unacceptable, match="'strong' is not a number"):
        await prediction.trials.what_if(record | {"ash": "strong"}, "alcohol", "wine", version=1)


@pytest.mark.parametrize(("delimiter", "sign"), [(";", ","), ("\t", ".")])
async def test_file_without_decimal_signs_has_that_of_the_training_table_beside_semicolons(
    store: ModelStore, prediction: PredictionService, diabetes: Fitted, delimiter: str, sign: str
):
    german = diabetes.but(read_as=ReadAs(format=Format.CSV, delimiter=";", decimal=","))
    german.activate_in(store)
    await prediction.refresh("diabetes")
    names = [feature.name for feature in german.record.features]
    body = f"{delimiter.join(names)}\n{delimiter.join(['1'] * len(names))}\n"

    found = await prediction.predict(Body(body.encode()))

    _, data = await joined(found.chunks)
    assert set(data.decode().splitlines()[1]) & {",", "."} == {sign}
