"""Prose: columns of sentences and descriptions become text, all other columns of text categories."""

import polars as pl
import pytest

from mlapp.schemas import ColumnType
from mlapp.tables.columns.inference import convert_column, infer_column

WORDS = ["the", "pump", "leaks", "at", "its", "seal", "again", "loud", "noise", "from", "bearing", "since", "monday"]
COMMENTS = [" ".join(WORDS[(row * step) % len(WORDS)] for step in range(1, 8)) + f" {row}" for row in range(40)]


def kind_of(values, **options):
    return infer_column(pl.Series("column", values), **options).type


@pytest.mark.parametrize(
    "values",
    [
        COMMENTS,
        [*COMMENTS[:39], COMMENTS[0]],
        [*COMMENTS[:20], *[None] * 20],
        [*COMMENTS[:20], *["none"] * 20],
        [f"Die Lieferung Nummer {row} kam leider viel zu spät an" for row in range(20)],
        [f"这个产品的质量非常好而且送货很快第{'零一二三四五六七八九'[row]}次" for row in range(10)],
        [f"«Очень» хороший товар, рекомендую всем друзьям и близким {row}" for row in range(20)],
    ],
    ids=["comments", "one twice", "half missing", "half the same", "German", "Chinese", "Russian"],
)
def test_column_of_distinct_sentences_is_text(values):
    assert kind_of(values) is ColumnType.TEXT


@pytest.mark.parametrize(
    "values",
    [
        [f"Braund, Mr. Owen Harris {chr(65 + row)}" for row in range(20)],
        [f"{row} Baker Street, London" for row in range(20)],
        [f"chevrolet malibu {row}" for row in range(20)],
        [f"A{row}-B{row * 7}" for row in range(20)],
        [f"https://example.com/a/very/long/path-with-many-words/{row}" for row in range(20)],
        ["I strongly agree with this statement", "I do not agree with this statement"] * 10,
        COMMENTS[:4] * 10,
        ["one sentence that is the same in all of the rows"] * 20,
        [None] * 10,
    ],
    ids=["names", "addresses", "cars", "codes", "URLs", "answers", "few descriptions", "constant", "empty"],
)
def test_column_of_short_or_repeated_texts_is_no_text(values):
    assert kind_of(values) is ColumnType.CATEGORY


def test_more_than_a_thousand_descriptions_are_text_however_often_they_repeat():
    many = [f"a description of the article with the number {row}" for row in range(1_001)]

    assert kind_of(many * 10) is ColumnType.TEXT
    assert kind_of(many[:1_000] * 10) is ColumnType.CATEGORY


def test_types_overrule_what_was_found():
    assert kind_of(COMMENTS, kind=ColumnType.CATEGORY) is ColumnType.CATEGORY
    assert kind_of(["a", "b"] * 10, kind=ColumnType.TEXT) is ColumnType.TEXT
    assert kind_of([1.0, 2.5], kind=ColumnType.TEXT) is ColumnType.TEXT


def test_marks_are_missing_in_text():
    found = infer_column(pl.Series("column", [*COMMENTS, "NA", " ", "none"]))

    assert found.read_as
    assert (found.values.null_count(), found.read_as.missing) == (2, ["NA"])
    assert found.values[-1] == "none"


def test_text_of_a_row_is_read_as_it_is():
    found = convert_column(pl.Series("column", [" Good value, but late. ", "?", "5"]), ColumnType.TEXT)

    assert found.values.to_list() == [" Good value, but late. ", None, "5"]
    assert not found.invalid.any()
