"""Explanations in JSON and files, and of what pages show."""

import json
from typing import Any

import polars as pl
import pytest

from mlapp.errors import Overloaded, Unacceptable
from mlapp.schemas import Explanation, Format, VersionInfo
from mlapp.services.prediction import limits, reading
from mlapp.services.prediction.service import AS_SENT, Body, PredictionService
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted


@pytest.fixture
async def diabetes_model(store: ModelStore, prediction: PredictionService, diabetes: Fitted) -> VersionInfo:
    diabetes.activate_in(store)
    await prediction.refresh("diabetes")
    return describe(store, "diabetes", 1)


@pytest.fixture
async def wine_model(store: ModelStore, prediction: PredictionService, wine: Fitted) -> VersionInfo:
    wine.activate_in(store)
    await prediction.refresh("wine")
    return describe(store, "wine", 1)


def examples(model: VersionInfo) -> pl.DataFrame:
    return pl.DataFrame(model.examples, [feature.name for feature in model.features], orient="row")


async def answer_to(prediction: PredictionService, body: Body, formats: Any = AS_SENT) -> bytes:
    return b"".join([chunk async for chunk in (await prediction.predict(body, formats)).chunks])


async def explained_json(prediction: PredictionService, frame: pl.DataFrame) -> dict[str, Any]:
    data = json.dumps({"records": frame.to_dicts(), "explain": True}).encode()
    answer: dict[str, Any] = json.loads(await answer_to(prediction, Body(data, Format.JSON)))
    return answer


async def test_json_explains_each_row(prediction: PredictionService, diabetes_model: VersionInfo):
    answer = await explained_json(prediction, examples(diabetes_model))

    sums = [each["base"] + sum(each["contributions"].values()) for each in answer["explanations"]]
    assert sums == pytest.approx(answer["predictions"])
    assert {each["error"] for each in answer["explanations"]} == {0}


async def test_json_explains_the_probability_of_the_predicted_class(
    prediction: PredictionService, wine_model: VersionInfo
):
    answer = await explained_json(prediction, examples(wine_model))

    sums = [each["base"] + sum(each["contributions"].values()) for each in answer["explanations"]]
    assert sums == pytest.approx([max(row.values()) for row in answer["probabilities"]])


async def test_a_file_has_the_three_largest_contributions(prediction: PredictionService, diabetes_model: VersionInfo):
    frame = examples(diabetes_model)[:3]
    (first, *_) = (await explained_json(prediction, frame))["explanations"]

    answer = await answer_to(prediction, Body(frame.write_csv().encode(), options={"explain": "true"}))

    why = pl.read_csv(answer)["why"].to_list()
    largest = max(first["contributions"], key=lambda name: abs(first["contributions"][name]))
    assert pl.read_csv(answer).columns[frame.width + 3] == "why"
    assert why[0].startswith(f"{largest} = ")
    assert why[0].count(" = ") == 3


async def test_rows_with_a_problem_have_no_reasons(prediction: PredictionService, diabetes_model: VersionInfo):
    frame = examples(diabetes_model)[:2].cast(pl.String).with_columns(bmi=pl.Series(["31", "x12"]))

    body = Body(frame.write_csv().encode(), options={"explain": "true", "bad_rows": "skip"})
    answer = pl.read_csv(await answer_to(prediction, body))

    assert answer.columns[-2:] == ["why", "problem"]
    assert answer["why"].is_null().to_list() == [False, True]


@pytest.mark.parametrize("format_", [Format.PARQUET, Format.NDJSON, Format.WORKBOOK])
async def test_other_formats_have_the_same_column(
    prediction: PredictionService, diabetes_model: VersionInfo, format_: Format
):
    frame = examples(diabetes_model)[:2]
    data, options = frame.write_csv().encode(), {"explain": "true"}
    readers: dict[Format, Any] = {Format.PARQUET: pl.read_parquet, Format.NDJSON: pl.read_ndjson}
    expected = pl.read_csv(await answer_to(prediction, Body(data, options=options)))["why"].to_list()

    answer = await answer_to(prediction, Body(data, options=options), dict.fromkeys(Format, format_))

    if format_ is Format.WORKBOOK:
        assert answer.startswith(b"PK")
    else:
        assert readers[format_](answer)["why"].to_list() == expected


async def test_files_are_sent_while_later_rows_are_explained(
    prediction: PredictionService, diabetes_model: VersionInfo
):
    frame = pl.concat([examples(diabetes_model)[:5]] * 30)

    result = await prediction.predict(Body(frame.write_csv().encode(), options={"explain": "true"}))

    chunks = [chunk async for chunk in result.chunks]
    assert [chunk.count(b"\n") for chunk in chunks] == [101, 50]


async def test_too_many_rows_are_rejected(prediction: PredictionService, diabetes_model: VersionInfo, monkeypatch):
    monkeypatch.setattr(reading, "MAX_EXPLAINED_ROWS", 1)
    body = Body(examples(diabetes_model)[:2].write_csv().encode(), options={"explain": "true"})

    with pytest.raises(Unacceptable, match="At most 1 rows are explained at a time, and the table has 2"):
        await prediction.predict(body)


async def test_explanations_that_would_wait_too_long_are_rejected(
    prediction: PredictionService, diabetes_model: VersionInfo, monkeypatch
):
    monkeypatch.setattr(limits, "MAX_EXPLAIN_WAIT_S", -1.0)

    with pytest.raises(Overloaded, match="More explanations are requested than can be made in time"):
        await prediction.trials.explain(examples(diabetes_model).row(0, named=True), "diabetes")


async def test_records_are_explained_as_in_json(prediction: PredictionService, diabetes_model: VersionInfo):
    frame = examples(diabetes_model)[:2]

    found = [await prediction.trials.explain(record, "diabetes") for record in frame.to_dicts()]

    answer = await explained_json(prediction, frame)
    assert found == [Explanation(**each) for each in answer["explanations"]]


async def test_any_class_can_be_explained(prediction: PredictionService, wine_model: VersionInfo):
    row = examples(wine_model).row(0, named=True)
    (probabilities,) = (await prediction.trials.answer([row], "wine")).probabilities or []

    found = {name: await prediction.trials.explain(row, "wine", outcome=name) for name in probabilities}

    sums = {name: each.base + sum(each.contributions.values()) for name, each in found.items()}
    assert sums == pytest.approx(probabilities)
    with pytest.raises(Unacceptable, match="Version 1 of wine has no class 'class_9'"):
        await prediction.trials.explain(row, "wine", outcome="class_9")


async def test_a_preview_has_reasons_if_they_are_asked_for(prediction: PredictionService, diabetes_model: VersionInfo):
    data = examples(diabetes_model).write_csv().encode()

    found = await prediction.trials.preview(Body(data, options={"explain": "true"}), "diabetes", rows=2)

    assert all(row[found.names.index("why")] for row in found.rows)


async def test_a_preview_with_reasons_waits_with_explanations_instead_of_predictions(
    prediction: PredictionService, diabetes_model: VersionInfo, monkeypatch
):
    data = examples(diabetes_model).write_csv().encode()
    monkeypatch.setattr(limits, "MAX_EXPLAIN_WAIT_S", -1.0)

    with pytest.raises(Overloaded, match="More explanations are requested"):
        await prediction.trials.preview(Body(data, options={"explain": "true"}), "diabetes")


async def test_a_response_that_nobody_reads_is_not_explained_further(
    prediction: PredictionService, diabetes_model: VersionInfo
):
    frame = pl.concat([examples(diabetes_model)[:5]] * 60)
    result = await prediction.predict(Body(frame.write_csv().encode(), options={"explain": "true"}))

    first = await anext(result.chunks)
    await result.chunks.aclose()  # type: ignore[attr-defined]

    assert first.count(b"\n") == 101
    assert [chunk async for chunk in result.chunks] == []
