"""Texts as features, from the training table to the answer to a row."""

import io
import json

import joblib
import numpy as np
import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.data.signature import MADE_UP_TEXT
from mlapp.ml.inference import fitted_version
from mlapp.ml.inference.what_if import what_if
from mlapp.ml.monitoring.profiles import count_features
from mlapp.ml.training.preview import preview_training
from mlapp.schemas import ColumnType, Task, TrainOptions
from mlapp.tables.formats.json import JsonRows
from mlapp.tables.formats.ndjson import ndjson_table
from mlapp.tables.formats.reader import read_file
from mlapp.tables.table import Table

RARE = "xylophone"
GOOD, BAD = ["love it", "works well", "great value"], ["fell apart", "never again", "want my money back"]
ROWS = 90


def reviews() -> pl.DataFrame:
    """Return reviews, of which one has a rare word, one stands twice and one is missing."""
    random = np.random.default_rng(0)
    stars = random.integers(1, 6, ROWS)
    texts: list[str | None] = [
        f"I bought it {random.choice(['for my family', 'last week', 'as a gift'])} and {row} times I say: "
        f"{random.choice(GOOD if star > 2 else BAD)}"
        for row, star in enumerate(stars)
    ]
    texts[1], texts[2] = texts[0], None
    texts[3] = f"{texts[3]} {RARE}"
    liked = np.where(stars > 2, "yes", "no")
    return pl.DataFrame(
        {"review": texts, "weight": random.uniform(1, 9, ROWS).round(2), "stars": stars, "liked": liked}
    )


@pytest.fixture(scope="module")
def frame():
    return reviews().drop("stars")


@pytest.fixture(scope="module")
def trained(training, frame):
    return training(frame, "liked")


@pytest.fixture(scope="module")
def model(fitting, frame):
    return fitting(frame, "liked")


def answers(model, table):
    return model.answers.response(model.predict_rows(model.encoder.encode_rows(table))).probabilities


def test_text_is_learned_from(trained):
    assert trained.record["metrics"]["accuracy"] > 0.95
    most, _ = trained.record["importance"]
    assert (most.feature, most.mean > 0.1) == ("review", True)


def test_feature_is_described_by_its_length(trained, frame):
    (text, _), lengths = trained.record["features"], frame["review"].str.len_chars()

    assert (text.type, text.required, text.categories) == (ColumnType.TEXT, False, None)
    assert (text.min, text.max) == (lengths.min(), lengths.max())
    found = trained.record["distributions"][0]
    assert (found.categories, sum(found.counts), found.missing) == (None, ROWS - 1, 1)


def test_no_word_of_a_training_text_is_in_record_or_file(trained, model):
    record = json.dumps(trained.record, default=lambda value: value.model_dump_json())

    assert RARE not in record
    assert "family" not in record
    assert {row[0] for row in trained.record["examples"]} <= {MADE_UP_TEXT, None}
    assert model.info.features[0].example == MADE_UP_TEXT
    for word in (RARE, "family", "<xyl"):
        assert word.encode() not in uncompressed(model.parts)


def uncompressed(parts) -> bytes:
    file = io.BytesIO()
    joblib.dump(parts, file)
    return file.getvalue()


def test_rows_answer_alike_alone_together_and_in_every_format(model, frame, monkeypatch):
    frame = frame.drop("liked")
    together = answers(model, Table(frame))
    monkeypatch.setattr(fitted_version, "CHUNK_ROWS", 7)

    csv, lines = frame.write_csv().encode(), frame.write_ndjson().encode()
    for table in (Table(frame), read_file(csv, None), ndjson_table(lines)):
        for found, expected in zip(answers(model, table), together, strict=True):
            assert found == pytest.approx(expected, rel=1e-12)
    for row, expected in zip(frame.to_dicts(), together, strict=True):
        x = model.encoder.encode_plain(JsonRows([row]))
        (alone,) = model.answers.response(model.predict_batch([x]).predicted).probabilities
        assert alone == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("value", ["Fell apart. Never again!", "", " ", "NA", None, "é" * 30, "a\nb\tc  "])
def test_plain_json_is_encoded_as_by_encode(model, value):
    rows = JsonRows([{"review": value, "weight": 2.5}, {"review": "love it", "weight": 3.5}])

    np.testing.assert_array_equal(model.encoder.encode_plain(rows), model.encoder.encode(rows.table()))


def test_text_takes_any_value_as_text_and_may_be_absent(model):
    (number, absent) = model.encoder.encode(JsonRows([{"review": 12345, "weight": 1}, {"weight": 1}]).table())

    assert (number[0], np.isnan(absent[0])) == (5, True)
    assert not absent[2:].any()
    assert model.encoder.encode(Table(pl.DataFrame({"weight": [1.5]})))[0, 2:].any() == np.False_


@pytest.mark.parametrize(("length", "warned"), [(60, False), (900, False), (1_100, True)])
def test_only_extremely_long_texts_are_warned_of(model, length, warned):
    rows = JsonRows([{"review": "x" * length, "weight": 2.5}])
    x = model.encoder.encode_plain(rows)

    found = model.validator.warnings(x, lambda *_: "")

    assert bool(model.predict_batch([x]).unusual[0]) is warned
    longest = model.info.features[0].max
    details = [f"has 1,100 characters; training saw at most {longest}"] if warned else []
    assert [warning.detail for warning in found.first] == details


def test_a_missing_text_is_warned_of_where_training_had_none(fitting, frame):
    model = fitting(frame.drop_nulls(), "liked")

    x = model.encoder.encode_plain(JsonRows([{"review": None, "weight": 2.5}]))

    assert [warning.code for warning in model.validator.warnings(x, lambda *_: "").first] == ["missing"]


def test_text_has_no_curve(model):
    with pytest.raises(Unacceptable, match="'review' is a text"):
        what_if(model, {"review": "love it", "weight": 2.5}, "review")

    assert what_if(model, {"review": "love it", "weight": 2.5}, "weight").predictions


def test_production_data_is_counted_by_length(model, frame):
    x = model.encoder.encode(Table(frame))

    assert [found.tally for found in count_features(model.info, [x])] == [
        found.tally for found in model.info.distributions
    ]


def test_types_overrule(training, frame):
    named = training(frame, "liked", types={"review": "category"}).record
    forced = training(reviews().drop("review"), "stars", types={"liked": "text"}).record

    # One review stands twice, so that they are not distinct in every row.
    assert named["features"][0].type is ColumnType.CATEGORY
    assert {feature.name: feature.type for feature in forced["features"]}["liked"] is ColumnType.TEXT


def test_texts_to_predict_are_classes(training):
    frame = reviews().drop_nulls()[:40].vstack(reviews().drop_nulls()[:40])

    found = training(frame.drop("stars", "liked"), "review", types={"review": "text"}).record

    assert (found["task"], found["target_type"]) == (Task.CLASSIFICATION, ColumnType.CATEGORY)


@pytest.mark.parametrize("options", [{}, {"types": {"review": "text"}}])
def test_the_same_text_in_every_row_is_ignored_without_naming_it(training, frame, options):
    same = frame.with_columns(review=pl.lit(f"the same sentence in all rows {RARE}"))

    (ignored,) = training(same, "liked", **options).record["ignored"]

    assert ignored.reason.startswith("has only one value")
    assert (RARE in ignored.reason) == (not options)


def test_preview_shows_the_column_as_text_and_does_not_predict_it(frame):
    found = preview_training(Table(frame), TrainOptions())

    assert (found.columns[0].type, found.columns[0].ignored) == (ColumnType.TEXT, None)
    assert found.target == "liked"


def test_preview_shows_a_target_as_classes(frame):
    texts = frame.drop_nulls()[:20]
    found = preview_training(Table(pl.concat([texts, texts])), TrainOptions(target="review"))

    assert (found.columns[0].type, found.task) == (ColumnType.CATEGORY, Task.CLASSIFICATION)


def test_training_again_gives_the_same_file(training, trained, frame):
    assert training(frame, "liked").file == trained.file


@pytest.mark.parametrize("estimator", ["hist_gradient_boosting", "random_forest"])
def test_trees_learn_from_text(training, frame, few_trees, estimator):
    assert training(frame, "liked", estimator=estimator).record["metrics"]["accuracy"] > 0.8
