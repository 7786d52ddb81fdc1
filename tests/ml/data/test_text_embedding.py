"""Embedding of texts."""

import io

import joblib
import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeCV

from mlapp.ml.data import text_embedding
from mlapp.ml.data.text_embedding import TextEmbedding, components_for, text_blocks
from mlapp.schemas import ColumnType, Feature

GOOD, BAD = ["love", "great", "perfect", "happy"], ["broken", "refund", "slow", "awful"]
NEUTRAL = ["the", "product", "came", "with", "a", "box", "and", "we", "used", "it", "at", "home", "for", "my", "family"]


def reviews(rows: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Return texts, and the number of good words minus that of bad words in each."""
    random = np.random.default_rng(seed)
    texts, y = [], []
    for _ in range(rows):
        words = random.choice([*GOOD, *BAD, *NEUTRAL], 12).tolist()
        texts.append(" ".join(words))
        y.append(sum(word in GOOD for word in words) - sum(word in BAD for word in words))
    return texts, np.array(y, dtype=float)


@pytest.fixture(scope="module")
def fitted() -> TextEmbedding:
    return TextEmbedding(60).fit(reviews(300)[0])


def test_a_linear_model_learns_from_the_components_what_words_mean(fitted):
    (train, y), (test, actual) = reviews(300), reviews(200, seed=1)

    model = RidgeCV(np.logspace(-3, 2, 6)).fit(fitted.transform(train), y)

    assert model.score(fitted.transform(test), actual) > 0.9


def test_a_text_has_the_same_components_alone_and_among_others(fitted, monkeypatch):
    texts = [*reviews(20)[0], "", None, "!?", "slow " * 3_000, "word never seen", "İstanbul 我喜欢 😀 naïve"]
    together = fitted.transform(texts)
    monkeypatch.setattr(text_embedding, "CHUNK_ROWS", 7)

    np.testing.assert_array_equal(fitted.transform(pl.Series(texts)), together)
    np.testing.assert_array_equal(np.vstack([fitted.transform([text]) for text in texts]), together)


def test_missing_and_unknown_texts_have_components_of_zero(fitted):
    assert not fitted.transform([None, "", "…", "xyzzy"]).any()


def test_only_the_first_characters_are_read(fitted):
    start = "great value " * 400

    np.testing.assert_array_equal(*fitted.transform([start, start[: text_embedding.MAX_CHARACTERS] + " broken"]))


def test_words_differ_from_their_inflections_less_than_from_other_words():
    texts = [f"{word} {row}" for row, word in enumerate(["delivered", "delivering", "colourful", "colours"] * 10)]
    first, second, other, _ = TextEmbedding(20).fit(texts).transform(["delivered", "delivering", "colourful", "x"])

    assert first @ second > 10 * abs(first @ other)


def test_scripts_without_spaces_are_split_by_characters():
    texts = ["质量非常好", "质量很差", "送货很快"] * 5

    good, bad, fast = TextEmbedding(5).fit(texts).transform(texts[:3])

    assert good @ bad > good @ fast


@pytest.mark.parametrize("texts", [[], [None, None], ["one text only"], ["", "!"], ["same words", "same words"]])
def test_texts_without_directions_have_no_components(texts):
    embedding = TextEmbedding(10).fit(texts)

    assert embedding.transform(["some words", None]).shape == (2, embedding.size)
    assert embedding.size <= 1


def test_the_same_texts_and_seed_give_the_same_file():
    def stored(embedding: TextEmbedding) -> bytes:
        file = io.BytesIO()
        joblib.dump(embedding.fit(reviews(100)[0]), file)
        return file.getvalue()

    first = TextEmbedding(20, seed=3)

    assert stored(first) == stored(clone(first))
    assert b"broken" not in stored(first)


def test_only_a_sample_is_fitted_and_large_tables_do_without_parts_of_words(monkeypatch):
    texts = reviews(60)[0]
    monkeypatch.setattr(text_embedding, "SAMPLE_ROWS", 30)
    monkeypatch.setattr(text_embedding, "KINDS", [kind._replace(max_rows=50) for kind in text_embedding.KINDS])

    assert TextEmbedding(100).fit(texts[:40]).size == 29
    assert TextEmbedding(100).fit(texts).size == 0


def test_frequent_terms_are_used(monkeypatch):
    few = [kind._replace(used=10) for kind in text_embedding.KINDS]
    monkeypatch.setattr(text_embedding, "KINDS", few)

    embedding = TextEmbedding(5).fit([*reviews(50)[0], *["love it"] * 50])

    assert embedding.components_.shape == (30, 5)
    assert embedding.transform(["love"]).any()


@pytest.mark.parametrize(
    ("rows", "texts", "expected"),
    [(12, 1, 8), (150, 1, 50), (1_000, 1, 100), (10_000, 1, 64), (1_000_000, 1, 24), (1_000, 4, 50), (1_000, 100, 8)],
)
def test_the_number_of_components_follows_rows_and_texts(rows, texts, expected):
    assert components_for(rows, texts) == expected


def test_blocks_have_the_length_and_the_components_of_each_text(fitted):
    kinds = [ColumnType.TEXT, ColumnType.NUMBER, ColumnType.TEXT]
    features = [Feature(name=str(kind), type=kind, required=True, example=None) for kind in kinds]
    small = TextEmbedding(2).fit(reviews(20)[0])

    assert text_blocks(features, [small, small]) == [[0, 3, 4], [2, 5, 6]]
