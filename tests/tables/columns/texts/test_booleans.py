"""Booleans as people write them."""

import polars as pl
import pytest

from mlapp.schemas import ColumnFormat, ColumnType
from mlapp.tables.columns.inference import convert_column, infer_column


@pytest.mark.parametrize(
    ("true", "false"),
    [
        *(("yes", "no"), ("Y", "N"), ("ja", "Nein"), ("oui", "non"), ("Sí", "no"), ("si", "no"), ("on", "off")),
        *(("t", "f"), ("T", "false"), ("wahr", "falsch"), ("sim", "não"), ("tak", "nie"), ("ja", "nee"), ("да", "нет")),
    ],
)
def test_words_of_one_language_are_booleans(true, false):
    raw = pl.Series("x", [true, false, f" {true.upper()} ", "", "NA"])

    found = infer_column(raw)

    assert (found.type, found.values.to_list()) == (ColumnType.BOOLEAN, [True, False, True, None, None])
    assert found.read_as == ColumnFormat(words={true.lower(): True, false.lower(): False}, missing=["NA"])
    assert convert_column(raw, ColumnType.BOOLEAN, found.read_as).values.to_list() == found.values.to_list()


@pytest.mark.parametrize("texts", [["yes", "maybe"], ["no", "no"], ["yes", "nein"], ["on", "no"], ["1", "yes"]])
def test_other_words_are_categories(texts):
    assert infer_column(pl.Series(texts)).type is ColumnType.CATEGORY


@pytest.mark.parametrize(
    ("texts", "kind"), [(["yes", "no"], ColumnType.CATEGORY), (["true", "NA"], ColumnType.BOOLEAN)]
)
def test_words_are_booleans_for_features_only(texts, kind):
    assert infer_column(pl.Series(texts), words=False).type is kind


def test_true_and_false_with_marks_are_plain_booleans():
    found = infer_column(pl.Series(["true", "-", "FALSE"]))

    assert (found.values.to_list(), found.read_as) == ([True, None, False], ColumnFormat(missing=["-"]))


@pytest.mark.parametrize(
    ("raw", "values", "invalid"),
    [
        (pl.Series([True, False]), [True, False], [False, False]),
        (pl.Series(["true", "No"]), [True, False], [False, False]),
        (pl.Series(["maybe", "NA"]), [None, None], [True, False]),
        (pl.Series([1, 0]), [None, None], [True, True]),
    ],
)
def test_words_and_json_booleans_are_accepted_at_prediction(raw, values, invalid):
    found = convert_column(raw, ColumnType.BOOLEAN, ColumnFormat(words={"yes": True, "no": False}))

    assert (found.values.to_list(), found.invalid.to_list()) == (values, invalid)
    assert not found.odd.any()


@pytest.mark.parametrize(("text", "value"), [("JA", True), ("nein", False), ("t", True), ("0", None), ("maybe", None)])
def test_prediction_reads_words_of_other_languages_than_training(text, value):
    read_as = infer_column(pl.Series(["yes", "no"])).read_as

    assert convert_column(pl.Series([text]), ColumnType.BOOLEAN, read_as).values.to_list() == [value]
