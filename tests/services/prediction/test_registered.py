"""Predictions of pipelines that were fitted elsewhere."""

import asyncio
import json

import polars as pl
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

import mlapp
from mlapp.errors import Unacceptable
from mlapp.schemas import Format
from mlapp.services.prediction.service import Body
from tests.ml.registration.transformers import Fussy

TABLE = pl.DataFrame({"word": ["a", "b", "c", "d"] * 6, "y": [1.0, 2.0, 3.0, 4.5] * 6})


@pytest.fixture
def pipeline(store):
    found = make_pipeline(Fussy(), Ridge()).fit(TABLE[["word"]], TABLE["y"])
    mlapp.register(found, TABLE, target="y", model="words", store=store.folder)
    return found


def body(*words: str | None) -> Body:
    return Body(json.dumps([{"word": word} for word in words]).encode(), Format.JSON)


async def answer(prediction, *words):
    result = await prediction.predict(body(*words), model="words")
    return json.loads(b"".join([piece async for piece in result.chunks]))


async def test_words_that_training_never_saw_are_predicted_with_a_warning(pipeline, prediction):
    found = await answer(prediction, "zebra")

    assert found["predictions"] == pytest.approx(pipeline.predict(pl.DataFrame({"word": ["zebra"]})), rel=1e-12)
    assert found["warnings"][0]["code"] == "unknown_category"
    assert found["reliable"] == [False]


async def test_row_with_an_error_of_the_pipeline_spoils_no_other_request(pipeline, prediction):
    await answer(prediction, "a")

    found = await asyncio.gather(*(answer(prediction, word) for word in ("a", "LOUD", "b")), return_exceptions=True)

    first, second, third = found
    assert isinstance(second, Unacceptable)
    assert "The pipeline raises LookupError: LOUD is loud" in second.detail
    expected = pipeline.predict(pl.DataFrame({"word": ["a", "b"]}))
    assert not isinstance(first, BaseException)
    assert not isinstance(third, BaseException)
    assert [first["predictions"][0], third["predictions"][0]] == pytest.approx(list(expected), rel=1e-12)


@pytest.mark.parametrize("words", [("LOUD",), ("a", "LOUD")])
async def test_rows_with_errors_are_named(words, pipeline, prediction):
    with pytest.raises(Unacceptable, match=f"Row {len(words) - 1} cannot be predicted: The pipeline raises") as raised:
        await answer(prediction, *words)

    assert raised.value.errors[0]["pointer"].startswith(f"/records/{len(words) - 1}")


@pytest.mark.parametrize("is_fast", [True, False])
async def test_requests_of_a_batch_are_predicted_alone_after_an_error(is_fast, pipeline, prediction):
    fitted = await prediction.fitted("words")
    fitted.is_fast = is_fast
    good, bad = (fitted.encoder.encode_plain(rows) for rows in map(rows_of, ("a", "LOUD")))

    batcher = prediction._batcher
    found = await asyncio.gather(*(batcher.predict(fitted, x) for x in (good, bad, good)), return_exceptions=True)

    first, second, third = found
    assert isinstance(second, Unacceptable)
    assert not isinstance(first, BaseException)
    assert not isinstance(third, BaseException)
    assert first.predicted.tolist() == third.predicted.tolist()


def rows_of(word: str):
    from mlapp.tables.formats.json import JsonRows

    return JsonRows([{"word": word}])


async def test_file_is_answered_in_spite_of_rows_with_errors(pipeline, prediction):
    data = pl.DataFrame({"word": ["a", "LOUD", "b", None]}).write_csv().encode()

    result = await prediction.predict(Body(data, Format.CSV, {"bad_rows": "skip"}), model="words")

    found = pl.read_csv(b"".join([piece async for piece in result.chunks]))
    assert found["prediction"].is_not_null().to_list() == [True, False, True, True]
    assert found["problem"][1].startswith("It cannot be predicted: The pipeline raises LookupError")


async def test_file_with_an_error_is_refused_with_its_line(pipeline, prediction):
    data = pl.DataFrame({"word": ["a", "LOUD"]}).write_csv().encode()

    with pytest.raises(Unacceptable, match=r"Line 3 cannot be predicted: The pipeline raises LookupError"):
        await prediction.predict(Body(data, Format.CSV), model="words")
