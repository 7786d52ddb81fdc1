"""Text embedding: texts as vectors of some dozen numbers, which estimators learn from like other numbers.

Words, pairs and parts of words are hashed, weighted by TF-IDF, and projected on their main directions (latent semantic
analysis). No text is stored, nor a word of one.

Source: Deerwester et al., Indexing by Latent Semantic Analysis, JASIS 41 (1990); Weinberger et al., Feature Hashing for
Large Scale Multitask Learning, ICML (2009).
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple
from zlib import crc32

import numpy as np
import polars as pl
from scipy.sparse import csr_array, vstack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import TruncatedSVD

from mlapp.ml.pipelines.raw_texts import RawTexts
from mlapp.ml.threads import threads_for
from mlapp.schemas import ColumnType, Feature

MAX_CHARACTERS = 3_000
"""What follows in a text is not read, which bounds the time of a row."""
MAX_LETTERS = 600
"""Parts of words are taken from the first words, with about as many letters."""
SAMPLE_ROWS = 20_000
"""Texts that the embedding is fitted on."""
CHUNK_ROWS = 1_000
"""Texts that are hashed at a time."""
COMPONENTS = ((5_000, 100), (20_000, 64), (50_000, 32), (math.inf, 24))
"""Components of the embedding, by the largest number of rows."""
MIN_COMPONENTS, ROWS_PER_COMPONENT = 8, 3
MAX_COMPONENTS = 200
"""Components of all texts of a table; many texts get fewer each."""
_SPACELESS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = r"\u0300-\u036f\u0591-\u05c7\u0610-\u065f\u0900-\u0dff"
TOKEN = re.compile(f"[{_SPACELESS}\u2600-\u27bf\U0001f000-\U0001faff]|(?:[^\\W{_SPACELESS}]|[{_MARKS}])+")
"""A word, an emoji, or a character of a script without spaces between words, such as Chinese and Thai."""
Texts = Sequence[str | None] | pl.Series
"""Texts of a column; None for missing ones."""


class TermKind(NamedTuple):
    """Terms of a kind: how they are made of the words of a text, hashed and weighted."""

    terms: Callable[[list[str]], Iterable[str]]
    buckets: int
    """Terms are hashed into as many buckets."""
    used: int
    """The buckets that are in most texts are used, up to this number."""
    weight: float
    max_rows: float = math.inf
    """Larger tables do without, as it takes long."""


def _pairs(words: list[str]) -> Iterable[str]:
    return map(" ".join, pairwise(words))


def _parts(words: list[str]) -> Iterator[str]:
    """Yield three and four letters in a row, which inflected and misspelled words have in common."""
    letters = 0
    for word in words:
        part = f"<{word}>"
        if (letters := letters + len(part)) > MAX_LETTERS:
            return
        for size in (3, 4):
            yield from [part[start : start + size] for start in range(len(part) - size + 1)]


KINDS = (
    TermKind(lambda words: words, 2**14, 6_000, 1.0),
    TermKind(_pairs, 2**15, 5_000, 0.5),
    TermKind(_parts, 2**14, 5_000, 0.5, max_rows=20_000),
)
"""With 100 components, they take 6 MB."""
STARTS = [0, *accumulate(kind.buckets for kind in KINDS)]
"""The first bucket of each kind, and the number of all."""


class TextEmbedding(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Embeds texts by the words, pairs and parts of words that they have.

    It is unsupervised, and fitted once on texts of all training rows, also of those that are held out for the metrics:
    it knows the frequencies of their words, but no target.

    The components have a common scale, on which rows have length 1 before they are projected: do not scale them one by
    one, as this would blow up the noise of the last ones.
    """

    def __init__(self, components: int = 100, seed: int = 0) -> None:
        """`components` is the largest number of components; there are fewer if there are few texts or terms."""
        self.components = components
        self.seed = seed

    def fit(self, texts: Texts, y: None = None) -> "TextEmbedding":  # noqa: ARG002 - as scikit-learn
        """Learn the main directions of a sample of the texts; None is a missing text."""
        present = pl.Series(texts, dtype=pl.String).drop_nulls()
        rows = np.sort(np.random.default_rng(self.seed).permutation(len(present))[:SAMPLE_ROWS])
        self.kinds_ = sum(len(texts) <= kind.max_rows for kind in KINDS)
        chunks = [rows[start : start + CHUNK_ROWS] for start in range(0, len(rows), CHUNK_ROWS)]
        counts = [self._counts(present.gather(chunk)) for chunk in chunks]
        counts = vstack(counts or [csr_array((0, STARTS[-1]))], format="csr")
        frequency = np.bincount(counts.indices, minlength=STARTS[-1])
        used = np.concatenate(list(map(_frequent, np.split(frequency, STARTS[1:-1]), KINDS, STARTS)))
        self.columns_ = np.full(STARTS[-1], -1, dtype=np.int32)
        self.columns_[used] = np.arange(len(used), dtype=np.int32)
        weights = np.repeat([kind.weight for kind in KINDS], [kind.buckets for kind in KINDS])[used]
        self.idf_ = (weights * (np.log((1 + len(rows)) / (1 + frequency[used])) + 1)).astype(np.float32)
        size = max(0, min(self.components, len(rows) - 1, len(used) - 1))
        self.components_ = np.zeros((len(used), size), dtype=np.float32)
        if size:
            # Sums would depend on the number of threads. Equal texts have no variance, which scikit-learn divides by.
            with threads_for(0), np.errstate(invalid="ignore"):
                svd = TruncatedSVD(size, random_state=self.seed).fit(self._weighted(counts))
            self.components_[:] = svd.components_.T
        return self

    @property
    def size(self) -> int:
        """The number of components."""
        return int(self.components_.shape[1])

    def transform(self, texts: Texts) -> np.ndarray:
        """Return the components of each text, (rows, size): zeros for missing ones. No row depends on other rows."""
        found = np.empty((len(texts), self.size))
        for start in range(0, len(texts), CHUNK_ROWS):
            counts = self._counts(texts[start : start + CHUNK_ROWS])
            found[start : start + CHUNK_ROWS] = self._weighted(counts) @ self.components_
        return found

    def _counts(self, texts: Texts) -> csr_array:
        """Return how often each bucket is in each text, (texts, buckets)."""
        hashes = [_hashes(text, self.kinds_) for text in texts]
        rows = np.repeat(np.arange(len(texts)), list(map(len, hashes)))
        keys, counts = np.unique(
            rows * STARTS[-1] + np.array([key for row in hashes for key in row], dtype=int), return_counts=True
        )
        ends = np.searchsorted(keys, np.arange(len(texts) + 1) * STARTS[-1])
        return csr_array((counts.astype(np.float32), keys % STARTS[-1], ends), shape=(len(texts), STARTS[-1]))

    def _weighted(self, counts: csr_array) -> csr_array:
        """Return counts in all buckets as TF-IDF of the buckets in use, each row of length 1."""
        columns = self.columns_[counts.indices]
        known = columns >= 0
        ends = np.concatenate([[0], np.cumsum(known)])[counts.indptr]
        columns = columns[known]
        values = (np.log(counts.data[known]) + 1) * self.idf_[columns]
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(ends))
        lengths = np.sqrt(np.bincount(rows, values * values, minlength=counts.shape[0]))
        values = (values / lengths[rows]).astype(np.float32)
        return csr_array((values, columns, ends), shape=(counts.shape[0], len(self.idf_)))


Embedding = TextEmbedding | RawTexts
"""What the matrix has of texts."""


def _frequent(frequency: np.ndarray, kind: TermKind, start: int) -> np.ndarray:
    """Return the buckets of a kind that are in most texts, ascending; of equally frequent ones the first."""
    least = 1 if frequency.max(initial=0) < 2 else 2
    found = np.flatnonzero(frequency >= least)
    return start + np.sort(found[np.argsort(-frequency[found], kind="stable")[: kind.used]])


def _hashes(text: str | None, kinds: int) -> list[int]:
    words = TOKEN.findall((text or "")[:MAX_CHARACTERS].lower())
    return [
        start + crc32(term.encode()) % kind.buckets
        for kind, start in zip(KINDS[:kinds], STARTS, strict=False)
        for term in kind.terms(words)
    ]


def components_for(rows: int, texts: int) -> int:
    """Return the number of components of each text of a table."""
    most = next(count for limit, count in COMPONENTS if rows <= limit)
    return max(MIN_COMPONENTS, min(most, rows // ROWS_PER_COMPONENT, MAX_COMPONENTS // max(1, texts)))


def text_features(features: Sequence[Feature]) -> list[Feature]:
    """Return the features whose values are prose."""
    return [feature for feature in features if feature.type is ColumnType.TEXT]


def fit_embeddings(frame: pl.DataFrame, features: Sequence[Feature], seed: int) -> tuple[TextEmbedding, ...]:
    """Return an embedding for each text of a training table."""
    texts = text_features(features)
    count = components_for(frame.height, len(texts))
    return tuple(TextEmbedding(count, seed).fit(frame[feature.name]) for feature in texts)


def embedded_features(features: Sequence[Feature], embeddings: Sequence[Embedding]) -> list[Feature]:
    """Return the features that have an embedding: texts, and categories too if they are passed on as they are."""
    if any(isinstance(embedding, RawTexts) for embedding in embeddings):
        return [feature for feature in features if feature.type in (ColumnType.TEXT, ColumnType.CATEGORY)]
    return text_features(features)


def with_embeddings(x: np.ndarray, texts: Sequence[Texts], embeddings: Sequence[Embedding]) -> np.ndarray:
    """Append the components of texts to a matrix of their rows."""
    if not embeddings:
        return x
    return np.hstack([x, *(embedding.transform(each) for embedding, each in zip(embeddings, texts, strict=True))])


def column_blocks(features: Sequence[Feature], embeddings: Sequence[Embedding]) -> list[list[int]]:
    """Return the columns of each feature in the matrix: of a text its number of characters and components."""
    texts = {own: [own, *components] for own, *components in text_blocks(features, embeddings)}
    return [texts.get(column, [column]) for column in range(len(features))]


def text_blocks(features: Sequence[Feature], embeddings: Sequence[Embedding]) -> list[list[int]]:
    """Return the columns of each text in the matrix: its number of characters, and its components."""
    embedded = {feature.name for feature in embedded_features(features, embeddings)}
    owns = [column for column, feature in enumerate(features) if feature.name in embedded]
    if not embeddings:
        return [[own] for own in owns]
    ends = accumulate((embedding.size for embedding in embeddings), initial=len(features))
    return [[own, *range(start, end)] for own, (start, end) in zip(owns, pairwise(ends), strict=True)]
