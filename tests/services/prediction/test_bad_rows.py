"""Rows that cannot be predicted: refused with their lines, or skipped with the reason."""

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.schemas import Format, Span, VersionInfo
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.prediction.service import Body, PredictionService
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted

SKIP = {"bad_rows": "skip"}


@pytest.fixture
async def model(store: ModelStore, prediction: PredictionService, diabetes: Fitted) -> VersionInfo:
    diabetes.activate_in(store)
    await prediction.refresh("diabetes")
    return describe(store, "diabetes", 1)


def lines(model: VersionInfo, **changed: str) -> tuple[str, str]:
    """Return a good line of a CSV, and one with other cells."""
    row = {feature.name: str(feature.example) for feature in model.features}
    return ",".join(row.values()), ",".join((row | changed).values())


def csv(model: VersionInfo, *rows: str) -> bytes:
    return "\n".join([",".join(feature.name for feature in model.features), *rows, ""]).encode()


async def answered(prediction: PredictionService, body: Body) -> pl.DataFrame:
    found = await prediction.predict(body)
    return pl.read_csv(b"".join([chunk async for chunk in found.chunks]), infer_schema_length=None)


async def test_bad_rows_are_refused_with_their_lines(prediction: PredictionService, model: VersionInfo):
    good, bad = lines(model, age="x12", bmi="heavy9")

    with pytest.raises(Unacceptable) as refused:
        await prediction.predict(Body(csv(model, good, bad, good, *[bad] * 98)))

    errors = refused.value.errors
    assert refused.value.detail == (
        "Line 3, column 'age': 'x12' is not a number. "
        "98 more rows cannot be predicted; 'bad_rows=skip' predicts all others."
    )
    assert (len(errors), errors[1]["pointer"]) == (100, "/records/1/bmi")
    assert errors[2] == {"detail": "Line 5, column 'age': 'x12' is not a number.", "pointer": "/records/3/age"}


async def test_skipped_rows_have_the_reason_and_no_prediction(
    prediction: PredictionService, model: VersionInfo, monitoring: MonitoringService
):
    good, bad = lines(model, age="x12", bmi="heavy9")

    frame = await answered(prediction, Body(csv(model, good, bad, good), options=SKIP))

    assert frame["problem"].to_list() == [None, "'age': 'x12' is not a number. 'bmi': 'heavy9' is not a number.", None]
    assert [frame[name].is_null().to_list() for name in ("prediction", "lower", "upper")] == [[False, True, False]] * 3
    alone = await answered(prediction, Body(csv(model, good)))
    assert frame["prediction"][0] == frame["prediction"][2] == alone["prediction"][0]
    assert "problem" not in alone.columns
    assert (await monitoring.traffic(Span.HOUR)).total.rows == 3


async def test_file_of_bad_rows_only_is_answered(prediction: PredictionService, model: VersionInfo):
    _, bad = lines(model, age="x12")

    frame = await answered(prediction, Body(csv(model, bad, bad), options=SKIP))

    assert frame["prediction"].to_list() == [None, None]


async def test_absent_keys_of_ndjson_are_skipped(prediction: PredictionService, model: VersionInfo):
    names = [feature.name for feature in model.features]
    rows = pl.DataFrame([{feature.name: feature.example for feature in model.features}] * 300)
    lines = rows.write_ndjson().splitlines()
    lines[200] = lines[200].replace(f'"{names[0]}":', '"other":')

    with pytest.raises(Unacceptable, match=f"Line 201 lacks the feature '{names[0]}'"):
        await prediction.predict(Body("\n".join(lines).encode()))
    found = await prediction.predict(Body("\n".join(lines).encode(), options=SKIP))

    answer = pl.read_ndjson(b"".join([chunk async for chunk in found.chunks]), infer_schema_length=None)
    assert answer["problem"].is_not_null().arg_true().to_list() == [200]
    assert answer["problem"][200] == f"'{names[0]}' is absent."


async def test_blank_lines_and_totals_keep_their_place_without_prediction(
    prediction: PredictionService, model: VersionInfo
):
    good, _ = lines(model)
    header = ",".join(feature.name for feature in model.features)

    frame = await answered(prediction, Body(csv(model, good, header, good, "," * 9, good)))

    assert frame["prediction"].is_null().to_list() == [False, True, False, True, False]
    assert frame["problem"].is_not_null().to_list() == [False, True, False, True, False]


@pytest.mark.parametrize(("rows", "options"), [(("good", "bad"), SKIP), (("good", "header", "good"), {})])
async def test_rows_without_prediction_have_no_place_in_json(
    prediction: PredictionService, model: VersionInfo, rows: tuple[str, ...], options: dict[str, str]
):
    good, bad = lines(model, age="x12")
    header = ",".join(feature.name for feature in model.features)
    body = csv(model, *({"good": good, "bad": bad, "header": header}[row] for row in rows))

    with pytest.raises(Unacceptable, match=r"Line 3 cannot be predicted: .* request a file"):
        await prediction.predict(Body(body, options=options), {Format.CSV: Format.JSON})


async def test_column_called_problem_is_rejected_only_if_the_response_adds_one(
    prediction: PredictionService, model: VersionInfo
):
    good, bad = (f"{line},1" for line in lines(model, age="x12"))
    header = ",".join([*(feature.name for feature in model.features), "problem"])

    assert (await answered(prediction, Body(f"{header}\n{good}\n{good}\n".encode())))["problem"].to_list() == [1, 1]
    with pytest.raises(Unacceptable, match="The table has a column 'problem', which the response adds"):
        await prediction.predict(Body(f"{header}\n{good}\n{bad}\n".encode(), options=SKIP))


async def test_feature_with_the_name_of_an_added_column_is_answered_in_json(
    store: ModelStore, prediction: PredictionService, diabetes: Fitted
):
    first, *others = diabetes.record.features
    diabetes.but(features=[first.model_copy(update={"name": "lower"}), *others]).activate_in(store, "named")
    named = describe(store, "named", 1)
    body = Body(csv(named, lines(named)[0]))

    with pytest.raises(Unacceptable, match="a column 'lower', which the response adds; request JSON by 'Accept: "):
        await prediction.predict(body, model="named")
    assert (await prediction.predict(body, {Format.CSV: Format.JSON}, "named")).format is Format.JSON


async def test_all_missing_columns_are_named_at_once(prediction: PredictionService, model: VersionInfo):
    with pytest.raises(Unacceptable) as refused:
        await prediction.predict(Body(b"age,bmi\n1,2\n3,4\n"))

    missing = [feature.name for feature in model.features if feature.name not in ("age", "bmi")]
    assert refused.value.detail.startswith(f"The table lacks the columns '{missing[0]}', '{missing[1]}'")
    assert "and 3 more; cells may be empty" in refused.value.detail
    assert [error["pointer"] for error in refused.value.errors] == [f"/records/0/{name}" for name in missing]


async def test_preview_has_problems_with_lines_and_the_score(
    prediction: PredictionService, model: VersionInfo, recorder: TrafficRecorder
):
    good, bad = lines(model, age="x12")
    header = ",".join([*(feature.name for feature in model.features), model.target])
    body = "\n".join([header, f"{good},150", f"{bad},150", f"{good},160", f"{good},", ""])

    preview = await prediction.trials.preview(Body(body.encode(), options=SKIP), "diabetes")

    assert (preview.problems_total, preview.scored_rows, preview.read_as.format) == (1, 2, Format.CSV)
    assert [(each.line, each.detail) for each in preview.problems] == [(3, "'age': 'x12' is not a number.")]
    assert set(preview.score or {}) == {"r2", "mae", "rmse"}
    assert preview.names[-1] == "problem"
    assert [row[-1] for row in preview.rows] == [None, "'age': 'x12' is not a number.", None, None]


async def test_preview_has_the_worst_rows_with_their_lines(prediction: PredictionService, model: VersionInfo):
    good, bad = lines(model, age="x12")
    header = ",".join([model.target, *(feature.name for feature in model.features)])
    body = "\n".join([header, f"150,{good}", f"9000,{bad}", f"9000,{good}", f",{good}", ""])

    preview = await prediction.trials.preview(Body(body.encode(), options=SKIP), "diabetes", rows=1)

    assert [(row.line, row.cells[0]) for row in preview.worst] == [(4, "9000"), (2, "150")]
    assert preview.worst[0].cells == [*body.splitlines()[3].split(",")]
    predicted = float(preview.rows[0][preview.names.index("prediction")] or "nan")
    assert [row.prediction for row in preview.worst] == pytest.approx([predicted] * 2)
    assert [row.measure for row in preview.worst] == pytest.approx([9000 - predicted, abs(150 - predicted)])


async def test_preview_of_parquet_counts_rows_from_one(prediction: PredictionService, model: VersionInfo, tmp_path):
    rows = pl.DataFrame([{feature.name: feature.example for feature in model.features}] * 2)
    rows.with_columns(age=pl.Series([30.0, 9_999.0])).write_parquet(tmp_path / "rows.parquet")

    preview = await prediction.trials.preview(Body((tmp_path / "rows.parquet").read_bytes()), "diabetes")

    assert ([each.row for each in preview.warnings], preview.warning_lines) == ([1], [2])
    assert (preview.score, preview.scored_rows, preview.problems, preview.worst) == (None, 0, [], [])
