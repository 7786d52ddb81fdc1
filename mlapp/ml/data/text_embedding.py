"""Text embedding: texts as vectors of some dozen numbers, which estimators learn from like other numbers.

Words and pairs of words are hashed, weighted by TF-IDF, and projected on their main directions (latent semantic
analysis). No text is stored, nor a word of one.

Source: Deerwester et al., Indexing by Latent Semantic Analysis, JASIS 41 (1990); Weinberger et al., Feature Hashing for
Large Scale Multitask Learning, ICML (2009).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

import numpy as np
import polars as pl
from scipy.sparse import csr_array, vstack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction import FeatureHasher

from mlapp.ml.threads import threads_for
from mlapp.schemas import ColumnType, Feature

MAX_CHARACTERS = 4_000
"""What follows in a text is not read, which bounds the time of a row."""
HASHES = 2**16
"""Buckets that words and pairs of words are hashed into."""
MAX_TERMS = 20_000
"""The buckets that are in most texts are used: with 64 components, they take 5 MB."""
SAMPLE_ROWS = 20_000
"""Texts that the embedding is fitted on."""
CHUNK_ROWS = 1_000
"""Texts that are hashed at a time."""
COMPONENTS = ((5_000, 100), (20_000, 64), (np.inf, 32))
"""Components of the embedding, by the largest number of rows."""
MIN_COMPONENTS = 8
MAX_COMPONENTS = 200
"""Components of all texts of a table; many texts get fewer each."""
_SPACELESS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = r"\u0300-\u036f\u0591-\u05c7\u0610-\u065f\u0900-\u0dff"
TOKEN = re.compile(f"[{_SPACELESS}\u2600-\u27bf\U0001f000-\U0001faff]|(?:[^\\W{_SPACELESS}]|[{_MARKS}])+")
"""A word, an emoji, or a character of a script without spaces between words, such as Chinese and Thai."""


Texts = Sequence[str | None] | pl.Series
"""Texts of a column; None for missing ones."""


def components_for(rows: int, texts: int) -> int:
    """Return the number of components of each text of a table."""
    most = next(count for limit, count in COMPONENTS if rows <= limit)
    return max(MIN_COMPONENTS, min(most, MAX_COMPONENTS // max(1, texts)))


class TextEmbedding(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Embeds texts by the words and pairs of words that they have.

    It is unsupervised, and fitted once on texts of all training rows, also of those that are held out for the metrics:
    they know the frequencies of words in the test rows, not their target.

    The components have a common scale, on which rows have length 1 before they are projected: do not scale them one by
    one, as this would blow up the noise of the last ones.
    """

    def __init__(self, components: int = 100, seed: int = 0) -> None:
        """`components` is the largest number of components; there are fewer if there are few texts or words."""
        self.components = components
        self.seed = seed

    def fit(self, texts: Texts, y: None = None) -> "TextEmbedding":  # noqa: ARG002 - as scikit-learn
        """Learn the main directions of a sample of the texts; None is a missing text."""
        present = [text for text in texts if text is not None]
        rows = np.sort(np.random.default_rng(self.seed).permutation(len(present))[:SAMPLE_ROWS])
        counts = _counts([present[row] for row in rows]) if len(rows) else csr_array((0, HASHES), dtype=np.float32)
        frequency = np.bincount(counts.indices, minlength=HASHES)
        # Of equally frequent buckets, the first ones.
        used = np.sort(np.argsort(-frequency, kind="stable")[: min(MAX_TERMS, np.count_nonzero(frequency))])
        self.terms_ = np.full(HASHES, -1, dtype=np.int32)
        self.terms_[used] = np.arange(len(used), dtype=np.int32)
        self.idf_ = (np.log((1 + len(rows)) / (1 + frequency[used])) + 1).astype(np.float32)
        size = min(self.components, len(rows) - 1, len(used) - 1)
        if size < 1:
            self.components_ = np.zeros((len(used), 0), dtype=np.float32)
            return self
        svd = TruncatedSVD(size, random_state=self.seed)
        with threads_for(0):  # Sums would depend on the number of threads.
            svd.fit(self._weighted(counts))
        self.components_ = np.ascontiguousarray(svd.components_.T, dtype=np.float32)
        return self

    @property
    def size(self) -> int:
        """The number of components."""
        return int(self.components_.shape[1])

    def transform(self, texts: Texts) -> np.ndarray:
        """Return the components of each text, (rows, size): zeros for missing ones. No row depends on other rows."""
        found = np.empty((len(texts), self.size))
        for start in range(0, len(texts), CHUNK_ROWS):
            chunk = [text or "" for text in texts[start : start + CHUNK_ROWS]]
            found[start : start + len(chunk)] = self._weighted(_hashed(chunk)) @ self.components_
        return found

    def _weighted(self, counts: csr_array) -> csr_array:
        """Return counts of terms in all buckets as TF-IDF of the buckets in use, each row of length 1."""
        columns = self.terms_[counts.indices]
        known = columns >= 0
        ends = np.concatenate([[0], np.cumsum(known)])[counts.indptr]
        columns = columns[known]
        values = (np.log(counts.data[known]) + 1) * self.idf_[columns]
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(ends))
        lengths = np.sqrt(np.bincount(rows, values * values, minlength=counts.shape[0]))
        values = (values / lengths[rows]).astype(np.float32)
        return csr_array((values, columns, ends), shape=(counts.shape[0], len(self.idf_)))


def _counts(texts: Sequence[str]) -> csr_array:
    """Return how often each bucket is in each text, (texts, buckets)."""
    chunks = [_hashed(texts[start : start + CHUNK_ROWS]) for start in range(0, len(texts), CHUNK_ROWS)]
    return vstack(chunks, format="csr")


def _hashed(texts: Iterable[str]) -> csr_array:
    hasher = FeatureHasher(HASHES, input_type="string", alternate_sign=False, dtype=np.float32)
    return csr_array(hasher.transform(map(_terms, texts)))


def _terms(text: str) -> Iterator[str]:
    """Return the words of a text in lower case, and each pair of words."""
    words = TOKEN.findall(text[:MAX_CHARACTERS].lower())
    yield from words
    yield from map(" ".join, pairwise(words))


def text_features(features: Sequence[Feature]) -> list[Feature]:
    """Return the features whose values are prose."""
    return [feature for feature in features if feature.type is ColumnType.TEXT]


def fit_embeddings(frame: pl.DataFrame, features: Sequence[Feature], seed: int) -> tuple[TextEmbedding, ...]:
    """Return an embedding for each text of a training table."""
    texts = text_features(features)
    count = components_for(frame.height, len(texts))
    return tuple(TextEmbedding(count, seed).fit(frame[feature.name]) for feature in texts)


def with_embeddings(x: np.ndarray, texts: Sequence[Texts], embeddings: Sequence[TextEmbedding]) -> np.ndarray:
    """Append the components of texts to a matrix of their rows."""
    if not embeddings:
        return x
    blocks = [embedding.transform(column) for embedding, column in zip(embeddings, texts, strict=True)]
    return np.hstack([x, *blocks])


def text_blocks(features: Sequence[Feature], embeddings: Sequence[TextEmbedding]) -> list[list[int]]:
    """Return the columns of each text in the matrix: its number of characters, and its components."""
    owns = [column for column, feature in enumerate(features) if feature.type is ColumnType.TEXT]
    ends = accumulate((embedding.size for embedding in embeddings), initial=len(features))
    return [[own, *range(start, end)] for own, (start, end) in zip(owns, pairwise(ends), strict=True)]
